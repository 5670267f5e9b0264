import { expect, test } from "bun:test";
import fc from "fast-check";
import { checksum, encodeAnswer, openFrameReader } from "./frame.ts";

/** A request as QEMU sends it: sequence, network function and unit, command, data, checksum. */
const encodeRequest = (bytes: readonly number[]): Uint8Array => {
  const message = [...bytes, checksum(bytes)].flatMap((byte) =>
    [0xa0, 0xa1, 0xaa].includes(byte) ? [0xaa, byte | 0x10] : [byte],
  );
  return Uint8Array.from([...message, 0xa0]);
};

test("openFrameReader reads Get Device ID and leaves out QEMU's own operations", () => {
  const read = openFrameReader();
  // version 1; what QEMU can do; a reset; sequence 5, App, Get Device ID: 05+18+01 and E2 are 100h
  const bytes = Uint8Array.of(0xff, 1, 0xa1, 0x08, 0x3f, 0xa1, 0x04, 0xa1, 5, 0x18, 0x01, 0xe2, 0xa0);
  expect(read(bytes)).toEqual([{ sequence: 5, netFn: 6, lun: 0, command: 1, data: new Uint8Array() }]);
});

test("openFrameReader leaves out a message with a wrong sum, one that is too short, and reads the next", () => {
  const read = openFrameReader();
  expect(read(Uint8Array.of(5, 0x18, 0x01, 0xe3, 0xa0, 5, 0xfb, 0xa0, 0xa0))).toEqual([]);
  expect(read(encodeRequest([1, 0x18, 1]))).toHaveLength(1);
});

test("openFrameReader: any request in any pieces is read as sent", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(
      byte,
      byte,
      byte,
      fc.array(byte, { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (a, b, c, data, step) => {
        const read = openFrameReader();
        const sent = encodeRequest([a, b, c, ...data]);
        const got = [];
        for (let at = 0; at < sent.length; at += step) got.push(...read(sent.subarray(at, at + step)));
        expect(got).toEqual([{ sequence: a, netFn: b >> 2, lun: b & 3, command: c, data: Uint8Array.from(data) }]);
      },
    ),
  );
});

test("encodeAnswer: the next network function, the sum, and every byte that means something escaped", () => {
  const request = { sequence: 0xa0, netFn: 6, lun: 0, command: 1, data: new Uint8Array() };
  // A0+1C+01+00+AA+A1 and F8 are 300h
  expect(encodeAnswer(request, [0, 0xaa, 0xa1])).toEqual(
    Uint8Array.of(0xaa, 0xb0, 0x1c, 0x01, 0x00, 0xaa, 0xba, 0xaa, 0xb1, 0xf8, 0xa0),
  );
});
