/**
 * Patterns of a spec: regular expressions in the strict sense, without back references and look-around, matched by following all ways at once (Thompson
 * 1968). Pure.
 *
 * A pattern comes from an operator, but the text that it meets comes from a server, and the box has one thread: the time of a match grows with the lengths of
 * the two, whatever they are. A backtracking matcher may take for ever.
 */
import { type CharSet, type PatternNode, parsePattern } from "./pattern-parse.ts";

const MAX_CHARS = 200;
const MAX_TEXT_CHARS = 256;
/** Counts such as {2,400} are written out. */
const MAX_STEPS = 1000;

/** One step of a program. After a character comes the next step; the end is after the last. */
type Step =
  | { readonly op: "char"; readonly set: CharSet }
  | { readonly op: "fork"; readonly to: readonly [number, number] };

/** A pattern that can be matched. */
export interface Pattern {
  readonly source: string;
  readonly steps: readonly Step[];
}

/** A pattern, or why it is not taken. */
export type PatternAnswer =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly fault: string };

/** Steps that a tree takes at most. */
const sizeOf = (node: PatternNode): number => {
  switch (node.kind) {
    case "char":
      return 1;
    case "repeat":
      return (sizeOf(node.part) + 1) * (Number.isFinite(node.max) ? Math.max(1, node.max) : node.min + 1) + 1;
    default:
      return node.parts.reduce((sum, part) => sum + sizeOf(part) + 2, 1);
  }
};

/** Writes the steps of a tree behind those that are there. */
const write = (node: PatternNode, steps: Step[]): void => {
  const fork = (): ((to: readonly [number, number]) => void) => {
    const at = steps.push({ op: "fork", to: [0, 0] }) - 1;
    return (to) => {
      steps[at] = { op: "fork", to };
    };
  };
  switch (node.kind) {
    case "char":
      steps.push({ op: "char", set: node.set });
      return;
    case "sequence":
      for (const part of node.parts) write(part, steps);
      return;
    case "choice": {
      const leave: (() => void)[] = [];
      for (const [i, part] of node.parts.entries()) {
        const begin = i < node.parts.length - 1 ? fork() : null;
        const first = steps.length;
        write(part, steps);
        if (begin === null) break;
        const end = fork();
        leave.push(() => end([steps.length, steps.length]));
        begin([first, steps.length]);
      }
      for (const go of leave) go();
      return;
    }
    case "repeat": {
      for (let n = 0; n < node.min; n += 1) write(node.part, steps);
      if (Number.isFinite(node.max)) {
        const skips = Array.from({ length: node.max - node.min }, () => {
          const skip = fork();
          const first = steps.length;
          write(node.part, steps);
          return () => skip([first, steps.length]);
        });
        for (const skip of skips) skip();
        return;
      }
      const at = steps.length;
      const loop = fork();
      write(node.part, steps);
      steps.push({ op: "fork", to: [at, at] });
      loop([at + 1, steps.length]);
    }
  }
};

/** Reads a pattern; what would not end soon on any text is not in its language. */
export const compilePattern = (source: string): PatternAnswer => {
  if (source.length > MAX_CHARS) return { ok: false, fault: `a pattern has at most ${MAX_CHARS} characters` };
  const tree = parsePattern(source);
  if (!tree.ok) return { ok: false, fault: `${tree.fault} (character ${tree.at + 1})` };
  if (sizeOf(tree.node) > MAX_STEPS) return { ok: false, fault: "its counts are too high" };
  const steps: Step[] = [];
  write(tree.node, steps);
  return { ok: true, pattern: { source, steps } };
};

/** A character as it is, small and capital. */
const formsOf = (char: string): readonly number[] =>
  [char, char.toLowerCase(), char.toUpperCase()].map((form) => form.codePointAt(0) ?? 0);

// Loops from here on: a server with many disks is compared with many patterns, and each step counts.

const fits = ({ ranges, negated }: CharSet, forms: readonly number[]): boolean => {
  for (const [first, last] of ranges) for (const form of forms) if (first <= form && form <= last) return !negated;
  return negated;
};

/** The steps that wait for a character. */
class Waiting {
  readonly at: number[] = [];
  readonly #steps: readonly Step[];
  readonly #seen: Uint32Array;
  #round = 1;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#seen = new Uint32Array(steps.length + 1);
  }

  clear(): void {
    this.at.length = 0;
    this.#round += 1;
  }

  /** Goes on from a step without a character. Its steps are bounded, and so is the depth of this. */
  reach(at: number): void {
    if (this.#seen[at] === this.#round) return;
    this.#seen[at] = this.#round;
    const step = this.#steps[at];
    if (step?.op !== "fork") {
      this.at.push(at);
      return;
    }
    this.reach(step.to[0]);
    this.reach(step.to[1]);
  }
}

/** Whether a text is, as a whole and whatever its case, what the pattern says. What is longer than any fact never is. */
export const matchesPattern = ({ steps }: Pattern, text: string): boolean => {
  if (text.length > MAX_TEXT_CHARS) return false;
  let [now, next] = [new Waiting(steps), new Waiting(steps)];
  now.reach(0);
  for (const char of text) {
    const forms = formsOf(char);
    for (const at of now.at) {
      const step = steps[at];
      if (step?.op === "char" && fits(step.set, forms)) next.reach(at + 1);
    }
    if (next.at.length === 0) return false;
    [now, next] = [next, now];
    next.clear();
  }
  return now.at.includes(steps.length);
};
