/** A run as it is recorded, with all its findings: what the store loads and the read model shows. */
import type { Check } from "../../agent/wire/check.ts";
import type { Inventory } from "../../agent/wire/inventory.ts";
import type { ResultRequest } from "../../agent/wire/messages.ts";
import type { StageState } from "../../agent/wire/names.ts";
import type { BootEvent } from "./boot.ts";
import type { PowerAct } from "./power-port.ts";
import type { AttemptReason, Run } from "./run.ts";
import type { ArtifactView, Difference, SeriesView, StageStatus, TransitionView } from "./views.ts";

/** A stage as the record names it; the box's own SpecValidate among them. */
export type MarkedStage = StageState | "SpecValidate";

/** How each stage stands by its last counted result. */
export type StageMarks = { readonly [S in MarkedStage]?: StageStatus };

/** A run's row: the run, and what is kept beside it. */
export interface RunRow extends Run {
  /** Grows with each entry of any run into a state: who came first, whatever the clock said. */
  readonly enteredSeq: number;
  readonly marks: StageMarks;
  readonly imageId: string | null;
  readonly address: string | null;
  readonly repaired: string | null;
}

/** A registered host as it is stored. */
export interface HostRow {
  readonly id: string;
  readonly name: string;
  readonly mac: string;
  readonly specYaml: string | null;
  readonly addedMs: number;
  readonly removedMs: number | null;
}

/** A class of specs as it is stored. */
export interface SpecClassRow {
  readonly name: string;
  readonly yaml: string;
  readonly changedMs: number;
}

/** One attempt of a stage. */
export interface AttemptRow {
  readonly stage: StageState;
  readonly attempt: number;
  readonly reason: AttemptReason;
  readonly startedMs: number;
  readonly endedMs: number | null;
}

/** A stage's result as it was judged, without its facts, which may be large. */
export interface ResultRow {
  readonly stage: StageState;
  readonly attempt: number;
  readonly outcome: ResultRequest["outcome"];
  readonly reason: string | null;
  readonly checks: readonly Check[];
  readonly summary: string | null;
  readonly counted: boolean;
}

/** The live hold key of a run. */
export interface HoldRow {
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly privateKey: string | null;
  readonly keyShown: boolean;
  readonly installed: boolean;
}

/** What is only in memory of a run: its agent's last words. */
export interface Presence {
  readonly lastSeenMs: number;
  readonly progress: number | null;
  readonly note: string | null;
}

/** What a run's sensors said last, by series. Only in memory, too. */
export interface Readings {
  readonly atMs: number;
  readonly bySeries: Readonly<Record<string, number>>;
}

/** A good inventory of a run, kept for the next one. */
export interface PastInventory {
  readonly runId: string;
  readonly createdMs: number;
  readonly inventory: Inventory;
}

/** Everything that is recorded of one run. */
export interface RunRecord {
  readonly row: RunRow;
  readonly host: HostRow;
  readonly attempts: readonly AttemptRow[];
  readonly results: readonly ResultRow[];
  readonly inventory: Inventory | null;
  /** The host's previous good inventory. */
  readonly previous: PastInventory | null;
  readonly differences: readonly Difference[];
  readonly transitions: readonly TransitionView[];
  readonly artifacts: readonly ArtifactView[];
  readonly series: readonly SeriesView[];
  readonly hold: HoldRow | null;
  readonly bootEvents: readonly BootEvent[];
  readonly power: readonly PowerAct[];
}
