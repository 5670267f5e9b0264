/** The character device's adapter against devices that speak with the kernel's own structures. */
import { afterEach, beforeAll, expect, test } from "bun:test";
import { readdirSync, readlinkSync } from "node:fs";
import type { ButtonEdge } from "../../../board/buttons.ts";
import { openChardevPort } from "../../../board/gpio/chardev.ts";
import { SIZES } from "../../../board/gpio/chardev-abi.ts";
import { openButtons } from "../../../board/gpio/open-buttons.ts";
import { ChipMissing, type LineMove } from "../../../board/gpio/port.ts";
import { until } from "../../rack/until.ts";
import { type FakeGpioDevices, openGpioDevices } from "./gpio-devices.ts";

const OFFSETS = [4, 5, 6] as const;
const SETUP_LIMIT_MS = 120_000;
const CLOSED_WITHIN_MS = 4_000;

let fake: FakeGpioDevices;
beforeAll(async () => {
  fake = await openGpioDevices(["raspberrypi-exp-gpio", "pinctrl-bcm2711"]);
}, SETUP_LIMIT_MS);
afterEach(() => fake.setBusy(-1));

/** A port, and what it tells. */
const openBench = async (chipLabels: readonly string[] = ["pinctrl-rp1", "pinctrl-bcm2711"]) => {
  const moves: LineMove[] = [];
  const missed: (readonly [number, number])[] = [];
  const lost: string[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  const port = await openChardevPort(fake.devices)({
    chipLabels,
    offsets: OFFSETS,
    monoMs: () => performance.now(),
    onMove: (move) => {
      moves.push(move);
      wake();
    },
    onMissed: (offset, count) => missed.push([offset, count]),
    onLost: (error) => {
      lost.push(String(error));
      wake();
    },
  });
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return { port, moves, missed, lost, until };
};

/** What this process has open, by name; the look's own descriptor is gone by then. */
const descriptors = (): readonly string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });

test("chardev-abi.ts has the sizes of <linux/gpio.h>", () => {
  expect<readonly number[]>([SIZES.chipInfo, SIZES.lineRequest, SIZES.lineValues, SIZES.lineEvent]).toEqual([
    ...fake.sizes,
  ]);
});

test("openChardevPort asks the chip of that label for pulled-up, active-low inputs with both edges", async () => {
  const { port } = await openBench();
  await using _port = port;
  expect(fake.asked("vetbox")).toBe(true);
  expect(OFFSETS.map((offset) => port.isDown(offset))).toEqual([false, false, false]);
  fake.edge(5, true);
  expect(OFFSETS.map((offset) => port.isDown(offset))).toEqual([false, true, false]);
});

test("openChardevPort tells 200 of 200 edges in order, each at its own time", async () => {
  const { port, moves, missed, until } = await openBench();
  await using _port = port;
  const before = performance.now();
  for (let index = 0; index < 200; index += 1)
    fake.edge(OFFSETS[index % 3] ?? 4, index % 6 < 3, { agoMs: 1_000 - index });
  await until(() => moves.length === 200);
  expect(moves.map(({ offset, down }) => [offset, down])).toEqual(
    Array.from({ length: 200 }, (_, index) => [OFFSETS[index % 3] ?? 4, index % 6 < 3]),
  );
  expect(missed).toEqual([]);
  const times = moves.map(({ atMonoMs }) => atMonoMs);
  expect(times.toSorted((a, b) => a - b)).toEqual(times);
  expect(Math.abs((times[0] ?? 0) - (before - 1_000))).toBeLessThan(100);
});

test("openChardevPort joins an event that came in two reads", async () => {
  const { port, moves, until } = await openBench();
  await using _port = port;
  fake.edge(4, true);
  await until(() => moves.length === 1);
  await fake.edgeInParts(4, false, 20, async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
  });
  await until(() => moves.length === 2);
  expect(moves.map(({ down }) => down)).toEqual([true, false]);
});

test("openChardevPort notices edges that the kernel dropped", async () => {
  const { port, moves, missed, until } = await openBench();
  await using _port = port;
  fake.edge(6, true);
  fake.edge(6, false, { lost: 4 });
  await until(() => moves.length === 2);
  expect(missed).toEqual([[6, 4]]);
});

test("openChardevPort tells a chip that is unplugged, once, and reading a line then throws", async () => {
  const { port, lost, until } = await openBench();
  await using _port = port;
  fake.unplug();
  await until(() => lost.length === 1);
  expect(() => port.isDown(4)).toThrow("ENODEV");
  expect(lost).toEqual(["Error: the kernel released the lines"]);
});

test("openChardevPort refuses a line that is busy and a chip that is not there, and leaves no descriptor open", async () => {
  const { port } = await openBench(); // whatever is opened once for good is open now
  await port[Symbol.asyncDispose]();
  const before = descriptors();
  fake.setBusy(5);
  await expect(openBench()).rejects.toThrow("EBUSY");
  fake.setBusy(-1);
  await expect(openBench(["pinctrl-rp1"])).rejects.toBeInstanceOf(ChipMissing);
  const again = await openBench();
  await again.port[Symbol.asyncDispose]();
  expect(again.lost).toEqual([]);
  fake.unplug(); // the other end of the pipe is the chip's, not the port's
  // The runtime closes its own copy of a stream's descriptor a moment after the stream, in a thread.
  const isClosed = (): boolean => descriptors().every((name) => before.includes(name));
  await until("every descriptor is closed", isClosed, CLOSED_WITHIN_MS);
});

test("openButtons hears presses by the character device, and takes the lines again after they were lost", async () => {
  const edges: ButtonEdge[] = [];
  const told: string[] = [];
  const waiting = new Map<string, () => void>();
  const hear = (what: string): Promise<void> => new Promise((resolve) => waiting.set(what, resolve));
  const note = (_fields: object, message: string): void => {
    told.push(message);
    waiting.get(message)?.();
  };
  await using buttons = await openButtons({
    lines: { next: 4, override: 5, abort: 6 },
    chipLabels: ["pinctrl-bcm2711"],
    windowMs: 2,
    log: { info: note, warn: note },
    openPort: openChardevPort(fake.devices),
  });
  buttons.listen((edge) => {
    edges.push(edge);
    waiting.get("edge")?.();
  });
  const move = async (offset: number, active: boolean): Promise<void> => {
    const heard = hear("edge");
    fake.edge(offset, active);
    await heard;
  };
  for (let index = 0; index < 10; index += 1) await move(6, index % 2 === 0);
  const back = hear("the buttons are there");
  fake.unplug();
  await back;
  await move(4, true);
  expect(edges.map(({ button, down }) => `${button} ${down}`)).toEqual([
    ...Array.from({ length: 10 }, (_, index) => `abort ${index % 2 === 0}`),
    "next true",
  ]);
  expect(told).toEqual(["the buttons are there", "the buttons are not there", "the buttons are there"]);
});
