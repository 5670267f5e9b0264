/**
 * `badblocks -v`, with `-s` or without, to what it tested and found. Standard output (bad blocks) and standard error (all else) in one text. Pure, total, linear.
 *
 * Its exit code says nothing about bad blocks, and `Pass completed` alone does not say that all blocks were tested: it stands there after
 * `Too many bad blocks, aborting test` as well (badblocks.c of e2fsprogs 1.47).
 */
import { cleanText, present } from "../label.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** What it does just now: reads only, writes a pattern, or reads it back. */
export type BadblocksPhase = "reading" | "writing" | "comparing";

/** Errors by kind, as `(R/W/C errors)` counts them. */
export interface BadblocksErrors {
  readonly read: number;
  readonly write: number;
  /** Blocks that gave other bytes than were written. */
  readonly corruption: number;
}

/** One way over the disk. */
export interface BadblocksPass {
  readonly phase: BadblocksPhase;
  /** `0xaa`, or `random`; absent when nothing is written. */
  readonly pattern?: string;
  /** It went to its end. */
  readonly done: boolean;
}

/** Where it is. */
export interface BadblocksProgress {
  /** Ways over the disk that began before this one: 0 to 7 for the four patterns of `-w`. */
  readonly passIndex: number;
  readonly phase: BadblocksPhase;
  readonly pattern?: string;
  /** Of this way alone. */
  readonly percent: number;
  readonly errorCount: number;
}

/** What came of a run. */
export interface BadblocksFacts {
  readonly mode?: "read-only" | "read-write" | "non-destructive";
  readonly firstBlock?: number;
  readonly lastBlock?: number;
  /** The first 64. */
  readonly passes: readonly BadblocksPass[];
  /** It says that it tested every block that it was told to. */
  readonly completed: boolean;
  /** As its last line counts them; without one, as many as it listed. */
  readonly badBlockCount: number;
  readonly errors: BadblocksErrors;
  /** The first 256. One that gave other bytes is named too high by the number of blocks at once (`-c`): see the fixtures. */
  readonly badBlocks: readonly number[];
  /** The bound of `-e` was reached: the rest was not tested. */
  readonly gaveUp: boolean;
  /** SIGINT or SIGTERM ended it here. */
  readonly interruptedAtBlock?: number;
  /** Its blocks are too small to count those of this disk in 32 bits. */
  readonly tooLarge: boolean;
  /** Its other lines: why it did not start, or what failed beside the blocks. The first 16. */
  readonly messages: readonly string[];
}

const MOST_PASSES = 64;
const MOST_BLOCKS = 256;
const MOST_MESSAGES = 16;
const MOST_CHARS = 400;

const PHASE =
  /^(?:(Checking for bad blocks \((?:read-only|non-destructive read-write) test\))|Testing with (random pattern|pattern 0x[0-9a-f]{1,16})|(Reading and comparing)): */;
const PROGRESS =
  /(?:^|: ) *(\d{1,3}(?:\.\d{1,4})?)% done, [\d:]{1,20} elapsed\. \((\d{1,12})\/(\d{1,12})\/(\d{1,12}) errors\)$/;
const RANGE = /^(?:Checking blocks|From block) (\d{1,15}) to (\d{1,15})$/;
const FINAL = /^Pass completed, (\d{1,12}) bad blocks found\. \((\d{1,12})\/(\d{1,12})\/(\d{1,12}) errors\)$/;
const MODES = [
  [/^Checking for bad blocks in read-write mode/, "read-write"],
  [/^Checking for bad blocks in non-destructive read-write mode/, "non-destructive"],
  [/^Checking for bad blocks \(read-only test\)/, "read-only"],
] as const;

type Changing<T> = { -readonly [Key in keyof T]: T[Key] };

/** Reads pieces: what stands between line ends and backspaces. */
class Reader {
  readonly passes: Changing<BadblocksPass>[] = [];
  readonly badBlocks: number[] = [];
  readonly messages: string[] = [];
  errors: BadblocksErrors = { read: 0, write: 0, corruption: 0 };
  mode: BadblocksFacts["mode"];
  range: readonly [number, number] | undefined;
  percent = 0;
  passIndex = -1;
  listed = 0;
  counted: number | undefined;
  ended = false;
  gaveUp = false;
  tooLarge = false;
  interruptedAtBlock: number | undefined;
  /** Something that only badblocks says. */
  known = false;
  #current: Changing<BadblocksPass> | undefined;

  take(whole: string): void {
    const piece = whole.slice(0, MOST_CHARS).trim();
    if (piece === "") return;
    const phased = this.#takePhase(piece);
    if (/^\d{1,15}$/.test(piece)) this.#takeBlock(Number(piece));
    else if (/(?:^|: +)done$/.test(piece)) this.#endPass();
    else if (!this.#takeCounts(piece) && !this.#takeEvent(piece) && !phased) this.#takeMessage(piece);
  }

  progress(): BadblocksProgress | undefined {
    if (this.#current === undefined) return undefined;
    const { phase, pattern } = this.#current;
    const { read, write, corruption } = this.errors;
    const at = { passIndex: this.passIndex, phase, percent: this.percent, errorCount: read + write + corruption };
    return { ...at, ...present({ pattern }) };
  }

  #takePhase(piece: string): boolean {
    const mode = MODES.find(([pattern]) => pattern.test(piece))?.[1];
    if (mode !== undefined) {
      // The non-destructive test says it in both forms.
      this.mode ??= mode;
      this.known = true;
    }
    const [, checking, testing, comparing] = PHASE.exec(piece) ?? [];
    if (testing !== undefined) this.#begin("writing", testing === "random pattern" ? "random" : testing.slice(8));
    else if (comparing !== undefined) this.#begin("comparing", this.#current?.pattern);
    else if (checking?.includes("read-only") === true) this.#begin("reading", undefined);
    else return mode !== undefined;
    return true;
  }

  #begin(phase: BadblocksPhase, pattern: string | undefined): void {
    this.#current = { phase, done: false, ...present({ pattern }) };
    this.passIndex += 1;
    this.percent = 0;
    this.ended = false;
    this.known = true;
    if (this.passes.length < MOST_PASSES) this.passes.push(this.#current);
  }

  #endPass(): void {
    if (this.#current === undefined) return;
    // It prints `done` behind what it gave up, too.
    this.#current.done = !this.gaveUp;
    if (!this.gaveUp) this.percent = 100;
  }

  #takeBlock(block: number): void {
    this.listed += 1;
    if (this.badBlocks.length < MOST_BLOCKS) this.badBlocks.push(block);
  }

  #takeCounts(piece: string): boolean {
    const [, percent, ...some] = PROGRESS.exec(piece) ?? [];
    const [, counted, ...all] = FINAL.exec(piece) ?? [];
    if (percent === undefined && counted === undefined) return false;
    const [read = 0, write = 0, corruption = 0] = (percent === undefined ? all : some).map(Number);
    this.errors = { read, write, corruption };
    if (percent !== undefined) this.percent = Math.min(100, Number(percent));
    if (counted !== undefined) {
      this.counted = Number(counted);
      this.ended = true;
    }
    this.known = true;
    return true;
  }

  #takeEvent(piece: string): boolean {
    const [, first, last] = RANGE.exec(piece) ?? [];
    const interrupted = /^Interrupted at block (\d{1,15})$/.exec(piece)?.[1];
    if (first !== undefined) this.range = [Number(first), Number(last)];
    else if (interrupted !== undefined) this.interruptedAtBlock = Number(interrupted);
    // Without `-s` nothing parts it from the words of its phase.
    else if (piece.endsWith("Too many bad blocks, aborting test")) this.gaveUp = true;
    else return false;
    this.known = true;
    return true;
  }

  #takeMessage(piece: string): void {
    if (piece.startsWith("badblocks: ") || piece.includes("run badblocks")) this.known = true;
    if (/must be 32-bit value/.test(piece)) this.tooLarge = true;
    if (this.messages.length < MOST_MESSAGES) this.messages.push(cleanText(piece, 300));
  }
}

/** Reads a whole run. Without `-v` it says too little to be known again. */
export const parseBadblocks = (text: string): Parsed<BadblocksFacts> => {
  const reader = new Reader();
  for (const [piece] of text.matchAll(/[^\b\r\n]+/g)) reader.take(piece);
  if (!reader.known) return notUnderstood("line 1", "Not the output of badblocks -v.");
  const { mode, range, passes, errors, badBlocks, gaveUp, interruptedAtBlock, tooLarge, messages } = reader;
  return understood({
    ...present({ mode, firstBlock: range?.[0], lastBlock: range?.[1], interruptedAtBlock }),
    ...{ passes, errors, badBlocks, gaveUp, tooLarge, messages },
    completed: reader.ended && !gaveUp && interruptedAtBlock === undefined,
    badBlockCount: reader.counted ?? reader.listed,
  });
};

/** Follows a run while it goes on; needs `-s` and `-v`. `push` takes standard error as it comes and answers where the run is, or undefined when nothing new was said. */
export const createBadblocksProgress = (): { push(text: string): BadblocksProgress | undefined } => {
  const reader = new Reader();
  let rest = "";
  return {
    push: (text) => {
      const pieces = (rest + text).split(/[\b\r\n]+/);
      rest = pieces.pop()?.slice(0, MOST_CHARS) ?? "";
      for (const piece of pieces) reader.take(piece);
      return pieces.length > 0 ? reader.progress() : undefined;
    },
  };
};
