import { describe, expect, test } from "bun:test";
import { classify, describeBytes, GRANULE_BYTES } from "./own-blocks.ts";
import { planSamples, readsOf, SAMPLE_BYTES } from "./sample-plan.ts";

const MIB = 1024 * 1024;
/** A block as fio 3.33 wrote it at 12587008 of a disk (`fio --verify=crc32c --verify_interval=4096`), its first 64 bytes, seen with xxd. */
const FIO_AT = 12_587_008;
const FIO_HEAD =
  "caac050000100000662acb3781f2c1120010c0000000000000000000c24e7e06" +
  "0100040047d3df5c452d8288cf2e2ef2e6fc358b364645eb2a50af92057573dd";
const fioBlock = (): Uint8Array => {
  const block = new Uint8Array(GRANULE_BYTES).map((_, i) => (i * 37) & 0xff);
  block.set(Buffer.from(FIO_HEAD, "hex"));
  return block;
};

describe("classify", () => {
  test("a block of one byte is uniform, whichever byte", () => {
    for (const byte of [0x00, 0xff, 0xaa, 0x55])
      expect(classify(new Uint8Array(2 * GRANULE_BYTES).fill(byte), 0)).toEqual({
        uniformBytes: 2 * GRANULE_BYTES,
        ownBytes: 0,
        otherBytes: 0,
        firstOtherAt: undefined,
      });
  });

  test("one byte that differs, anywhere, makes it another's", () => {
    for (const at of [0, 1, 7, 8, 4088, 4095]) {
      const block = new Uint8Array(GRANULE_BYTES);
      block[at] = 1;
      expect(classify(block, 8192)).toMatchObject({ uniformBytes: 0, otherBytes: GRANULE_BYTES, firstOtherAt: 8192 });
    }
  });

  test("a recorded block of fio is ours where it was written, and another's anywhere else", () => {
    expect(classify(fioBlock(), FIO_AT)).toMatchObject({ ownBytes: GRANULE_BYTES, otherBytes: 0 });
    expect(classify(fioBlock(), FIO_AT + GRANULE_BYTES)).toMatchObject({ ownBytes: 0, otherBytes: GRANULE_BYTES });
    expect(classify(fioBlock(), 0)).toMatchObject({ ownBytes: 0, firstOtherAt: 0 });
  });

  test("blocks of all kinds are counted apart, also in memory that is not aligned", () => {
    const memory = new Uint8Array(3 * GRANULE_BYTES + 1);
    const bytes = memory.subarray(1);
    bytes.set(fioBlock(), GRANULE_BYTES);
    bytes[2 * GRANULE_BYTES + 100] = 9;
    expect(classify(bytes, FIO_AT - GRANULE_BYTES)).toEqual({
      uniformBytes: GRANULE_BYTES,
      ownBytes: GRANULE_BYTES,
      otherBytes: GRANULE_BYTES,
      firstOtherAt: FIO_AT + GRANULE_BYTES,
    });
  });

  test("a last piece shorter than a block is looked at too", () => {
    const bytes = new Uint8Array(GRANULE_BYTES + 512);
    expect(classify(bytes, 0).uniformBytes).toBe(GRANULE_BYTES + 512);
    bytes[GRANULE_BYTES + 511] = 1;
    expect(classify(bytes, 0)).toMatchObject({ otherBytes: 512, firstOtherAt: GRANULE_BYTES });
  });
});

test("describeBytes tells text, random-looking and empty bytes apart without showing them", () => {
  expect(describeBytes(new Uint8Array(1000))).toEqual({ entropyBits: 0, printablePercent: 0 });
  expect(describeBytes(Uint8Array.from({ length: 2560 }, (_, i) => i % 256))).toMatchObject({ entropyBits: 8 });
  expect(describeBytes(Buffer.from("abcd".repeat(10)))).toEqual({ entropyBits: 2, printablePercent: 100 });
});

describe("planSamples", () => {
  test("both ends whole, 64 places between them, the same for the same seed", () => {
    const plan = planSamples(20_000 * MIB + 512, "0000002a");
    expect(plan.head).toEqual({ offset: 0, length: 16 * MIB });
    expect(plan.tail).toEqual({ offset: 19_984 * MIB, length: 16 * MIB + 512 });
    expect(plan.random).toHaveLength(64);
    expect(new Set(plan.random.map(({ offset }) => offset)).size).toBe(64);
    for (const { offset, length } of plan.random) {
      expect([offset % MIB, length]).toEqual([0, MIB]);
      expect(offset).toBeGreaterThanOrEqual(16 * MIB);
      expect(offset + length).toBeLessThanOrEqual(19_984 * MIB);
    }
    expect(planSamples(20_000 * MIB + 512, "0000002a")).toEqual(plan);
    expect(planSamples(20_000 * MIB + 512, "0000002b").random).not.toEqual(plan.random);
  });

  test("the places spread over a disk of 30 TB", () => {
    const offsets = planSamples(30e12, "deadbeef").random.map(({ offset }) => offset);
    const thirds = [0, 1, 2].map((third) => offsets.filter((o) => Math.floor(o / 10e12) === third).length);
    expect(Math.min(...thirds)).toBeGreaterThan(8);
  });

  test("a small disk is read whole, each byte once", () => {
    for (const size of [512, 4096, 5 * MIB, 16 * MIB, 16 * MIB + 512, 33 * MIB, 50 * MIB + 4096, 96 * MIB]) {
      const { head, tail, random } = planSamples(size, "00000001");
      const pieces = [head, ...random, ...(tail === undefined ? [] : [tail])];
      let at = 0;
      for (const { offset, length } of pieces) {
        expect(offset).toBe(at);
        at += length;
      }
      expect(at).toBe(size);
    }
  });

  test("reads are of one sample's size at most and cover their piece", () => {
    expect(readsOf({ offset: 3 * MIB, length: 2 * SAMPLE_BYTES + 512 })).toEqual([
      { offset: 3 * MIB, length: MIB },
      { offset: 4 * MIB, length: MIB },
      { offset: 5 * MIB, length: 512 },
    ]);
  });
});
