/**
 * How long showing a picture holds the event loop, on the emulated board: `stall.ts ours|upstream COUNT` shows so many whole new pictures and prints, as
 * JSON, the longest gap in ms between two turns of the loop during each.
 */
import { DISPLAY_ADDRESS, openDisplay } from "../../../board/oled/open-display.ts";
import { patterned } from "./pattern.ts";

const [way = "ours", count = "10"] = process.argv.slice(2);
/** A whole picture at 100 kHz takes 100 ms of the bus; our driver waits for it outside of the loop, so the gaps are looked at for longer. */
const LOOKED_AT_MS = 400;

/** Longest time between two turns from now on, while `work` is done and for a while after. */
const longestGap = async (work: () => void): Promise<number> => {
  let longestMs = 0;
  let lastMs = performance.now();
  const endMs = lastMs + LOOKED_AT_MS;
  work();
  while (performance.now() < endMs) {
    await new Promise<void>((resolve) => setTimeout(resolve, 1));
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  }
  return longestMs;
};

const openOurs = async (): Promise<(seed: number) => void> => {
  const log = { info: () => {}, warn: () => {} };
  const display = await openDisplay({ controller: "ssd1306", busNumber: 1, address: DISPLAY_ADDRESS, log });
  return (seed) => display.show(patterned(seed));
};

const openUpstream = async (): Promise<(seed: number) => void> => {
  Reflect.set(globalThis, "busy", 0); // oled-i2c-bus assigns it without having declared it, which a strict bundle refuses
  const [{ openSync }, { default: Oled }] = await Promise.all([import("i2c-bus"), import("oled-i2c-bus")]);
  const bus = openSync(1);
  const oled = new Oled(
    {
      i2cWriteSync: (address, length, bytes) => bus.i2cWriteSync(address, length, Buffer.from(bytes)),
      i2cReadSync: (address, length, bytes) =>
        bus.i2cReadSync(address, length, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    },
    { width: 128, height: 64 },
  );
  return (seed) => {
    oled.buffer.set(patterned(seed));
    oled.update();
  };
};

const show = await (way === "upstream" ? openUpstream() : openOurs());
await longestGap(() => show(0)); // the first one sets everything up
const gaps: number[] = [];
for (let seed = 1; seed <= Number(count); seed += 1) gaps.push(await longestGap(() => show(seed)));
process.stdout.write(`${JSON.stringify(gaps)}\n`);
process.exit(0);
