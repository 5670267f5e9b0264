/**
 * The load itself: nearly all memory is filled with a pattern, the arithmetic units are kept busy while it has to hold, then it is read back; so for one
 * pattern after the other. It blocks its thread for as long as the GPU needs, which is why it is a process of its own (`load-command.ts`).
 */
import { Fault } from "../system/fault.ts";
import { chainTable, FLOPS_PER_ROUND, LANE_WORDS, LANES, MEMORY_PATTERNS, type MemoryPattern } from "./arithmetic.ts";
import type { CudaContext, CudaDevice, CudaDriver, DeviceAddress } from "./driver.ts";
import { BLOCK_THREADS, KERNELS, PTX, REPORT, VECTOR_BYTES } from "./kernels.ts";
import type { LoadLine } from "./load-line.ts";

/** What to load, and how. */
export interface LoadOrder {
  readonly pciAddress: string;
  readonly seconds: number;
  /** How much of the memory that is free. */
  readonly memoryPercent: number;
}

/** Where the load's lines go, and the time since some moment. */
export interface LoadSurroundings {
  say(line: LoadLine): void;
  nowMs(): number;
}

/** About 10 ms on any GPU: its units are as many as its threads. The processor needs 70 ms to know what comes out. */
const ROUNDS = 32_768;
/** The GPU is waited for after so much work: a line a second must be possible, and queues must not run dry. */
const BATCH_MS = 200;
const TICK_MS = 1_000;
/** How long the units are kept busy over one pattern, at most; in short loads less, so that every pattern has its turn. */
const HOLD_MS = 5_000;
/** Memory goes by slices, so that there is a line in between also where it is slow. */
const SLICE_BYTES = 2 ** 32;
const LEAST_CHUNK_BYTES = 2 ** 24;
const SEED = 0x7e57_b0c5;

const toBigInt = (words: readonly number[]): readonly bigint[] => words.map(BigInt);

/** Launches that fill a batch, by how long the last ones took. */
export const batchSize = (launches: number, tookMs: number): number =>
  Math.min(1_000, Math.max(1, Math.round((launches * BATCH_MS) / Math.max(tookMs, 0.01))));

/** How long the units are kept busy over each pattern, so that all patterns fit into half of the time. */
export const holdMs = (seconds: number): number =>
  Math.min(HOLD_MS, Math.floor((seconds * 1_000) / (2 * MEMORY_PATTERNS.length)));

/** As the driver itself would put it. */
const outOfMemory = (text: string): Fault =>
  new Fault("driver-failed", { call: "cuMemAlloc_v2", code: 2, name: "CUDA_ERROR_OUT_OF_MEMORY", text });

interface Chunk {
  readonly address: DeviceAddress;
  readonly bytes: number;
}

/** Memory in as few pieces as there are to be had. */
const takeMemory = (context: CudaContext, wantBytes: number): readonly Chunk[] => {
  const chunks: Chunk[] = [];
  let size = wantBytes - (wantBytes % LEAST_CHUNK_BYTES);
  let left = size;
  while (left >= LEAST_CHUNK_BYTES && size >= LEAST_CHUNK_BYTES) {
    const bytes = Math.min(size, left);
    const address = context.allocate(bytes);
    if (address === null) size = Math.floor(size / 2 / LEAST_CHUNK_BYTES) * LEAST_CHUNK_BYTES;
    else {
      chunks.push({ address, bytes });
      left -= bytes;
    }
  }
  return chunks;
};

const slicesOf = (chunks: readonly Chunk[]): readonly Chunk[] =>
  chunks.flatMap(({ address, bytes }) =>
    Array.from({ length: Math.ceil(bytes / SLICE_BYTES) }, (_, i) => ({
      address: address + BigInt(i) * BigInt(SLICE_BYTES),
      bytes: Math.min(SLICE_BYTES, bytes - i * SLICE_BYTES),
    })),
  );

/** One run of the load over one GPU. */
class Load {
  readonly #context: CudaContext;
  readonly #order: LoadOrder;
  readonly #around: LoadSurroundings;
  readonly #kernels: Readonly<Record<(typeof KERNELS)[keyof typeof KERNELS], bigint>>;
  readonly #blocks: number;
  readonly #table: DeviceAddress;
  readonly #reports: Readonly<Record<"compute" | "memory", DeviceAddress>>;
  readonly #chunks: readonly Chunk[];
  readonly #startMs: number;
  readonly #noted = { compute: 0, memory: 0 };
  readonly #total = { rounds: 0, computeMismatches: 0, memoryMismatches: 0, verifiedBytes: 0, passes: 0 };
  #batch = 1;
  #tick: { atMs: number; rounds: number; computeMs: number };

  constructor(context: CudaContext, device: CudaDevice, order: LoadOrder, around: LoadSurroundings) {
    this.#context = context;
    this.#order = order;
    this.#around = around;
    this.#startMs = around.nowMs();
    this.#tick = { atMs: this.#startMs, rounds: 0, computeMs: 0 };
    this.#kernels = context.loadKernels(PTX, Object.values(KERNELS));
    this.#blocks = device.multiprocessors * Math.max(1, Math.floor(device.threadsPerMultiprocessor / BLOCK_THREADS));
    this.#table = this.#must(LANES * LANE_WORDS * 4);
    context.upload(this.#table, new Uint8Array(chainTable(SEED, ROUNDS).buffer));
    this.#reports = { compute: this.#report(), memory: this.#report() };
    this.#chunks = takeMemory(context, Math.floor((context.freeBytes() * order.memoryPercent) / 100));
  }

  get testBytes(): number {
    return this.#chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  run(): void {
    const endMs = this.#startMs + this.#order.seconds * 1_000;
    for (let turn = 0; this.#around.nowMs() < endMs || this.#total.passes < MEMORY_PATTERNS.length; turn += 1) {
      const pattern = MEMORY_PATTERNS[turn % MEMORY_PATTERNS.length];
      if (pattern === undefined || this.#overdue(endMs)) break;
      this.#fill(pattern);
      this.#compute(holdMs(this.#order.seconds));
      this.#verify(pattern);
    }
    this.#around.say({ kind: "end", ...this.#progress() });
  }

  /** Every pattern has its turn, but a GPU that is so slow that this takes half as long again must not run for ever. */
  #overdue(endMs: number): boolean {
    return this.#around.nowMs() > this.#startMs + (endMs - this.#startMs) * 1.5 + 60_000;
  }

  #must(bytes: number): DeviceAddress {
    const address = this.#context.allocate(bytes);
    if (address === null) throw outOfMemory("There is no memory for the load's own tables.");
    return address;
  }

  #report(): DeviceAddress {
    const address = this.#must(REPORT.bytes);
    this.#context.zero(address, REPORT.bytes);
    return address;
  }

  #compute(forMs: number): void {
    const untilMs = this.#around.nowMs() + forMs;
    const parameters = [this.#reports.compute, this.#table, BigInt(ROUNDS)];
    const { compute } = KERNELS;
    do {
      const beganMs = this.#around.nowMs();
      const launches = this.#batch;
      for (let i = 0; i < launches; i += 1)
        this.#context.launch(this.#kernels[compute], this.#blocks, BLOCK_THREADS, parameters);
      this.#context.synchronize();
      const tookMs = this.#around.nowMs() - beganMs;
      this.#batch = batchSize(launches, tookMs);
      this.#total.rounds += launches * ROUNDS;
      this.#tick.rounds += launches * ROUNDS;
      this.#tick.computeMs += tookMs;
      this.#note("compute");
      this.#tickIfDue();
    } while (this.#around.nowMs() < untilMs);
  }

  #fill(pattern: MemoryPattern): void {
    this.#sweep((slice) => this.#memoryKernel(KERNELS.fill, slice, pattern, []));
  }

  #verify(pattern: MemoryPattern): void {
    this.#sweep((slice) => {
      this.#memoryKernel(KERNELS.verify, slice, pattern, [this.#reports.memory]);
      this.#total.verifiedBytes += slice.bytes;
    });
    this.#note("memory", pattern.name);
    this.#total.passes += 1;
  }

  #sweep(work: (slice: Chunk) => void): void {
    for (const slice of slicesOf(this.#chunks)) {
      work(slice);
      this.#context.synchronize();
      this.#tickIfDue();
    }
  }

  #memoryKernel(
    name: typeof KERNELS.fill | typeof KERNELS.verify,
    { address, bytes }: Chunk,
    { keep, flip, walk }: MemoryPattern,
    first: readonly bigint[],
  ): void {
    const words = toBigInt([bytes / VECTOR_BYTES, SEED, keep, flip, walk]);
    this.#context.launch(this.#kernels[name], this.#blocks, BLOCK_THREADS, [...first, address, ...words]);
  }

  /** Reads what a kernel noted, and says what is new. */
  #note(what: "compute" | "memory", pattern?: string): void {
    const report = this.#context.download(this.#reports[what], REPORT.bytes);
    const mismatches = Number(report.getBigUint64(0, true));
    this.#total[`${what}Mismatches`] = mismatches;
    for (; this.#noted[what] < Math.min(mismatches, REPORT.places); this.#noted[what] += 1) {
      const at = REPORT.headBytes + this.#noted[what] * REPORT.placeBytes;
      const index = report.getBigUint64(at, true);
      this.#around.say({
        kind: "mismatch",
        what,
        place: what === "memory" ? this.#offsetOf(index) : Number(index),
        expected: report.getUint32(at + 8, true),
        found: report.getUint32(at + 12, true),
        multiprocessor: report.getUint32(at + 16, true),
        ...(pattern === undefined ? {} : { pattern }),
      });
    }
  }

  #offsetOf(address: DeviceAddress): number {
    let before = 0;
    for (const chunk of this.#chunks) {
      if (address >= chunk.address && address < chunk.address + BigInt(chunk.bytes))
        return before + Number(address - chunk.address);
      before += chunk.bytes;
    }
    return 0;
  }

  #progress() {
    const { rounds, computeMs } = this.#tick;
    const operations = rounds * this.#blocks * BLOCK_THREADS * FLOPS_PER_ROUND;
    const gflops = computeMs > 0 ? { gflops: Math.round(operations / computeMs / 1e6) } : {};
    return { elapsedMs: Math.round(this.#around.nowMs() - this.#startMs), ...this.#total, ...gflops };
  }

  #tickIfDue(): void {
    const nowMs = this.#around.nowMs();
    if (nowMs - this.#tick.atMs < TICK_MS) return;
    this.#around.say({ kind: "tick", ...this.#progress() });
    this.#tick = { atMs: nowMs, rounds: 0, computeMs: 0 };
  }
}

const loadDevice = (driver: CudaDriver, device: CudaDevice, order: LoadOrder, around: LoadSurroundings): void => {
  using context = driver.open(device);
  const load = new Load(context, device, order, around);
  const { pciAddress, uuid, name, computeCapability, memoryBytes, multiprocessors } = device;
  const facts = { pciAddress, uuid, model: name, computeCapability, memoryBytes, multiprocessors };
  around.say({ kind: "device", ...facts, cudaVersion: driver.version, testBytes: load.testBytes });
  if (load.testBytes === 0) throw outOfMemory("There is no memory to test.");
  load.run();
};

/** Loads one GPU, and says all there is to say. Faults of the driver are thrown. */
export const loadGpu = (driver: CudaDriver, order: LoadOrder, around: LoadSurroundings): void => {
  const device = driver.devices.find(({ pciAddress }) => pciAddress === order.pciAddress);
  const shown = driver.devices.map(({ pciAddress }) => pciAddress).join(", ") || "none";
  const reason = `CUDA's driver shows no GPU at ${order.pciAddress}; it shows ${shown}.`;
  if (device === undefined) around.say({ kind: "absent", what: "device", reason });
  else loadDevice(driver, device, order, around);
};
