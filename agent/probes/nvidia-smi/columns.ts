/** Columns of `nvidia-smi --query-gpu` and `--query-remapped-rows`: what each is called, and what it says. A table. Pure. */
import * as v from "valibot";
import { count, epochMs, text } from "../../wire/fields.ts";
import { GpuFacts } from "../../wire/hardware/pci.ts";
import { cleanLabel, present } from "../label.ts";

const number = v.optional(v.pipe(v.number(), v.finite()));
const whole = v.optional(count);
const flag = v.optional(v.boolean());
const label = v.optional(text(256));

/** One GPU at one moment, as its driver knows it. What it does not say is absent. */
export const GpuState = v.object({
  ...v.omit(GpuFacts, ["vendor"]).entries,
  /** The server's own clock when its driver was asked, in whatever zone it is: good for differences. */
  clockMs: v.optional(epochMs),
  index: whole,
  /** `P0` at work, `P8` idle. */
  pstate: label,
  persistence: flag,
  /** Cut into instances: a load would see one of them. */
  mig: flag,
  memoryTempC: number,
  /** Degrees left until the GPU slows itself down (`temperature.gpu.tlimit`). */
  tempMarginC: number,
  smClockMHz: number,
  memoryClockMHz: number,
  maxSmClockMHz: number,
  busyPercent: number,
  usedBytes: whole,
  linkGen: whole,
  maxLinkGen: whole,
  linkWidth: whole,
  maxLinkWidth: whole,
  /** Why the clocks are not higher, as bits (`clocks_event_reasons.active`; NVML's nvmlClocksEventReasons). */
  clockReasons: whole,
  correctedErrorCount: whole,
  correctedErrorsEverCount: whole,
  uncorrectedErrorsEverCount: whole,
  retiredSingleBitCount: whole,
  retiredDoubleBitCount: whole,
  retiredPending: flag,
  remappedCorrectableCount: whole,
  remappedUncorrectableCount: whole,
  /** Version of the board's own memory of itself; a board whose memory is corrupt says so instead. */
  inforom: label,
  /** What the driver wants done: `None`, `Reset`, `Reboot`, `Drain P2P` (since driver 555). */
  recoveryAction: label,
});
/** One GPU at one moment. */
export type GpuState = v.InferOutput<typeof GpuState>;

/** nvidia-smi writes a domain of eight digits and capitals; the kernel writes four and small letters. */
export const busIdOf = (raw: string | undefined): string | undefined => {
  const match = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i.exec(raw ?? "");
  if (match === null) return undefined;
  const domain = Number.parseInt(match[1] ?? "0", 16)
    .toString(16)
    .padStart(4, "0");
  return `${domain}:${match[2] ?? ""}`.toLowerCase();
};

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU requires reset]`: all of nvidia-smi's excuses stand in brackets. */
const saidOf = (raw: string): string | undefined => (raw.startsWith("[") || raw === "N/A" ? undefined : raw);

const numberOf = (raw: string): number | undefined =>
  /^-?\d{1,12}(?:\.\d{1,6})?$/.test(saidOf(raw) ?? "") ? Number(raw) : undefined;
const countOf = (raw: string): number | undefined => (/^\d{1,15}$/.test(saidOf(raw) ?? "") ? Number(raw) : undefined);
const mebibytesOf = (raw: string): number | undefined => {
  const mebibytes = countOf(raw);
  return mebibytes === undefined || mebibytes > 2 ** 32 ? undefined : mebibytes * 2 ** 20;
};
const bitsOf = (raw: string): number | undefined => (/^0x[0-9a-f]{1,16}$/i.test(raw) ? safeOf(Number(raw)) : undefined);
const safeOf = (value: number): number | undefined => (Number.isSafeInteger(value) ? value : undefined);

const WORDS: Readonly<Record<string, boolean>> = { Enabled: true, Disabled: false, Yes: true, No: false };
/** A word, or how many. */
const flagOf = (raw: string): boolean | undefined => {
  const some = countOf(raw);
  return some === undefined ? WORDS[saidOf(raw) ?? ""] : some > 0;
};
const labelOf = (raw: string): string | undefined => cleanLabel(saidOf(raw));
/** Only what a driver is known to say; "None" is an answer here and no placeholder. */
const actionOf = (raw: string): string | undefined => (/^[A-Z][A-Za-z0-9 ]{1,40}$/.test(raw) ? raw : undefined);

/** `2026/08/06 10:00:00.123`. */
const clockOf = (raw: string): number | undefined => {
  const parts = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})$/.exec(raw)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, ms = 0] = parts;
  return year < 1970 ? undefined : Date.UTC(year, month - 1, day, hours, minutes, seconds, ms);
};

type Key = Exclude<keyof GpuState, "pciAddress">;
type Reader = (raw: string) => GpuState[Key];

/** By the name in the header. Names that changed stand with both. */
const COLUMNS: Readonly<Record<string, readonly [Key, Reader]>> = {
  timestamp: ["clockMs", clockOf],
  index: ["index", countOf],
  name: ["model", labelOf],
  uuid: ["uuid", labelOf],
  serial: ["serial", labelOf],
  vbios_version: ["vbios", labelOf],
  driver_version: ["driverVersion", labelOf],
  pstate: ["pstate", labelOf],
  persistence_mode: ["persistence", flagOf],
  "mig.mode.current": ["mig", flagOf],
  "memory.total": ["memoryBytes", mebibytesOf],
  "memory.used": ["usedBytes", mebibytesOf],
  "ecc.mode.current": ["ecc", flagOf],
  "temperature.gpu": ["tempC", numberOf],
  "temperature.memory": ["memoryTempC", numberOf],
  "temperature.gpu.tlimit": ["tempMarginC", numberOf],
  "power.draw": ["powerW", numberOf],
  "power.limit": ["powerLimitW", numberOf],
  "clocks.current.sm": ["smClockMHz", numberOf],
  "clocks.current.memory": ["memoryClockMHz", numberOf],
  "clocks.max.sm": ["maxSmClockMHz", numberOf],
  "utilization.gpu": ["busyPercent", numberOf],
  "pcie.link.gen.current": ["linkGen", countOf],
  "pcie.link.gen.gpucurrent": ["linkGen", countOf],
  "pcie.link.gen.max": ["maxLinkGen", countOf],
  "pcie.link.width.current": ["linkWidth", countOf],
  "pcie.link.width.max": ["maxLinkWidth", countOf],
  "clocks_event_reasons.active": ["clockReasons", bitsOf],
  "clocks_throttle_reasons.active": ["clockReasons", bitsOf],
  "ecc.errors.corrected.volatile.total": ["correctedErrorCount", countOf],
  "ecc.errors.corrected.aggregate.total": ["correctedErrorsEverCount", countOf],
  "ecc.errors.uncorrected.volatile.total": ["uncorrectedErrorCount", countOf],
  "ecc.errors.uncorrected.aggregate.total": ["uncorrectedErrorsEverCount", countOf],
  "retired_pages.single_bit_ecc.count": ["retiredSingleBitCount", countOf],
  "retired_pages.double_bit.count": ["retiredDoubleBitCount", countOf],
  "retired_pages.pending": ["retiredPending", flagOf],
  "remapped_rows.correctable": ["remappedCorrectableCount", countOf],
  "remapped_rows.uncorrectable": ["remappedUncorrectableCount", countOf],
  "remapped_rows.pending": ["remappedRowsPending", flagOf],
  "remapped_rows.failure": ["remappedRowsFailed", flagOf],
  "inforom.img": ["inforom", labelOf],
  "inforom.image": ["inforom", labelOf],
  gpu_recovery_action: ["recoveryAction", actionOf],
};

/** One row under its header; undefined without the address of a GPU. */
export const readRow = (names: readonly string[], cells: readonly string[]): GpuState | undefined => {
  const values: Partial<Record<Key, GpuState[Key]>> = {};
  let pciAddress: string | undefined;
  for (const [place, name] of names.entries()) {
    const raw = cells[place]?.trim();
    if (raw === undefined) break;
    if (name === "pci.bus_id" || name === "gpu_bus_id") pciAddress ??= busIdOf(raw);
    const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
    if (column !== undefined) values[column[0]] ??= column[1](raw);
  }
  // Each key has what its own reader answered: that is how the table was made.
  return pciAddress === undefined ? undefined : ({ pciAddress, ...present(values) } as GpuState);
};

/** What the GPU stage asks for before, under and after load. */
export const STATE_COLUMNS: readonly string[] = [
  ...["pci.bus_id", "index", "name", "uuid", "serial", "vbios_version", "driver_version", "pstate", "persistence_mode"],
  ...["mig.mode.current", "memory.total", "memory.used", "ecc.mode.current", "temperature.gpu", "temperature.memory"],
  ...["temperature.gpu.tlimit", "power.draw", "power.limit", "clocks.current.sm", "clocks.current.memory"],
  ...["clocks.max.sm", "utilization.gpu", "pcie.link.gen.current", "pcie.link.gen.max", "pcie.link.width.current"],
  ...["pcie.link.width.max", "clocks_event_reasons.active", "ecc.errors.corrected.volatile.total"],
  ...["ecc.errors.corrected.aggregate.total", "ecc.errors.uncorrected.volatile.total"],
  ...["ecc.errors.uncorrected.aggregate.total", "retired_pages.single_bit_ecc.count"],
  ...["retired_pages.double_bit.count", "retired_pages.pending", "inforom.img", "gpu_recovery_action"],
];
/** What it asks for of remapped rows. */
export const STATE_ROW_COLUMNS: readonly string[] = [
  ...["gpu_bus_id", "remapped_rows.correctable", "remapped_rows.uncorrectable"],
  ...["remapped_rows.pending", "remapped_rows.failure"],
];
/** What it asks for once a second: what changes, and little enough for eight GPUs to answer in time. */
export const SAMPLE_COLUMNS: readonly string[] = [
  ...[
    "timestamp",
    "pci.bus_id",
    "pstate",
    "temperature.gpu",
    "temperature.memory",
    "temperature.gpu.tlimit",
    "power.draw",
  ],
  ...["clocks.current.sm", "clocks.current.memory", "utilization.gpu", "memory.used", "pcie.link.gen.current"],
  ...["pcie.link.width.current", "clocks_event_reasons.active"],
];

/** What a column was called before (release notes of driver 535). */
const OLDER_NAMES: Readonly<Record<string, string>> = {
  "clocks_event_reasons.active": "clocks_throttle_reasons.active",
};

/** nvidia-smi refuses a whole question over one column that it does not know, and names it. */
export const refusedColumn = (said: string): string | undefined =>
  /Field "([a-z0-9_.]{1,80})" is not a valid field to query/.exec(said.slice(0, 2_000))?.[1];

/** The question without the refused column, or with its older name. */
export const withoutColumn = (columns: readonly string[], refused: string): readonly string[] =>
  columns.flatMap((column) => (column === refused ? (OLDER_NAMES[column] ?? []) : [column]));
