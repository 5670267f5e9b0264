/** The board on stock Debian kernels: i2c-dev, gpiolib, sysfs and the GPIO character device are the kernel's own, in a guest of each architecture. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { FRAME_BYTES, HEIGHT, isLit, WIDTH } from "../../../board/frame.ts";
import { until } from "../../rack/until.ts";
import { ADDRESS, type AdapterKey, type Bench, openBench } from "./bench.ts";
import { BUTTON_LINES, CHIP_LABEL } from "./program/line-acts.ts";

const BOOT_MS = 600_000;
const SEEN_MS = 30_000;
const TRIES = 5;
const ADAPTER_KEYS: readonly AdapterKey[] = ["cp2112", "tinyUsb"];

/** A picture of which no byte is like its neighbours. */
const pictureOf = (seed: number): Uint8Array =>
  Uint8Array.from({ length: FRAME_BYTES }, (_, index) => (index * 73 + (index >> 7) * 29 + seed * 151) & 0xff);

/** What `drawByOled` draws, by its coordinates. */
const isDrawn = (x: number, y: number): boolean =>
  y === 0 || y === HEIGHT - 1 || x - y === 32 || (x >= 2 && x < 12 && y >= 20 && y < 27);

/** hid-cp2112 waits 50 ms for its chip (RESPONSE_TIMEOUT), which a busy machine cannot always keep: what failed so is done again. */
const firmly = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1)
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || !(error instanceof Error && "code" in error && error.code === "ETIMEDOUT")) throw error;
    }
};

describe.each(["x64", "arm64"] as const)("%s", (architecture) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench(architecture);
    for (const adapter of ADAPTER_KEYS) await bench.plug(adapter);
  }, BOOT_MS);
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]();
  }, BOOT_MS);

  const isOurs = ({ label }: { readonly label: string }): boolean => label === CHIP_LABEL;
  /** Number of a line as sysfs counts. */
  const lineNumber = async (line: number): Promise<number> => {
    const chip = (await bench.guest.ask("chips")).find(isOurs);
    return (chip?.base ?? Number.NaN) + line;
  };
  const openDisplay = async (adapter: AdapterKey): Promise<void> => {
    await bench.guest.ask("openDisplay", await bench.busNumber(adapter), ADDRESS.display);
    await until("the display", async () => (await bench.guest.ask("displayState")) === "present", SEEN_MS);
  };
  const untilShown = (adapter: AdapterKey, frame: Uint8Array) =>
    until(
      `the picture on ${adapter}`,
      () => Buffer.compare(bench.sides[adapter].panel.picture(), frame) === 0,
      SEEN_MS,
    );

  test("the guest is what it should be, and its chip's lines do not begin at 0", async () => {
    expect(bench.guest.events("ready")).toEqual([expect.stringMatching(new RegExp(`^${architecture} `))]);
    const chip = (await bench.guest.ask("chips")).find(isOurs);
    expect(chip?.lines).toBe(8);
    expect(chip?.base).toBeGreaterThanOrEqual(512);
  });

  test.each([...ADAPTER_KEYS])("i2c-bus on %s: who answers, and registers by every kind of call", async (adapter) => {
    const bus = await bench.busNumber(adapter);
    for (const address of [ADDRESS.display, ADDRESS.registers])
      await until(
        `${address} alone`,
        async () => String(await bench.guest.ask("scan", bus, address - 1, address + 1)) === String(address),
        SEEN_MS,
      );
    const [waited, later] = await firmly(() => bench.guest.ask("readRegisters", bus, ADDRESS.registers));
    expect(waited).toEqual({ byte: 0xa1, word: 0xb3b2, block: "b3c4c5d6d7", received: 0xc5, plain: "d6d70000" });
    expect(later).toEqual({ byte: 0x01, word: 0x0302, block: "0304050607", received: 0x05, plain: "06070000" });
    const { registers } = bench.sides[adapter];
    expect(registers.slice(0x10, 0x18).toHex()).toBe("a1b2b3c4c5d6d700");
    expect(registers.slice(0x20, 0x28).toHex()).toBe("0102030405060700");
  });

  test("i2c-bus: a write that nobody acknowledges fails by the adapter's own error, and the next one works", async () => {
    const codes: Record<AdapterKey, string> = { cp2112: "ETIMEDOUT", tinyUsb: "ENXIO" };
    for (const adapter of ADAPTER_KEYS) {
      const bus = await bench.busNumber(adapter);
      expect(await bench.guest.ask("writeFailure", bus, 0x51)).toBe(codes[adapter]);
      await until(
        "a write",
        async () => (await bench.guest.ask("writeFailure", bus, ADDRESS.registers)) === null,
        SEEN_MS,
      );
    }
  });

  test("oled-i2c-bus draws and sends 1,025 bytes at once: the panel shows what was drawn", async () => {
    await bench.guest.ask("drawByOled", await bench.busNumber("tinyUsb"));
    const { panel, wires } = bench.sides.tinyUsb;
    const picture = panel.picture();
    const wrong = Array.from(
      { length: WIDTH * HEIGHT },
      (_, at) => [at % WIDTH, Math.floor(at / WIDTH)] as const,
    ).filter(([x, y]) => isLit(picture, x, y) !== isDrawn(x, y));
    expect(wrong).toEqual([]);
    expect(panel.faults).toEqual([]);
    expect(wires.transfers.at(-1)).toMatchObject({ sizeBytes: FRAME_BYTES + 1, acknowledged: true });
  });

  test.each([...ADAPTER_KEYS])(
    "openDisplay on %s: every pixel, on a bus that refuses every tenth transfer",
    async (adapter) => {
      const { wires, panel } = bench.sides[adapter];
      await openDisplay(adapter);
      wires.refuseEvery(10);
      await bench.guest.ask("show", pictureOf(1).toHex());
      await untilShown(adapter, pictureOf(1));
      wires.refuseEvery(0);
      expect(wires.transfers.some(({ address, acknowledged }) => address === ADDRESS.display && !acknowledged)).toBe(
        true,
      );
      expect(await bench.guest.ask("displayState")).toBe("present");
      expect(panel.faults).toEqual([]);
      await bench.guest.ask("closeDisplay");
    },
  );

  test("openDisplay: its adapter is pulled and plugged in again, the picture comes back by itself", async () => {
    await openDisplay("tinyUsb");
    await bench.guest.ask("show", pictureOf(1).toHex());
    await bench.unplug("tinyUsb", () => bench.guest.ask("show", pictureOf(2).toHex()));
    await until("absence", async () => (await bench.guest.ask("displayState")) !== "present", SEEN_MS);
    await bench.plug("tinyUsb");
    await untilShown("tinyUsb", pictureOf(2));
    expect(await bench.guest.ask("displayState")).toBe("present");
    await bench.guest.ask("closeDisplay");
  });

  test("onoff: 40 of 40 edges, in order, each with its level", async () => {
    const before = bench.guest.events("edge").length;
    expect(await bench.guest.ask("watch", await lineNumber(3), 0)).toBe(1);
    const levels = Array.from({ length: 40 }, (_, index) => (index % 2) as 0 | 1);
    for (const [index, level] of levels.entries()) {
      bench.chip.setLine(3, level);
      await bench.guest.awaitEvents("edge", before + index + 1);
    }
    expect(bench.guest.events("edge").slice(before)).toEqual(levels);
    await bench.guest.ask("unwatch");
  });

  test("onoff: what moves between two looks of the chip's driver is not told, and the level is right after it", async () => {
    const before = bench.guest.events("edge").length;
    await bench.guest.ask("watch", await lineNumber(3), 0);
    for (const level of [0, 1, 0, 1, 0] as const) bench.chip.setLine(3, level);
    await bench.guest.awaitEvents("edge", before + 1);
    expect(await bench.guest.ask("readWatched")).toBe(0);
    bench.chip.setLine(3, 1);
    await bench.guest.awaitEvents("edge", before + 2);
    expect(bench.guest.events("edge").slice(before)).toEqual([0, 1]);
    await bench.guest.ask("unwatch");
  });

  test("onoff drives a line of the chip, up and down", async () => {
    const line = await lineNumber(7);
    for (const level of [1, 0, 1] as const) {
      expect(await bench.guest.ask("drive", line, level)).toBe(level);
      expect(bench.chip.line(7)).toBe(level);
    }
  });

  test.each(["sysfs", "chardev"] as const)(
    "openButtons by %s: presses, the chip pulled with a button held, and back",
    async (way) => {
      const before = bench.guest.events("button").length;
      const told = () => bench.guest.events("button").slice(before);
      const press = async (button: keyof typeof BUTTON_LINES, level: 0 | 1): Promise<void> => {
        const count = told().length;
        bench.chip.setLine(BUTTON_LINES[button], level);
        await bench.guest.awaitEvents("button", before + count + 1);
      };
      expect(await bench.guest.ask("openButtons", way)).toBe("present");
      for (const button of ["next", "abort"] as const) for (const level of [0, 1] as const) await press(button, level);
      await press("override", 0);
      await bench.unplug("cp2112");
      await until("the loss", async () => (await bench.guest.ask("buttonsState")) !== "present", SEEN_MS);
      const held = ["next down", "next up", "abort down", "abort up", "override down", "override up"];
      expect(told()).toEqual(held);
      bench.chip.setLine(BUTTON_LINES.override, 1);
      await bench.plug("cp2112");
      await until("the buttons", async () => (await bench.guest.ask("buttonsState")) === "present", SEEN_MS);
      await press("next", 0);
      await press("next", 1);
      expect(told()).toEqual([...held, "next down", "next up"]);
      await bench.guest.ask("closeButtons");
    },
  );

  test("the kernel complained of nothing, and the server understood every packet", async () => {
    expect(bench.server.faults).toEqual([]);
    expect(await bench.guest.readConsole()).not.toMatch(/BUG|WARNING|Oops|insmod|the program ended/);
  });
});
