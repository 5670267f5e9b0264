import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseMagicFrame } from "./magic-packet.ts";

const MAC = [0x52, 0x54, 0x00, 0xff, 0xff, 0x01];
const MAGIC = [...Array<number>(6).fill(0xff), ...Array<readonly number[]>(16).fill(MAC).flat()];

test("parseMagicFrame finds the MAC wherever it is in the frame", () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 80 });
  fc.assert(
    fc.property(bytes, bytes, (before, after) => {
      expect(parseMagicFrame(Uint8Array.from([...before, ...MAGIC, ...after]))).toBe("52:54:00:ff:ff:01");
    }),
  );
});

test("parseMagicFrame refuses a frame with any byte of the packet changed or missing", () => {
  for (let at = 0; at < MAGIC.length; at += 1) {
    const frame = Uint8Array.from(MAGIC);
    frame[at] = (frame[at] ?? 0) ^ 0x20;
    expect(parseMagicFrame(frame)).toBeNull();
    expect(parseMagicFrame(Uint8Array.from(MAGIC.toSpliced(at, 1)))).toBeNull();
  }
});

test("parseMagicFrame wakes nobody by broadcast, by silence or by nothing", () => {
  expect(parseMagicFrame(new Uint8Array(1500).fill(0xff))).toBeNull();
  expect(parseMagicFrame(new Uint8Array(1500))).toBeNull();
  expect(parseMagicFrame(new Uint8Array())).toBeNull();
});
