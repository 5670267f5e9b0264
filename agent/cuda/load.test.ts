/** The load's own course on a driver that is played here: how it takes memory, cuts it up, tells the time and names places. */
import { describe, expect, test } from "bun:test";
import { MEMORY_PATTERNS } from "./arithmetic.ts";
import type { CudaContext, CudaDevice, CudaDriver } from "./driver.ts";
import { KERNELS, REPORT } from "./kernels.ts";
import { batchSize, holdMs, loadGpu } from "./load.ts";
import type { LoadLine, LoadLineOf } from "./load-line.ts";

const GIB = 2 ** 30;
const DEVICE: CudaDevice = {
  ...{ pciAddress: "0000:17:00.0", uuid: "GPU-0", name: "Played", memoryBytes: 16 * GIB, computeCapability: "9.0" },
  ...{ multiprocessors: 4, threadsPerMultiprocessor: 1_536 },
};
const HANDLES = { [KERNELS.compute]: 1n, [KERNELS.fill]: 2n, [KERNELS.verify]: 3n };

interface Play {
  readonly freeBytes?: number;
  /** No piece may be larger, and all together not either. */
  readonly mostBytesAtOnce?: number;
  /** What each wait takes. */
  readonly waitMs?: number;
  /** Addresses that the verification finds wrong, all in its first pass. */
  readonly wrong?: readonly bigint[];
}

interface Launch {
  readonly kernel: bigint;
  readonly blocks: number;
  readonly parameters: readonly bigint[];
}

/** Pieces lie 1 TiB apart, so that a place tells its piece. */
const APART = 2n ** 40n;

const play = ({ freeBytes = 10 * GIB, mostBytesAtOnce = freeBytes, waitMs = 100, wrong = [] }: Play) => {
  let [nowMs, left, pieces, disposed] = [5_000, freeBytes, 0n, false];
  const launches: Launch[] = [];
  const lines: LoadLine[] = [];
  const context: CudaContext = {
    freeBytes: () => left,
    allocate: (bytes) => {
      if (bytes > mostBytesAtOnce || bytes > left) return null;
      left -= bytes;
      pieces += 1n;
      return pieces * APART;
    },
    zero: () => undefined,
    upload: () => undefined,
    download: (address) => {
      const report = new DataView(new ArrayBuffer(REPORT.bytes));
      const isMemory = launches.some(({ kernel, parameters }) => kernel === 3n && parameters[0] === address);
      if (!isMemory) return report;
      report.setBigUint64(0, BigInt(wrong.length), true);
      for (const [i, place] of wrong.entries())
        report.setBigUint64(REPORT.headBytes + i * REPORT.placeBytes, place, true);
      return report;
    },
    loadKernels: (_ptx, names) => {
      expect<readonly string[]>([...names].sort()).toEqual(Object.keys(HANDLES).sort());
      return HANDLES as never;
    },
    launch: (kernel, blocks, threads, parameters) => {
      expect(threads).toBe(256);
      launches.push({ kernel, blocks, parameters });
    },
    synchronize: () => {
      nowMs += waitMs;
    },
    [Symbol.dispose]: () => {
      disposed = true;
    },
  };
  const driver: CudaDriver = { version: "12.4", devices: [DEVICE], open: () => context };
  const load = (seconds: number) =>
    loadGpu(
      driver,
      { pciAddress: DEVICE.pciAddress, seconds, memoryPercent: 90 },
      { say: (line) => lines.push(line), nowMs: () => nowMs },
    );
  const said = <Kind extends LoadLine["kind"]>(kind: Kind) =>
    lines.filter((line): line is LoadLineOf<Kind> => line.kind === kind);
  return { load, said, launches, isDisposed: () => disposed };
};

describe("loadGpu", () => {
  test("takes the share of the free memory in one piece where it can, in whole chunks", () => {
    const { load, said, isDisposed } = play({});
    load(1);
    // 90 % of 10 GiB, less the tables of some kilobytes, in pieces of 16 MiB.
    expect(said("device")[0]?.testBytes).toBe(Math.floor((9 * GIB - 2 ** 16) / 2 ** 24) * 2 ** 24);
    expect(isDisposed()).toBe(true);
  });

  test("takes it in smaller pieces where no large one is to be had", () => {
    const { load, said, launches } = play({ mostBytesAtOnce: 3 * GIB });
    load(1);
    const [whole] = said("device");
    expect(whole?.testBytes).toBeGreaterThan(8.9 * GIB);
    const fills = launches.filter(({ kernel }) => kernel === 2n).slice(0, 20);
    expect(new Set(fills.map(({ parameters }) => (parameters[0] ?? 0n) / APART)).size).toBeGreaterThan(2);
  });

  test("every pass fills and verifies the same slices, none over 4 GiB, with the pattern's words", () => {
    const { load, launches } = play({});
    load(1);
    const of = (kernel: bigint, from: number) =>
      launches.filter((one) => one.kernel === kernel).map(({ parameters }) => parameters.slice(from));
    expect(of(2n, 0)).toEqual(of(3n, 1));
    const first = of(2n, 0).slice(0, 3);
    expect(first.map((parameters) => Number(parameters[1] ?? 0n) * 16)).toEqual([
      ...[4 * GIB, 4 * GIB, Math.floor((9 * GIB - 2 ** 16) / 2 ** 24) * 2 ** 24 - 8 * GIB],
    ]);
    const words = new Set(of(2n, 0).map((parameters) => parameters.slice(3).join()));
    expect([...words]).toEqual(MEMORY_PATTERNS.map(({ keep, flip, walk }) => `${keep},${flip},${walk}`));
    expect(launches.every(({ blocks }) => blocks === 4 * 6)).toBe(true);
  });

  test("says how far it is about once a second, ends after its time, and gives every pattern its turn", () => {
    const { load, said } = play({ waitMs: 250 });
    load(60);
    const ticks = said("tick").map(({ elapsedMs }) => elapsedMs);
    expect(ticks.length).toBeGreaterThan(50);
    expect(Math.max(...ticks.slice(1).map((at, i) => at - (ticks[i] ?? 0)))).toBeLessThanOrEqual(1_250);
    const end = said("end")[0];
    expect(end?.elapsedMs).toBeGreaterThanOrEqual(60_000);
    expect(end?.elapsedMs).toBeLessThan(75_000);
    expect(end?.passes).toBeGreaterThanOrEqual(6);
    expect(said("tick").at(-1)?.gflops).toBeGreaterThan(0);
  });

  test("a GPU that is far too slow ends all the same, with fewer patterns", () => {
    const { load, said } = play({ waitMs: 20_000 });
    load(10);
    expect(said("end")[0]?.passes).toBe(1);
  });

  test("names a wrong word by its offset over all pieces, once", () => {
    // Three tables come first: the pieces are the fourth and those that follow.
    const { load, said } = play({ mostBytesAtOnce: 4 * GIB, wrong: [4n * APART + 64n, 5n * APART + 8n] });
    load(1);
    const pieceBytes = said("mismatch").map(({ place }) => place);
    expect(pieceBytes[0]).toBe(64);
    expect((pieceBytes[1] ?? 0) % 2 ** 24).toBe(8);
    expect(pieceBytes[1]).toBeGreaterThan(GIB);
    expect(said("mismatch").map(({ what, pattern }) => [what, pattern])).toEqual([
      ["memory", "address"],
      ["memory", "address"],
    ]);
    expect(said("end")[0]?.memoryMismatches).toBe(2);
  });

  test("memory that does not suffice for anything is the driver's own fault", () => {
    expect(() => play({ freeBytes: 100 }).load(1)).toThrow("CUDA_ERROR_OUT_OF_MEMORY");
    expect(() => play({ freeBytes: 2 ** 20 }).load(1)).toThrow("CUDA_ERROR_OUT_OF_MEMORY");
  });
});

describe("batchSize and holdMs", () => {
  test("a batch is about 200 ms of work, within bounds", () => {
    expect([batchSize(1, 10), batchSize(20, 400), batchSize(1, 5_000), batchSize(1, 0)]).toEqual([20, 10, 1, 1_000]);
  });

  test("patterns share half of the time, five seconds each at most", () => {
    expect([holdMs(0), holdMs(12), holdMs(300), holdMs(86_400)]).toEqual([0, 1_000, 5_000, 5_000]);
  });
});
