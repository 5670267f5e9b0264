/**
 * What surrounds a stage: counters of the whole server before and after it, and what the kernel and the BMC wrote meanwhile. Posted beside the stage's own facts,
 * judged by the same box.
 */
import * as v from "valibot";
import { count, epochMs, text } from "./fields.ts";
import { KERNEL_ERROR_KINDS } from "./hardware/kernel.ts";

const figure = v.pipe(v.number(), v.finite());

/** Figures that are read before and after. Most count up; widths and speeds of links only change when something happens to them. */
export const WATCHED = [
  "aer-correctable",
  "aer-nonfatal",
  "aer-fatal",
  "pcie-width",
  "pcie-speed",
  "memory-corrected",
  "memory-uncorrected",
  "machine-check",
  "throttle",
  "nic-errors",
  "nic-missed",
  "nic-carrier",
  "nic-speed",
] as const;
/** One of them. */
export type Watched = (typeof WATCHED)[number];

/** Where they are read. One that hangs costs its own figures only. */
export const WATCH_SOURCES = ["kernel", "pci", "memory", "processors", "nics", "temperatures", "events"] as const;
/** One of them. */
export type WatchSource = (typeof WATCH_SOURCES)[number];

/** A component whose figure is another one than before. */
const Change = v.object({
  /** `0000:3b:00.0`, a module's label, `CPU 3`, a MAC address. */
  component: text(200),
  before: figure,
  after: figure,
  /** Which of several counters in it changed, and by how much: `BadTLP 3, Rollover 1`. */
  detail: v.optional(text(300)),
});
/** A component whose figure is another one than before. */
export type Change = v.InferOutput<typeof Change>;

const Figures = v.object({
  kind: v.picklist(WATCHED),
  /** How many components were read both times. */
  watchedCount: count,
  changed: v.array(Change),
});

const KernelError = v.object({
  kind: v.picklist(KERNEL_ERROR_KINDS),
  component: v.optional(text(200)),
  /** Of the disk that the component names. */
  serial: v.optional(text(256)),
  grave: v.optional(v.boolean()),
  text: text(500),
  count,
});
/** An error in the kernel log that came during the stage. */
export type KernelError = v.InferOutput<typeof KernelError>;

/** A numbered error of an NVIDIA GPU, or of an NVSwitch. */
const Xid = v.object({
  pciAddress: text(64),
  number: count,
  ofSwitch: v.optional(v.boolean()),
  count,
  text: text(500),
});

const BmcEvent = v.object({
  id: count,
  /** By the BMC's clock, which may be years off. */
  atMs: v.optional(epochMs),
  /** Since the BMC's own start, for an event before its clock was set. */
  sinceStartS: v.optional(count),
  /** Kind and name: `Memory DIMM A3`. */
  sensor: text(200),
  event: text(200),
  detail: v.optional(text(200)),
  /** Absent where the BMC's tool does not tell. */
  direction: v.optional(v.picklist(["asserted", "deasserted"])),
});
/** An entry that the BMC wrote into its event log during the stage. */
export type BmcEvent = v.InferOutput<typeof BmcEvent>;

const BmcEvents = v.object({
  /** The newest of the new ones, in their order. */
  entries: v.array(BmcEvent),
  newCount: count,
  /** Entries that were there are not any more. */
  isCleared: v.boolean(),
  /** It loses entries: new ones, or old ones for the new. */
  isFull: v.boolean(),
});
/** The BMC's event log during the stage. */
export type BmcEvents = v.InferOutput<typeof BmcEvents>;

/** What surrounds one attempt of a stage. */
export const Watch = v.object({
  /** Between the two readings. */
  durationMs: count,
  figures: v.array(Figures),
  /** What was there before and is not any more: `pci 0000:3b:00.0`, `nic 52:54:00:77:00:01`. */
  gone: v.array(text(200)),
  kernel: v.optional(
    v.object({
      errors: v.array(KernelError),
      xids: v.array(Xid),
      /** The log has lost lines of this stage: it was written over. */
      isCut: v.boolean(),
    }),
  ),
  events: v.optional(BmcEvents),
  /** The highest reading of each sensor that has a limit of its own. */
  temperatures: v.array(v.object({ name: text(200), tempC: figure, criticalC: figure })),
  /** What was not watched. `absent`: the server has none; `failed`: it could not be read before or after. */
  missing: v.array(
    v.object({ source: v.picklist(WATCH_SOURCES), status: v.picklist(["absent", "failed"]), reason: text(500) }),
  ),
});
/** What surrounds one attempt of a stage. */
export type Watch = v.InferOutput<typeof Watch>;
