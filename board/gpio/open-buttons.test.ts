import { expect, test } from "bun:test";
import { PRESSES, RELEASES } from "../../test/setup/bounces.ts";
import type { ButtonEdge } from "../buttons.ts";
import { openButtons } from "./open-buttons.ts";
import { ChipMissing, type GpioRequest } from "./port.ts";

const LINES = { next: 4, override: 5, abort: 6 } as const;
const WINDOW_MS = 20;

/** Lets everything happen that needs no time. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};

/** A clock that a test moves. */
const createClock = () => {
  const timers = new Set<{ readonly dueMs: number; readonly fire: () => void }>();
  let nowMs = 0;
  return {
    monoMs: () => nowMs,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal.aborted) return resolve();
        const fire = (): void => {
          timers.delete(timer);
          resolve();
        };
        const timer = { dueMs: nowMs + ms, fire };
        timers.add(timer);
        signal.addEventListener("abort", fire);
      }),
    pass: async (ms: number): Promise<void> => {
      const endMs = nowMs + ms;
      for (;;) {
        await settle();
        const next = [...timers].filter(({ dueMs }) => dueMs <= endMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        nowMs = next.dueMs;
        next.fire();
      }
      nowMs = endMs;
    },
    /** Time passes, but nobody gets a turn: a busy event loop. */
    stall: (ms: number): void => {
      nowMs += ms;
    },
  };
};

/** A chip with three buttons. */
const createBench = () => {
  const clock = createClock();
  const levels = new Map<number, boolean>(); // down
  const chip = { failure: null as unknown, held: 0, asked: 0, request: null as GpioRequest | null };
  const told: string[] = [];
  const edges: ButtonEdge[] = [];
  const note = (fields: object, message: string): void => {
    told.push("reason" in fields ? `${message}: ${fields.reason}` : message);
  };
  const open = async () => {
    const buttons = await openButtons({
      lines: LINES,
      chipLabels: ["pinctrl-bcm2711"],
      windowMs: WINDOW_MS,
      clock,
      log: { info: note, warn: note },
      openPort: async (request) => {
        chip.asked += 1;
        if (chip.failure !== null) throw chip.failure;
        chip.request = request;
        chip.held += 1;
        return {
          isDown: (offset) => {
            if (chip.failure !== null) throw chip.failure;
            return levels.get(offset) ?? false;
          },
          [Symbol.asyncDispose]: async () => {
            chip.held -= 1;
          },
        };
      },
    });
    buttons.listen((edge) => edges.push(edge));
    return buttons;
  };
  const setLevel = (offset: number, down: boolean, atMonoMs = clock.monoMs()): void => {
    levels.set(offset, down);
    chip.request?.onMove({ offset, down, atMonoMs });
  };
  return { clock, chip, levels, told, edges, open, setLevel };
};

test("openButtons tells a real press once, at its first contact, within the window after it", async () => {
  const { clock, edges, open, setLevel } = createBench();
  await using _buttons = await open();
  const play = async (steps: readonly { readonly afterUs: number; readonly level: 0 | 1 }[]): Promise<void> => {
    const fromMs = clock.monoMs();
    for (const { afterUs, level } of steps) {
      await clock.pass(fromMs + afterUs / 1_000 - clock.monoMs());
      setLevel(LINES.abort, level === 0);
    }
    await clock.pass(WINDOW_MS);
  };
  await clock.pass(1_000);
  await play(Object.values(PRESSES)[0] ?? []);
  expect(edges).toEqual([{ button: "abort", down: true, atMonoMs: 1_000.001 }]);
  const releasedMs = clock.monoMs() + 0.001;
  await play(Object.values(RELEASES)[1] ?? []);
  expect(edges.slice(1)).toEqual([{ button: "abort", down: false, atMonoMs: releasedMs }]);
});

test("openButtons tells each button by its own, in order of certainty", async () => {
  const { clock, edges, open, setLevel } = createBench();
  await using _buttons = await open();
  setLevel(LINES.next, true);
  await clock.pass(5);
  setLevel(LINES.override, true);
  await clock.pass(100);
  setLevel(LINES.next, false);
  await clock.pass(100);
  expect(edges.map(({ button, down }) => [button, down])).toEqual([
    ["next", true],
    ["override", true],
    ["next", false],
  ]);
});

test("openButtons reads the level again before it counts, and judges late edges by their own times", async () => {
  const { clock, edges, levels, open, setLevel } = createBench();
  await using _buttons = await open();
  setLevel(LINES.next, true); // a glitch whose end is still on its way when the window is over
  await settle();
  levels.set(LINES.next, false);
  clock.stall(WINDOW_MS + 5);
  await clock.pass(1);
  setLevel(LINES.next, false, 2);
  await clock.pass(100);
  expect(edges).toEqual([]);
  setLevel(LINES.next, true); // another one, whose end is never told
  levels.set(LINES.next, false);
  await clock.pass(100);
  expect(edges).toEqual([]);
  const fromMs = clock.monoMs();
  clock.stall(300); // a whole press that is told at once, late
  setLevel(LINES.next, true, fromMs + 10);
  setLevel(LINES.next, false, fromMs + 90);
  await clock.pass(WINDOW_MS);
  expect(edges).toEqual([
    { button: "next", down: true, atMonoMs: fromMs + 10 },
    { button: "next", down: false, atMonoMs: fromMs + 90 },
  ]);
});

test("openButtons finds by looking what it was never told", async () => {
  const { clock, edges, levels, open } = createBench();
  await using _buttons = await open();
  levels.set(LINES.override, true);
  await clock.pass(6_000);
  expect(edges).toEqual([{ button: "override", down: true, atMonoMs: 5_000 }]);
});

test("openButtons heeds no button that is down from the beginning, until it was let go of", async () => {
  const { clock, edges, levels, told, open, setLevel } = createBench();
  levels.set(LINES.abort, true);
  await using _buttons = await open();
  await clock.pass(60_000);
  setLevel(LINES.abort, false);
  await clock.pass(100);
  expect(edges).toEqual([]);
  expect(told[0]).toBe("a button is down already: held, or its line is grounded or has no pull-up");
  setLevel(LINES.abort, true);
  await clock.pass(100);
  expect(edges).toHaveLength(1);
});

test("openButtons lets go for a line that has gone, tells why once, and takes it again when it is back", async () => {
  const { clock, chip, edges, told, open, setLevel } = createBench();
  await using buttons = await open();
  setLevel(LINES.override, true);
  await clock.pass(100);
  chip.failure = Object.assign(new Error("read"), { code: "ENODEV" });
  chip.request?.onLost(chip.failure);
  await clock.pass(30_000);
  expect(edges.map(({ down }) => down)).toEqual([true, false]);
  expect([buttons.state, chip.held]).toEqual(["absent", 0]);
  chip.failure = null;
  await clock.pass(5_000);
  expect([buttons.state, chip.held]).toEqual(["present", 1]);
  expect(told).toEqual([
    "the buttons are there",
    "the buttons are not there: ENODEV",
    "a button is down already: held, or its line is grounded or has no pull-up",
    "the buttons are there",
  ]);
});

test("openButtons notices by itself, within seconds, that a line has gone", async () => {
  const { clock, chip, open } = createBench();
  await using buttons = await open();
  chip.failure = new Error("gone");
  await clock.pass(5_000);
  await settle();
  expect(buttons.state).toBe("absent");
});

test("openButtons tells a machine without the chip from lines that are busy, and asks at ease", async () => {
  const { clock, chip, told, open } = createBench();
  chip.failure = new ChipMissing(["pinctrl-bcm2711"]);
  await using buttons = await open();
  expect(buttons.state).toBe("unconfigured");
  chip.failure = Object.assign(new Error("export"), { code: "EBUSY" });
  await clock.pass(60_000);
  expect(buttons.state).toBe("absent");
  expect(chip.asked).toBeLessThanOrEqual(17);
  expect(told).toEqual([
    "the buttons are not there: no GPIO chip is called pinctrl-bcm2711",
    "the buttons are not there: EBUSY",
  ]);
});

test("openButtons warns of edges that the kernel lost", async () => {
  const { chip, told, open } = createBench();
  await using _buttons = await open();
  chip.request?.onMissed(LINES.next, 3);
  expect(told).toEqual(["the buttons are there", "edges of a button were lost"]);
});

test("openButtons gives its lines back when it is closed, and tells nobody any more", async () => {
  const { clock, chip, edges, open, setLevel } = createBench();
  const buttons = await open();
  setLevel(LINES.next, true);
  await clock.pass(100);
  await buttons[Symbol.asyncDispose]();
  setLevel(LINES.next, false);
  await clock.pass(100);
  expect([chip.held, edges.length]).toEqual([0, 1]);
});
