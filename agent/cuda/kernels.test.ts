import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  bitsOfFloat,
  chainStart,
  chainTable,
  END_WORD,
  FLOATS,
  FMA_DEPTH,
  floatOfBits,
  LANE_WORDS,
  LANES,
  MEMORY_PATTERNS,
  MULTIPLIER_OF,
  runChain,
  wordAt,
} from "./arithmetic.ts";
import { multiplyAdd, type PtxMemory, runPtx } from "./fakes/ptx.ts";
import { KERNELS, PTX, REPORT } from "./kernels.ts";

const memory = (base: bigint, bytes: number): PtxMemory => ({ base, bytes: new DataView(new ArrayBuffer(bytes)) });
/** Beyond 4 GiB, as on a real GPU: the upper half of addresses counts. */
const BASE = 0x7f_3a00_0000n;
const REPORT_AT = 0x10_0000n;
const TABLE_AT = 0x20_0000n;

const countOf = ({ bytes }: PtxMemory) => bytes.getBigUint64(0, true);
const placeOf = ({ bytes }: PtxMemory, place: number) => {
  const at = REPORT.headBytes + place * REPORT.placeBytes;
  return {
    index: bytes.getBigUint64(at, true),
    expected: bytes.getUint32(at + 8, true),
    found: bytes.getUint32(at + 12, true),
    multiprocessor: bytes.getUint32(at + 16, true),
  };
};

describe("runChain", () => {
  test("a multiply-add in doubles is the fused one, for every float that a chain can hold", () => {
    const x = fc.integer({ min: bitsOfFloat(1), max: bitsOfFloat(127.99999) });
    const u = fc.integer({ min: bitsOfFloat(1), max: bitsOfFloat(1.9999999) });
    fc.assert(
      fc.property(x, u, fc.constantFrom(...MULTIPLIER_OF), (xBits, uBits, multiplier) => {
        const inDoubles = bitsOfFloat(Math.fround(floatOfBits(xBits) * multiplier + floatOfBits(uBits)));
        expect(inDoubles).toBe(multiplyAdd(xBits, bitsOfFloat(multiplier), uBits));
      }),
      { numRuns: 2_000 },
    );
  });

  test("the floats stay where doubles are exact", () => {
    for (let lane = 0; lane < LANES; lane += 1) {
      let state = chainStart(lane * 7_919, lane);
      for (let step = 0; step < 50; step += 1) {
        state = runChain(state, 1);
        for (const bits of state.slice(1)) {
          expect(floatOfBits(bits)).toBeGreaterThanOrEqual(1);
          expect(floatOfBits(bits)).toBeLessThan(128);
        }
      }
    }
  });

  test("rounds done in parts are the rounds done at once", () => {
    const start = chainStart(1, 5);
    expect(runChain(runChain(start, 40), 60)).toEqual(runChain(start, 100));
  });

  test("one turned bit anywhere changes the end a thousand rounds later", () => {
    const start = chainStart(99, 3);
    const end = runChain(start, 1_000)[0];
    for (let word = 0; word <= FLOATS; word += 1)
      for (let bit = 0; bit < (word === 0 ? 32 : 23); bit += 1) {
        const turned = start.map((value, place) => (place === word ? (value ^ (1 << bit)) >>> 0 : value));
        expect(runChain(turned, 1_000)[0]).not.toBe(end);
      }
  });

  test("every lane has a chain of its own", () => {
    const table = chainTable(1, 10);
    const ends = Array.from({ length: LANES }, (_, lane) => table[lane * LANE_WORDS + END_WORD]);
    expect(new Set(ends).size).toBe(LANES);
  });
});

describe("the compute kernel", () => {
  const ROUNDS = 30;
  const compute = (onMultiplyAdd?: (thread: number, bits: number) => number, table = chainTable(7, ROUNDS)) => {
    const report = memory(REPORT_AT, REPORT.bytes);
    const tableMemory: PtxMemory = { base: TABLE_AT, bytes: new DataView(table.buffer) };
    runPtx(PTX, KERNELS.compute, {
      ...{ blocks: 2, threads: 96, parameters: [REPORT_AT, TABLE_AT, BigInt(ROUNDS)], memory: [report, tableMemory] },
      ...(onMultiplyAdd === undefined ? {} : { onMultiplyAdd }),
    });
    return report;
  };

  test("arrives at the figures of the model in every lane", () => {
    expect(countOf(compute())).toBe(0n);
  });

  /** Turns the last bit of one multiply-add of one thread. */
  const slipping = (slipper: number, at: number, bit = 1) => {
    let seen = 0;
    return compute((thread, bits) => {
      if (thread !== slipper) return bits;
      seen += 1;
      return seen === at ? (bits ^ bit) >>> 0 : bits;
    });
  };
  const PER_ROUND = FLOATS * FMA_DEPTH;

  test("one wrong bit of one multiply-add of one thread is counted and placed", () => {
    // The second multiply-add of the fourth float, in the seventh round.
    const report = slipping(130, 6 * PER_ROUND + FLOATS + 4);
    expect(countOf(report)).toBe(1n);
    expect(placeOf(report, 0)).toMatchObject({ index: 130n, multiprocessor: 1 });
    expect(placeOf(report, 0).found).not.toBe(placeOf(report, 0).expected);
  });

  test("a slip in the first of the two is not rounded away by the second when it is more than the last place", () => {
    for (const round of [0, 11, 20]) expect(countOf(slipping(77, round * PER_ROUND + 2, 4))).toBe(1n);
  });

  test("a slip in the very last multiply-add shows in the floats", () => {
    const report = slipping(4, ROUNDS * PER_ROUND, 0x40);
    expect(countOf(report)).toBe(1n);
    const { expected, found } = placeOf(report, 0);
    expect(Math.abs(expected - found)).toBe(0x40);
  });

  test("a unit that is wrong everywhere is counted in full, and only the first places are kept", () => {
    const report = compute((_thread, bits) => bits ^ 2);
    expect(countOf(report)).toBe(192n);
    expect(placeOf(report, REPORT.places - 1).index).toBe(15n);
  });
});

describe("the memory kernels", () => {
  const VECTORS = 200;
  const SEED = 0xdead_beef;

  const parametersOf = (pattern: (typeof MEMORY_PATTERNS)[number]) =>
    [BASE, BigInt(VECTORS), BigInt(SEED), BigInt(pattern.keep), BigInt(pattern.flip), BigInt(pattern.walk)] as const;
  const filled = (pattern: (typeof MEMORY_PATTERNS)[number]) => {
    const cells = memory(BASE, VECTORS * 16);
    runPtx(PTX, KERNELS.fill, { blocks: 3, threads: 32, parameters: parametersOf(pattern), memory: [cells] });
    return cells;
  };
  const verified = (pattern: (typeof MEMORY_PATTERNS)[number], cells: PtxMemory) => {
    const report = memory(REPORT_AT, REPORT.bytes);
    runPtx(PTX, KERNELS.verify, {
      ...{ blocks: 3, threads: 32, parameters: [REPORT_AT, ...parametersOf(pattern)], memory: [cells, report] },
    });
    return report;
  };

  test.each(MEMORY_PATTERNS.map((pattern) => [pattern.name, pattern] as const))(
    "%s: what is filled is what the model says, and verifies",
    (_name, pattern) => {
      const cells = filled(pattern);
      for (let word = 0; word < VECTORS * 4; word += 1)
        expect(cells.bytes.getUint32(word * 4, true)).toBe(wordAt(BASE + BigInt(word * 4), pattern, SEED));
      expect(countOf(verified(pattern, cells))).toBe(0n);
    },
  );

  test.each(MEMORY_PATTERNS.map((pattern) => [pattern.name, pattern] as const))(
    "%s: a turned bit is found at its address, wherever in a vector it lies",
    (_name, pattern) => {
      const cells = filled(pattern);
      for (const word of [0, 333, 501, 798]) {
        const right = cells.bytes.getUint32(word * 4, true);
        cells.bytes.setUint32(word * 4, right ^ 0x1_0000, true);
        const report = verified(pattern, cells);
        expect(countOf(report)).toBe(1n);
        expect(placeOf(report, 0)).toMatchObject({
          ...{ index: BASE + BigInt(word * 4), expected: right, found: (right ^ 0x1_0000) >>> 0 },
        });
        cells.bytes.setUint32(word * 4, right, true);
      }
    },
  );

  test("two cells that answer to one address are seen by the address pattern", () => {
    const pattern = MEMORY_PATTERNS[0];
    if (pattern === undefined) throw new Error("no pattern");
    const cells = filled(pattern);
    cells.bytes.setUint32(64, cells.bytes.getUint32(64 + 1_024, true), true);
    expect(countOf(verified(pattern, cells))).toBe(1n);
  });

  test("a memory of nothing is left alone", () => {
    const pattern = MEMORY_PATTERNS[2];
    if (pattern === undefined) throw new Error("no pattern");
    const cells = memory(BASE, 16);
    const [base, , ...rest] = parametersOf(pattern);
    runPtx(PTX, KERNELS.fill, { blocks: 1, threads: 32, parameters: [base, 0n, ...rest], memory: [cells] });
    expect(cells.bytes.getBigUint64(0)).toBe(0n);
  });

  test("the patterns turn over every bit of every word", () => {
    for (const address of [BASE, BASE + 4n, BASE + 0x1234n, 0n]) {
      const words = MEMORY_PATTERNS.map((pattern) => wordAt(address, pattern, SEED));
      expect(words.reduce((all, word) => all | word, 0) >>> 0).toBe(0xffff_ffff);
      expect(words.reduce((all, word) => all & word, 0xffff_ffff) >>> 0).toBe(0);
    }
  });
});
