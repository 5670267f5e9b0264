/**
 * The report for programs: one JSON document of a documented shape. The same run gives the same bytes.
 *
 * A field is never renamed or given another meaning under the same `schemaVersion`; fields may be added. Times are ISO 8601 in UTC, units stand last
 * in the names, and a series of measurements carries its unit at the end of its own name.
 */
import * as v from "valibot";
import { Check } from "../../agent/wire/check.ts";
import { Inventory } from "../../agent/wire/inventory.ts";
import { PROFILES, RUN_STATES, SEVERITIES, STAGE_STATES } from "../../agent/wire/names.ts";
import { BOOT_STEPS } from "../core/boot.ts";
import { LOSS_KINDS } from "../core/power-loss.ts";
import { POWER_DEEDS } from "../core/power-port.ts";
import { FAILURE_CODES } from "../core/run.ts";
import { type BoxView, CHANGE_KINDS, type InventoryChange, PART_KINDS, type RunView } from "../core/views.ts";

/** Version of the shape below. */
export const REPORT_SCHEMA_VERSION = 1;

const time = v.pipe(v.string(), v.isoTimestamp());
const state = v.picklist(RUN_STATES);
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const Stage = v.object({
  state: v.picklist([...STAGE_STATES, "SpecValidate"]),
  title: v.string(),
  status: v.picklist(["waiting", "running", "passed", "warned", "failed", "skipped", "error", "cancelled"]),
  summary: v.nullable(v.string()),
  /** More than one means that the stage was begun again; `reason` says why. */
  attempts: v.array(
    v.object({
      attempt: v.number(),
      reason: v.picklist(["first", "agent-restart", "reboot", "retry", "override"]),
      startedAt: time,
      endedAt: v.nullable(time),
      outcome: v.nullable(v.picklist(["measured", "cancelled", "error"])),
    }),
  ),
  checks: v.array(Check),
});

const Difference = v.object({
  severity: v.picklist(SEVERITIES),
  code: v.string(),
  component: v.string(),
  expected: v.string(),
  found: v.string(),
  message: v.string(),
});

const Change = v.object({
  part: v.picklist(PART_KINDS),
  /** `changed` is the same part with another property or in another place; `what` says which. */
  kind: v.picklist(CHANGE_KINDS),
  where: v.string(),
  what: v.nullable(v.string()),
  before: v.nullable(v.string()),
  after: v.nullable(v.string()),
});

/** What changed since the host's previous good inventory. It fails no run by itself. */
const Changes = v.object({
  since: v.object({ runId: v.string(), createdAt: time }),
  /** What the note of the repair explains; empty without a note. */
  expected: v.array(Change),
  unexpected: v.array(Change),
  /** What the note announced and the inventory does not show. */
  warnings: v.array(v.string()),
  notCompared: v.array(v.string()),
});

const Boot = v.object({
  /** The last step that was done whole. */
  reached: v.nullable(v.picklist(BOOT_STEPS)),
  diagnosis: v.nullable(v.object({ cause: v.string(), remedy: v.string() })),
  events: v.array(v.object({ step: v.picklist(BOOT_STEPS), at: time, detail: v.string(), complete: v.boolean() })),
});

/** What became of a server that is gone. */
const Loss = v.object({
  kind: v.picklist(LOSS_KINDS),
  cause: v.string(),
  remedy: v.string(),
  evidence: v.pipe(v.array(v.string()), v.readonly()),
});

/** The shape of a report. */
export const Report = v.object({
  schemaVersion: v.literal(REPORT_SCHEMA_VERSION),
  verdict: v.picklist(["running", "pass", "warn", "held", "fail", "cancelled"]),
  run: v.object({
    id: v.string(),
    state,
    profile: v.picklist(PROFILES),
    /** Whether stages were allowed to write to disks. */
    destructive: v.boolean(),
    /** What was repaired before it, in the operator's words. */
    repaired: v.nullable(v.string()),
    createdAt: time,
    endedAt: v.nullable(time),
    /** SHA-256 of the root file system that the server booted. */
    imageSha256: v.nullable(v.string()),
  }),
  host: v.object({ name: v.string(), mac: v.string(), address: v.nullable(v.string()) }),
  box: v.object({ name: v.string(), version: v.string() }),
  failure: v.nullable(
    v.object({ state, code: v.picklist(FAILURE_CODES), message: v.string(), diagnosis: v.optional(Loss) }),
  ),
  stages: v.array(Stage),
  differences: v.array(Difference),
  /** Null when there is no earlier inventory of this host to compare with. */
  changes: v.nullable(Changes),
  inventory: v.nullable(Inventory),
  /** In order of entry; a state that was entered twice is there twice. */
  phases: v.array(v.object({ state, durationSeconds: v.number() })),
  measurements: v.array(
    v.object({
      series: v.string(),
      count: v.number(),
      min: v.number(),
      mean: v.number(),
      max: v.number(),
      last: v.number(),
    }),
  ),
  boot: Boot,
  /** What was done about the server's power; the same again is one act with a higher count. */
  power: v.array(
    v.object({
      at: time,
      lastAt: time,
      count: v.number(),
      deed: v.picklist(POWER_DEEDS),
      ok: v.boolean(),
      detail: v.string(),
      by: v.string(),
    }),
  ),
  /** Every transition, with who caused it. */
  history: v.array(v.object({ at: time, from: state, event: v.string(), to: state, by: v.string() })),
  artifacts: v.array(
    v.object({
      name: v.string(),
      stage: v.picklist(STAGE_STATES),
      attempt: v.number(),
      sizeBytes: v.number(),
      sha256,
    }),
  ),
});
/** A report. */
export type Report = v.InferOutput<typeof Report>;

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

const stagesOf = (run: RunView): Report["stages"] =>
  run.stages.map(({ state: name, title, status, summary, attempts, checks }) => ({
    state: name,
    title,
    status,
    summary,
    attempts: attempts.map(({ attempt, reason, startedMs, endedMs, outcome }) => ({
      attempt,
      reason,
      startedAt: iso(startedMs),
      endedAt: isoOrNull(endedMs),
      outcome,
    })),
    checks: [...checks],
  }));

const bootOf = ({ timeline }: RunView): Report["boot"] => ({
  reached: timeline.reached,
  diagnosis: timeline.diagnosis,
  events: timeline.events.map(({ step, atMs, detail, complete }) => ({ step, at: iso(atMs), detail, complete })),
});

const changesOf = ({ changes }: RunView): Report["changes"] =>
  changes === null
    ? null
    : {
        since: { runId: changes.sinceRunId, createdAt: iso(changes.sinceMs) },
        expected: changes.expected.map(changeOf),
        unexpected: changes.unexpected.map(changeOf),
        warnings: [...changes.warnings],
        notCompared: [...changes.notCompared],
      };

const changeOf = ({ part, kind, where, what, before, after }: InventoryChange) => ({
  ...{ part, kind, where, what, before, after },
});

/** The report of a run as a value. */
export const reportOf = (run: RunView, box: BoxView): Report => ({
  schemaVersion: REPORT_SCHEMA_VERSION,
  verdict: run.verdict,
  run: {
    id: run.id,
    state: run.state,
    profile: run.profile,
    destructive: run.destructive,
    repaired: run.repaired,
    createdAt: iso(run.createdMs),
    endedAt: isoOrNull(run.endedMs),
    imageSha256: run.imageId,
  },
  host: { name: run.hostName, mac: run.mac, address: run.address },
  box: { name: box.name, version: box.version },
  failure: run.failure,
  stages: stagesOf(run),
  differences: run.differences.map(({ severity, code, component, expected, found, message }) => ({
    severity,
    code,
    component,
    expected,
    found,
    message,
  })),
  changes: changesOf(run),
  inventory: run.inventory,
  phases: run.phases.map(({ state: name, seconds }) => ({ state: name, durationSeconds: seconds })),
  measurements: run.series.map(({ series, count, min, mean, max, last }) => ({ series, count, min, mean, max, last })),
  boot: bootOf(run),
  power: run.power.map(({ firstMs, lastMs, count, deed, ok, detail, by }) => ({
    ...{ at: iso(firstMs), lastAt: iso(lastMs) },
    ...{ count, deed, ok, detail, by },
  })),
  history: run.transitions.map(({ atMs, from, event, to, by }) => ({ at: iso(atMs), from, event, to, by })),
  artifacts: run.artifacts.map(({ name, stage, attempt, sizeBytes, sha256: digest }) => ({
    name,
    stage,
    attempt,
    sizeBytes,
    sha256: digest,
  })),
});

/** What could steer a terminal or turn text around when the file is printed; JSON itself escapes only part of it. */
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const escapeUnits = (char: string): string =>
  char
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");

/** Renders the report. Nothing is lost: what is unsafe to print stands as an escape that every JSON reader undoes. */
export const renderReportJson = (run: RunView, box: BoxView): string =>
  `${JSON.stringify(reportOf(run, box), null, 2).replace(UNSAFE, escapeUnits)}\n`;
