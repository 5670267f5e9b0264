/**
 * The canary: sums with known answers, done again and again on one processor. A processor that computes wrongly now and then, and says nothing, is found by nothing else
 * (fleets find a few in a thousand; Google's and Meta's reports on silent data corruption, 2021). Pure.
 *
 * Each sum keeps another part of a core at work and carries every bit on: one that flips anywhere changes the answer. Doubles only meet operations whose result IEEE 754
 * fixes to the last bit (+ − × ÷ √); sine, exponential and fused multiply-add are built of those, because libraries choose other code for other processors, and then the last
 * bit is theirs. The answers come from another program in another language.
 */

/** One sum. */
export interface CanarySum {
  readonly name: string;
  readonly expected: string;
  compute(): string;
}

const BYTES = 65_536;
const MULTIPLIER = 0x9e3779b1;
const STEPS = 20_000;

/** One step of xorshift32 (Marsaglia, 2003). */
const shifted = (x: number): number => {
  let y = x ^ (x << 13);
  y ^= y >>> 17;
  return (y ^ (y << 5)) >>> 0;
};

/** Bytes that look like chance and are the same everywhere. */
const fillBytes = (): Uint8Array => {
  const bytes = new Uint8Array(BYTES);
  let x = 2_463_534_242;
  for (let i = 0; i < BYTES; i += 1) {
    x = shifted(x);
    bytes[i] = x & 0xff;
  }
  return bytes;
};

const DATA = fillBytes();

/** The processor's own SHA instructions where it has them, else its vector unit. */
const hash = (): string => {
  let digest = "";
  for (let i = 0; i < 8; i += 1) digest = new Bun.CryptoHasher("sha256").update(digest).update(DATA).digest("hex");
  return digest;
};

const checksum = (): string => `${Bun.hash.crc32(DATA).toString(16)} ${Bun.hash.adler32(DATA).toString(16)}`;

/** Shifts, products and sums of 32 bits. */
const integer = (): string => {
  let [x, sum] = [2_463_534_242, 0];
  for (let i = 0; i < STEPS; i += 1) {
    x = shifted(x);
    sum = (Math.imul(sum ^ x, MULTIPLIER) + (x >>> 7)) | 0;
  }
  return (sum >>> 0).toString(16).padStart(8, "0");
};

/** What a product loses by rounding (Dekker, 1971): what a fused multiply-add would give. */
const lostBy = (a: number, b: number): number => {
  const [p, s, t] = [a * b, 134_217_729 * a, 134_217_729 * b];
  const [ah, bh] = [s - (s - a), t - (t - b)];
  const [al, bl] = [a - ah, b - bh];
  return ah * bh - p + ah * bl + al * bh + al * bl;
};

/** e to the power of x, and the sine of x, for x from 0 to 1: their series, in Horner's form. */
const exponential = (x: number): number => {
  let sum = 1;
  for (let n = 18; n > 0; n -= 1) sum = 1 + (x / n) * sum;
  return sum;
};
const sine = (x: number): number => {
  let sum = 1;
  for (let n = 17; n > 1; n -= 2) sum = 1 - ((x * x) / (n * (n - 1))) * sum;
  return x * sum;
};

const bitsOf = (value: number): string => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, "0");
};

/** The logistic map is chaotic: a wrong last bit is everywhere after sixty steps. */
const next = (x: number): number => 3.99 * x * (1 - x);

const float = (): string => {
  let [x, sum] = [0.3, 0];
  for (let i = 0; i < STEPS / 20; i += 1) {
    x = next(x);
    sum = Math.sqrt(sum * sum + exponential(x) * sine(x)) / (1 + x) + lostBy(x, sum) * 1e15;
  }
  return bitsOf(x + sum);
};

/** Numbers to digits and back: long divisions, tables and branches. */
const decimal = (): string => {
  let [x, digits] = [0.3, ""];
  for (let i = 0; i < 500; i += 1) {
    x = next(x);
    const written = String(1 + x);
    digits += Number(written) === 1 + x ? written : "wrong";
  }
  return new Bun.CryptoHasher("sha256").update(digits).digest("hex");
};

/** The sums with their answers. */
export const CANARY_SUMS: readonly CanarySum[] = [
  { name: "hash", expected: "802d1b31312bd563fe5edd5b8fd2deeb3a535fe17d62434e235ca84017960f66", compute: hash },
  { name: "checksum", expected: "c90cb56c eb8a1fe3", compute: checksum },
  { name: "integer", expected: "436654f1", compute: integer },
  { name: "float", expected: "3fee7eccebbf5688", compute: float },
  { name: "decimal", expected: "403b808a1b00d0916896226bcdf71e17fbd3c15c480628355c8621f2ddca5ee3", compute: decimal },
];

/** One sum that came out wrong. */
export interface Miscompute {
  readonly sum: string;
  readonly expected: string;
  /** The first wrong answer. */
  readonly got: string;
  readonly count: number;
}

/** Does the sums once, and adds what came out wrong to what did before. */
export const runRound = (
  before: readonly Miscompute[],
  sums: readonly CanarySum[] = CANARY_SUMS,
): readonly Miscompute[] => {
  let wrong = before;
  for (const { name, expected, compute } of sums) {
    const got = compute();
    if (got === expected) continue;
    const known = wrong.find(({ sum }) => sum === name);
    const entry = { sum: name, expected, got: known?.got ?? got, count: (known?.count ?? 0) + 1 };
    wrong = [...wrong.filter(({ sum }) => sum !== name), entry];
  }
  return wrong;
};
