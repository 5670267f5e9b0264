/** The OLED's driver against the model of its controllers, on a bus that fails as buses do. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createFakeClock, settle } from "../../agent/fakes/clock.ts";
import { FRAME_BYTES, type Frame } from "../../board/frame.ts";
import { CONTROLLER_NAMES, type ControllerName } from "../../board/oled/controllers.ts";
import { DISPLAY_ADDRESS, openDisplay } from "../../board/oled/open-display.ts";
import { createPanel } from "./emulator/ssd1306.ts";
import { patterned } from "./programs/pattern.ts";

const PROBE_MS = 2_000;
const REFRESH_MS = 5_000;

const fail = (code: string): Error => Object.assign(new Error(`${code}, write`), { code });

/** A bus with one display on it. */
const createBench = (controller: ControllerName = "ssd1306") => {
  const panel = createPanel(controller);
  const wire = {
    plugged: true,
    /** The code with which the bus itself fails. */
    broken: null as string | null,
    nakEvery: 0,
    unplugAfterBytes: Number.POSITIVE_INFINITY,
    writes: 0,
    bytes: 0,
    naks: 0,
    opened: 0,
    longest: 0,
    onWrite: (): void => {},
  };
  const write = async (address: number, bytes: Uint8Array): Promise<void> => {
    wire.writes += 1;
    wire.onWrite();
    wire.longest = Math.max(wire.longest, bytes.length);
    if (wire.broken !== null) throw fail(wire.broken);
    const refused = wire.nakEvery > 0 && wire.writes % wire.nakEvery === 0;
    if (!wire.plugged || refused || address !== DISPLAY_ADDRESS) {
      wire.naks += 1;
      throw fail("EREMOTEIO");
    }
    if (bytes.length > wire.unplugAfterBytes) {
      panel.take(bytes.subarray(0, wire.unplugAfterBytes));
      wire.plugged = false;
      throw fail("EREMOTEIO");
    }
    wire.unplugAfterBytes -= bytes.length;
    wire.bytes += bytes.length + 1;
    panel.take(bytes);
  };
  const plug = (): void => {
    panel.powerOn();
    wire.plugged = true;
    wire.unplugAfterBytes = Number.POSITIVE_INFINITY;
  };
  const clock = createFakeClock();
  const told: string[] = [];
  const note = (fields: object, message: string): void => {
    told.push("reason" in fields ? `${message}: ${fields.reason}` : message);
  };
  const open = () =>
    openDisplay({
      controller,
      busNumber: 1,
      address: DISPLAY_ADDRESS,
      clock,
      log: { info: note, warn: note },
      openPort: async () => {
        wire.opened += 1;
        const close = async (): Promise<void> => {
          wire.opened -= 1;
        };
        return { write, [Symbol.asyncDispose]: close };
      },
    });
  return { panel, wire, plug, clock, told, open };
};

const changed = (frame: Frame, at: number, byte: number): Frame => frame.with(at, byte);
/** Until the bus is quiet: a whole picture is 50 writes, each a few turns of the event loop. */
const drawn = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn += 1) await settle();
};

describe.each(CONTROLLER_NAMES)("openDisplay with %s", (controller) => {
  test("shows each picture, as the data sheet allows", async () => {
    const { panel, wire, open } = createBench(controller);
    await using display = await open();
    expect(display.state).toBe("present");
    for (const seed of [1, 2, 3]) {
      display.show(patterned(seed));
      await drawn();
      expect(panel.picture()).toEqual(Uint8Array.from(patterned(seed)));
    }
    expect(panel.faults).toEqual([]);
    expect(wire.longest).toBeLessThanOrEqual(61);
  });

  test("is dark until its first picture is in place, and dims and switches off when told", async () => {
    const { panel, wire, clock, open } = createBench(controller);
    const litDuringDrawing: boolean[] = [];
    wire.onWrite = () => litDuringDrawing.push(panel.registers.on);
    await using display = await open();
    display.show(patterned(1));
    await drawn();
    expect(panel.registers.on).toBe(true);
    expect(litDuringDrawing).not.toContain(true);
    const full = panel.registers.contrast;
    display.setBrightness("dim");
    await drawn();
    expect(panel.registers.contrast).toBeLessThan(full / 2);
    display.setBrightness("off");
    await clock.pass(2 * REFRESH_MS);
    await drawn();
    expect(panel.registers.on).toBe(false);
    display.setBrightness("full");
    await drawn();
    expect([panel.registers.on, panel.registers.contrast]).toEqual([true, full]);
    expect(panel.picture()).toEqual(Uint8Array.from(patterned(1)));
  });

  test("comes back after it was unplugged at any byte of a picture", async () => {
    for (const bytes of [0, 1, 3, 30, 64, 65, 400, 1_100]) {
      const { panel, wire, plug, clock, told, open } = createBench(controller);
      await using display = await open();
      await drawn();
      wire.unplugAfterBytes = bytes;
      display.show(patterned(bytes));
      await drawn();
      expect(display.state).toBe("absent");
      plug();
      await clock.pass(PROBE_MS);
      await drawn();
      expect(display.state).toBe("present");
      expect(panel.picture()).toEqual(Uint8Array.from(patterned(bytes)));
      expect(told).toEqual(["the display answers", "the display does not answer: EREMOTEIO", "the display answers"]);
    }
  });
});

test("openDisplay sends what changed and no more", async () => {
  const { wire, open } = createBench();
  await using display = await open();
  display.show(patterned(1));
  await drawn();
  const sentFor = async (frame: Frame): Promise<readonly number[]> => {
    const before = { ...wire };
    display.show(frame);
    await drawn();
    return [wire.writes - before.writes, wire.bytes - before.bytes];
  };
  const one = changed(patterned(1), 300, 0x55);
  expect(await sentFor(one)).toEqual([2, 8]); // position: address, control, 3 commands; pixels: address, control, 1 byte
  expect(await sentFor(one)).toEqual([0, 0]);
  const near = changed(changed(one, 310, 0x11), 317, 0x22); // six equal bytes between them: cheaper sent than skipped
  expect(await sentFor(near)).toEqual([2, 15]);
  const far = changed(changed(near, 0, 0x11), 100, 0x22);
  expect(await sentFor(far)).toEqual([4, 16]);
});

test("openDisplay shows the right picture on a bus that refuses every tenth transfer", async () => {
  const { panel, wire, told, open } = createBench();
  await using display = await open();
  wire.nakEvery = 10;
  for (let seed = 0; seed < 20; seed += 1) {
    display.show(patterned(seed));
    await drawn();
    expect(panel.picture()).toEqual(Uint8Array.from(patterned(seed)));
  }
  expect(wire.naks).toBeGreaterThan(100);
  expect(told).toEqual(["the display answers"]);
});

test("openDisplay leaves out pictures that were replaced before their turn, and shows the last", async () => {
  const { panel, wire, open } = createBench();
  await using display = await open();
  await drawn();
  const before = wire.writes;
  for (let seed = 0; seed < 500; seed += 1) display.show(patterned(seed));
  await drawn();
  expect(panel.picture()).toEqual(Uint8Array.from(patterned(499)));
  expect(wire.writes - before).toBeLessThan(60);
});

test("openDisplay heals a controller that lost its registers or its memory while nothing was sent", async () => {
  const { panel, clock, open } = createBench();
  await using display = await open();
  display.show(patterned(7));
  await drawn();
  panel.powerOn();
  expect(panel.picture()).toEqual(new Uint8Array(FRAME_BYTES));
  await clock.pass(REFRESH_MS);
  await drawn();
  expect(panel.picture()).toEqual(Uint8Array.from(patterned(7)));
});

test("openDisplay takes absence for normal: it looks again every two seconds, tells once, and keeps no port open", async () => {
  const { wire, clock, told, plug, panel, open } = createBench();
  wire.plugged = false;
  await using display = await open();
  expect(display.state).toBe("absent");
  for (let seed = 0; seed < 100; seed += 1) display.show(patterned(seed)); // no reason to look more often
  await clock.pass(60_000);
  expect(wire.writes).toBeLessThanOrEqual(34);
  expect([wire.opened, told]).toEqual([0, ["the display does not answer: EREMOTEIO"]]);
  plug();
  await clock.pass(PROBE_MS);
  await drawn();
  expect(panel.picture()).toEqual(Uint8Array.from(patterned(99)));
});

test("openDisplay tells a bus that is not there from a display that is not, and each reason once", async () => {
  const { wire, clock, told, open } = createBench();
  wire.broken = "ENOENT";
  await using display = await open();
  expect(display.state).toBe("unconfigured");
  wire.broken = "EBUSY"; // a kernel driver holds the address
  await clock.pass(10 * PROBE_MS);
  expect(display.state).toBe("absent");
  wire.broken = null;
  await clock.pass(PROBE_MS);
  expect(display.state).toBe("present");
  expect(told).toEqual([
    "the display does not answer: ENOENT",
    "the display does not answer: EBUSY",
    "the display answers",
  ]);
});

test("openDisplay shows what is wanted still when it is closed, and touches the bus no more", async () => {
  const { panel, wire, clock, open } = createBench();
  const display = await open();
  display.show(patterned(1));
  await display[Symbol.asyncDispose]();
  expect(panel.picture()).toEqual(Uint8Array.from(patterned(1)));
  const { writes } = wire;
  await clock.pass(60_000);
  expect([wire.writes - writes, wire.opened]).toEqual([0, 0]);
});

test("openDisplay closes at once while nothing answers", async () => {
  const { wire, open } = createBench();
  wire.plugged = false;
  const display = await open();
  await display[Symbol.asyncDispose]();
  expect(wire.opened).toBe(0);
});

/** What happens to a display, in any order. */
const happenings = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("show"), seed: fc.nat(5) }),
    fc.record({ kind: fc.constant("poke"), at: fc.nat(FRAME_BYTES - 1), byte: fc.nat(255) }),
    fc.record({ kind: fc.constant("unplug"), afterBytes: fc.nat(1_500) }),
    fc.record({ kind: fc.constant("replug") }),
    fc.record({ kind: fc.constant("wait"), ms: fc.nat(6_000) }),
    fc.record({ kind: fc.constant("refuse"), every: fc.integer({ min: 3, max: 12 }) }),
  ),
  { maxLength: 15 },
);

test("openDisplay shows the last picture in the end, whatever happened before", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...CONTROLLER_NAMES), happenings, async (controller, happened) => {
      const { panel, wire, plug, clock, open } = createBench(controller);
      await using display = await open();
      let frame: Frame = patterned(0);
      for (const one of happened) {
        if ("seed" in one) frame = patterned(one.seed);
        if ("byte" in one) frame = changed(frame, one.at, one.byte);
        if ("seed" in one || "byte" in one) display.show(frame);
        if ("afterBytes" in one) wire.unplugAfterBytes = one.afterBytes;
        if (one.kind === "replug") plug();
        if ("every" in one) wire.nakEvery = one.every;
        if ("ms" in one) await clock.pass(one.ms);
        await settle();
      }
      display.show(frame);
      if (!wire.plugged || wire.unplugAfterBytes < Number.POSITIVE_INFINITY) plug();
      await clock.pass(PROBE_MS);
      await clock.pass(REFRESH_MS);
      await drawn();
      expect(panel.faults).toEqual([]);
      expect(panel.picture()).toEqual(Uint8Array.from(frame));
    }),
    { numRuns: 40 },
  );
});
