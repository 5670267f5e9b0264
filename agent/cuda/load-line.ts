/** What the load says on its standard output, one JSON object a line: the whole of what its parent knows. Pure. */
import * as v from "valibot";
import { count, text } from "../wire/fields.ts";

const words = v.optional(text(500));
const progress = {
  elapsedMs: count,
  /** Rounds of the compute kernel that each thread went through. */
  rounds: count,
  /** Threads that arrived at other figures than the model, each time that they did. */
  computeMismatches: count,
  /** 32-bit words that were read other than written, each time that they were. */
  memoryMismatches: count,
  /** Bytes read back and compared, all passes together. */
  verifiedBytes: count,
  /** Patterns that went over the whole of the memory under test. */
  passes: count,
  /** Of the compute kernel alone, since the last line; absent where it did not run. */
  gflops: v.optional(v.pipe(v.number(), v.finite())),
};

/** One line. */
export const LoadLine = v.variant("kind", [
  v.object({
    kind: v.literal("device"),
    pciAddress: text(64),
    uuid: text(64),
    model: text(256),
    /** The newest API that the driver knows: `12.4`. */
    cudaVersion: text(16),
    computeCapability: text(16),
    memoryBytes: count,
    /** What one pass goes over. */
    testBytes: count,
    multiprocessors: count,
  }),
  v.object({ kind: v.literal("tick"), ...progress }),
  /** One of the first places where something was wrong. */
  v.object({
    kind: v.literal("mismatch"),
    what: v.picklist(["compute", "memory"]),
    /** Number of the thread, or offset of the word in the memory under test. */
    place: count,
    expected: count,
    found: count,
    /** The multiprocessor that found it. */
    multiprocessor: count,
    pattern: words,
  }),
  /** A call of the driver failed; nothing comes after it. */
  v.object({ kind: v.literal("fault"), call: text(100), code: v.number(), name: text(100), text: text(500) }),
  /** There is nothing to load; nothing comes after it. */
  v.object({ kind: v.literal("absent"), what: v.picklist(["library", "device"]), reason: text(500) }),
  v.object({ kind: v.literal("end"), ...progress }),
]);
/** One line. */
export type LoadLine = v.InferOutput<typeof LoadLine>;
/** A line of one kind. */
export type LoadLineOf<Kind extends LoadLine["kind"]> = Extract<LoadLine, { kind: Kind }>;

/** What a line says; undefined for one that is no line of the load: a driver may print there as well. */
export const parseLoadLine = (line: string): LoadLine | undefined => {
  if (!line.startsWith("{")) return undefined;
  try {
    const parsed = v.safeParse(LoadLine, JSON.parse(line));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined; // half a line: the load was killed
  }
};

/** The line, with its end. */
export const renderLoadLine = (line: LoadLine): string => `${JSON.stringify(line)}\n`;
