import { expect, test } from "bun:test";
import fc from "fast-check";
import { FRAME_BYTES, type Frame } from "../../board/frame.ts";
import { busMsOf, measureOurs, measureUpstream } from "./bus-cost.ts";
import { patterned } from "./programs/pattern.ts";

test("measureUpstream counts what reading oled-i2c-bus 1.0.12 says: a status, six commands, the whole picture", async () => {
  const reads = 1 + 1;
  const commands = 6 * (1 + 2);
  const picture = 1 + 1 + FRAME_BYTES;
  const cost = await measureUpstream(patterned(1));
  expect(cost).toEqual({ transactions: 8, bytes: reads + commands + picture });
  expect(busMsOf(cost, 100_000)).toBeCloseTo(94.3, 0); // measured on a bus: 94.3 ms
});

test("measureOurs costs a fifth more than that for a whole new picture, and next to nothing for a small change", async () => {
  const upstream = busMsOf(await measureUpstream(patterned(2)), 400_000);
  const line: Frame = patterned(1).map((byte, at) => (at >= 256 && at < 286 ? byte ^ 0xff : byte)); // five characters
  const [small, whole] = await measureOurs(patterned(1), [line, patterned(2)]);
  if (small === undefined || whole === undefined) throw new Error("two pictures were shown");
  expect(busMsOf(small, 400_000)).toBeLessThan(upstream / 20);
  expect(busMsOf(whole, 400_000)).toBeLessThan(1.2 * upstream);
});

test("measureOurs grows with what changed: eight bytes for each change that stands alone, and no more than the page for many", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.nat(FRAME_BYTES - 1), { maxLength: 60 }), async (places) => {
      const changed = patterned(1).slice();
      for (const at of places) changed[at] = (changed[at] ?? 0) ^ 0xff;
      const [cost] = await measureOurs(patterned(1), [changed]);
      expect(cost?.bytes ?? Number.NaN).toBeLessThanOrEqual(8 * places.length);
    }),
    { numRuns: 20 },
  );
});
