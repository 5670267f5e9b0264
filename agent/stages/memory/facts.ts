/** Facts and order of Memory. Pure. */
import * as v from "valibot";
import { count, text } from "../../wire/fields.ts";
import { MemoryFacts as Installed } from "../../wire/hardware/board.ts";

/** What the box wants done. */
export const MemoryOrder = v.object({
  loadS: v.pipe(count, v.minValue(1)),
  reserveMib: count,
  reservePercent: v.pipe(v.number(), v.minValue(0), v.maxValue(90)),
  /** The memory as the inventory has it: names of slots for counts of errors, and what should be visible. */
  installed: Installed,
});
/** What the box wants done. */
export type MemoryOrder = v.InferOutput<typeof MemoryOrder>;

/** The programs that test memory. */
export const MEMORY_TOOLS = ["stressapptest", "stress-ng"] as const;

/** One place that held something else than was written to it. */
export const MiscompareFacts = v.object({
  cpu: v.optional(count),
  /** Physical address in hex, as the tool works it out from the page map. */
  address: v.optional(text(40)),
  expected: v.optional(text(40)),
  read: v.optional(text(40)),
  /** What it held when it was read again: the expected value means that only the way was disturbed. */
  reread: v.optional(text(40)),
});
/** One place that held something else than was written to it. */
export type MiscompareFacts = v.InferOutput<typeof MiscompareFacts>;

/** One run of a tool. */
export const AttemptFacts = v.object({
  tool: v.picklist(MEMORY_TOOLS),
  askedBytes: count,
  end: v.picklist(["exited", "signalled", "timed-out", "absent"]),
  exitCode: v.optional(count),
  signal: v.optional(text(40)),
  /** The kernel ended it because its cell, or the machine, had no memory left. */
  oomKilled: v.boolean(),
  /** It ran in a cell of its own, which bounds and counts its memory. */
  confined: v.boolean(),
  /** How long it says that it worked. */
  ranS: v.pipe(v.number(), v.finite()),
  /** The most that it held: counted by its cell, else the dip in what was available. */
  heldBytes: v.optional(count),
  /** What it says that it works on. */
  claimedBytes: v.optional(count),
  /** Places that were found wrong, and the first of them. */
  incidentCount: count,
  miscompares: v.array(MiscompareFacts),
  /** Its lines about what failed, the first ones. */
  failures: v.array(text(300)),
});
/** One run of a tool. */
export type AttemptFacts = v.InferOutput<typeof AttemptFacts>;

/** Errors that the memory controllers counted within the stage. */
export const ModuleErrorFacts = v.object({
  /** `DIMM A1 S/N 12345678`, or what the driver calls it where that is no slot. */
  component: text(200),
  corrected: count,
  uncorrected: count,
});
/** Errors that the memory controllers counted within the stage. */
export type ModuleErrorFacts = v.InferOutput<typeof ModuleErrorFacts>;

/** What Memory measured. */
export const MemoryFacts = v.object({
  order: MemoryOrder,
  /** What the kernel has (`MemTotal`), and what was available when the stage began. */
  visibleBytes: count,
  availableBytes: count,
  /** What was left to the live system. */
  reservedBytes: count,
  attempts: v.array(AttemptFacts),
  /** What the last attempt really worked on: the least of what was asked, held and claimed; 0 when it did not run to its end. */
  testedBytes: count,
  /** By module; absent when no driver watches, because then nobody counts. */
  errors: v.optional(v.array(ModuleErrorFacts)),
});
/** What Memory measured. */
export type MemoryFacts = v.InferOutput<typeof MemoryFacts>;
