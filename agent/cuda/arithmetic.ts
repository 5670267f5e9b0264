/**
 * What the kernels of the GPU's load compute, as plain arithmetic: the figures that a healthy GPU has to arrive at. Pure.
 *
 * **Compute.** A chain holds eight floats and one integer. In each round the bits of all floats are added to the integer, two floats in [1, 2) are cut out
 * of the integer, and each of the eight goes through two fused multiply-adds with one of them. A slip in the second is in the integer with the next round
 * and never leaves it: multiplying by an odd number keeps every difference. Of slips in the last binary place of the first, a few in a hundred are
 * rounded away by the second; larger ones are not.
 *
 * **Why JavaScript can follow it to the bit.** The floats stay in [1, 128) and the multipliers have 20 binary places, so `x * m + u` needs at most 50 bits:
 * a double holds it without rounding, and `Math.fround` rounds once, as a fused multiply-add does.
 *
 * **Memory.** Each 32-bit word gets a value from its own address and a seed, or a constant: two cells that answer to one address are seen as well as a
 * bit that does not hold.
 */

/** Chains that differ; thread t computes chain t mod 64. Enough to give every lane of a warp, and two warps beside each other, other numbers. */
export const LANES = 64;
/** Floats of a chain: enough that a multiprocessor need not wait for one multiply-add before it begins the next. */
export const FLOATS = 8;
/** Fused multiply-adds of each float in each round. */
export const FMA_DEPTH = 2;
/** Words of 32 bits that the table holds for each chain: integer and floats at its begin; integer and sum of the floats' bits at its end; a spare one. */
export const LANE_WORDS = 1 + FLOATS + 3;
/** Where the end stands among them. */
export const END_WORD = 1 + FLOATS;
/** Floating-point operations of one thread in one round; a fused multiply-add counts as two, as everywhere. */
export const FLOPS_PER_ROUND = FLOATS * FMA_DEPTH * 2;

/** Odd multipliers, so that the integer never loses a difference. */
export const CHAIN = { multiply: 1_664_525, branch: 741_103_597, offset: 1_013_904_223, oneBits: 0x3f80_0000 } as const;
/** k / 2^20 with odd k, near 0.96: close to one, so that a slip does not fade before it is added in; below it, so that the floats stay small. */
const MULTIPLIERS = [1_007_681, 1_010_007, 1_005_353, 1_012_339].map((k) => k / 2 ** 20);
/** What each float is multiplied with. Floats with the same multiplier are fed by different halves of the integer, else they would become the same. */
export const MULTIPLIER_OF: readonly number[] = Array.from({ length: FLOATS }, (_, i) => MULTIPLIERS[i >> 1] ?? 0);
/** Mixes an address: two odd multipliers for its halves, one for the mix (of MurmurHash3's finaliser). */
export const MIX = { low: 0x9e37_79b1, high: 0x85eb_ca77, middle: 0x85eb_ca6b } as const;

const scratch = new DataView(new ArrayBuffer(4));
/** The bits of a float. */
export const bitsOfFloat = (value: number): number => {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
};
/** The float of these bits. */
export const floatOfBits = (bits: number): number => {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
};

const mixed = (word: number): number => {
  const half = Math.imul(word ^ (word >>> 16), MIX.middle);
  return (half ^ (half >>> 13)) >>> 0;
};

/** One chain's state: the integer, then the bits of the floats. */
export type ChainState = readonly number[];

/** Where a chain begins. */
export const chainStart = (seed: number, lane: number): ChainState => {
  const integer = mixed((seed + Math.imul(lane + 1, MIX.low)) >>> 0);
  const float = (_: unknown, place: number) => ((mixed((integer + place + 1) >>> 0) >>> 9) | CHAIN.oneBits) >>> 0;
  return [integer, ...Array.from({ length: FLOATS }, float)];
};

const sumOf = (words: Uint32Array): number => words.reduce((sum, word) => (sum + word) >>> 0, 0);

/** A chain on its way: typed arrays do the conversions and the rounding. */
interface Running {
  integer: number;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  readonly cut: Uint32Array;
  readonly fed: Float32Array;
}

const runRound = (chain: Running): void => {
  const { words, floats, cut, fed } = chain;
  let sum = 0;
  for (let i = 0; i < FLOATS; i += 1) sum = (sum + (words[i] ?? 0)) | 0;
  chain.integer = (Math.imul(chain.integer, CHAIN.multiply) + sum) | 0;
  cut[0] = (chain.integer >>> 9) | CHAIN.oneBits;
  cut[1] = ((Math.imul(chain.integer, CHAIN.branch) + CHAIN.offset) >>> 9) | CHAIN.oneBits;
  for (let i = 0; i < FLOATS; i += 1)
    for (let depth = 0; depth < FMA_DEPTH; depth += 1)
      floats[i] = (floats[i] ?? 0) * (MULTIPLIER_OF[i] ?? 0) + (fed[i & 1] ?? 0);
};

/** Where a chain is after some rounds. The round is a function of its own: one loop over all of it ran for half a minute before it was compiled. */
export const runChain = (start: ChainState, rounds: number): ChainState => {
  const words = Uint32Array.from(start.slice(1));
  const cut = new Uint32Array(2);
  const chain = { words, floats: new Float32Array(words.buffer), cut, fed: new Float32Array(cut.buffer) };
  const running: Running = { integer: (start[0] ?? 0) | 0, ...chain };
  for (let round = 0; round < rounds; round += 1) runRound(running);
  return [running.integer >>> 0, ...words];
};

/** The table that the compute kernel is given: where each chain begins and where it must end. */
export const chainTable = (seed: number, rounds: number): Uint32Array<ArrayBuffer> => {
  const table = new Uint32Array(new ArrayBuffer(LANES * LANE_WORDS * 4));
  for (let lane = 0; lane < LANES; lane += 1) {
    const start = chainStart(seed, lane);
    const [integer = 0, ...floats] = runChain(start, rounds);
    table.set([...start, integer, sumOf(Uint32Array.from(floats))], lane * LANE_WORDS);
  }
  return table;
};

/** A way to fill memory: the mix of the address as far as `keep` lets through, turned over by `flip`, with a walking bit if `walk` is 1. */
export interface MemoryPattern {
  readonly name: string;
  readonly keep: number;
  readonly flip: number;
  readonly walk: 0 | 1;
}

/** The patterns in their order. The first two turn over every bit and tell every address from every other; the rest are the classics of memory tests. */
export const MEMORY_PATTERNS: readonly MemoryPattern[] = [
  { name: "address", keep: 0xffff_ffff, flip: 0, walk: 0 },
  { name: "address inverted", keep: 0xffff_ffff, flip: 0xffff_ffff, walk: 0 },
  { name: "walking one", keep: 0, flip: 0, walk: 1 },
  { name: "walking zero", keep: 0, flip: 0xffff_ffff, walk: 1 },
  { name: "0x55555555", keep: 0, flip: 0x5555_5555, walk: 0 },
  { name: "0xaaaaaaaa", keep: 0, flip: 0xaaaa_aaaa, walk: 0 },
];

/** What the word at a byte address must be. */
export const wordAt = (address: bigint, { keep, flip, walk }: MemoryPattern, seed: number): number => {
  const word = address >> 2n;
  const low = Number(word & 0xffff_ffffn);
  const high = Number(word >> 32n);
  const mix = mixed((Math.imul(low, MIX.low) + Math.imul(high, MIX.high) + seed) >>> 0);
  return ((mix & keep) ^ flip ^ (walk << (low & 31))) >>> 0;
};
