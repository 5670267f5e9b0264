/** What a picture costs on the bus: our driver's way, and that of oled-i2c-bus's own `update()`. */
import { createFakeClock } from "../../agent/fakes/clock.ts";
import type { Frame } from "../../board/frame.ts";
import { DISPLAY_ADDRESS, openDisplay } from "../../board/oled/open-display.ts";
import { createPanel } from "./emulator/ssd1306.ts";

/** Of one update. */
export interface BusCost {
  /** Messages, reads too. */
  readonly transactions: number;
  /** On the wire: addresses and control bytes too. */
  readonly bytes: number;
}

const NOTHING: BusCost = { transactions: 0, bytes: 0 };
const BITS_OF_BYTE = 9; // with its acknowledgement
const BITS_OF_FRAME = 2; // start and stop

/** How long the bus is busy. */
export const busMsOf = ({ transactions, bytes }: BusCost, hertz: number): number =>
  ((bytes * BITS_OF_BYTE + transactions * BITS_OF_FRAME) * 1_000) / hertz;

/** Counts messages; their addresses are a byte each. */
const createMeter = () => {
  let cost = NOTHING;
  return {
    count: (length: number): void => {
      cost = { transactions: cost.transactions + 1, bytes: cost.bytes + length + 1 };
    },
    /** What was counted since it was taken last. */
    take: (): BusCost => {
      const taken = cost;
      cost = NOTHING;
      return taken;
    },
  };
};

const isSame = (one: Frame, other: Frame): boolean => Buffer.compare(one, other) === 0;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Of each picture in turn, after `first` is shown. */
export const measureOurs = async (first: Frame, frames: readonly Frame[]): Promise<readonly BusCost[]> => {
  const meter = createMeter();
  const panel = createPanel("ssd1306");
  await using display = await openDisplay({
    controller: "ssd1306",
    busNumber: 1,
    address: DISPLAY_ADDRESS,
    clock: createFakeClock(), // stands still: no refresh comes between
    log: { info: () => {}, warn: () => {} },
    openPort: async () => ({
      write: async (_address, bytes) => {
        meter.count(bytes.length);
        panel.take(bytes);
      },
      [Symbol.asyncDispose]: async () => {},
    }),
  });
  const show = async (frame: Frame): Promise<BusCost> => {
    display.show(frame);
    while (!isSame(panel.picture(), frame)) await turn();
    return meter.take();
  };
  await show(first);
  const costs: BusCost[] = [];
  for (const frame of frames) costs.push(await show(frame));
  return costs;
};

/** Of one `update()`: it knows no changes, so each costs the same. */
export const measureUpstream = async (frame: Frame): Promise<BusCost> => {
  Reflect.set(globalThis, "busy", 0); // oled-i2c-bus assigns it without having declared it, which a strict bundle refuses
  const { default: Oled } = await import("oled-i2c-bus");
  const meter = createMeter();
  const panel = createPanel("ssd1306");
  const oled = new Oled(
    {
      i2cWriteSync: (_address, length, bytes) => {
        meter.count(length);
        panel.take(bytes);
        return length;
      },
      i2cReadSync: (_address, length, bytes) => {
        meter.count(length);
        bytes.fill(0);
        return length;
      },
    },
    { width: 128, height: 64 },
  );
  meter.take(); // its setup
  oled.buffer.set(frame);
  oled.update();
  while (!isSame(panel.memory(), frame)) await turn();
  return meter.take();
};
