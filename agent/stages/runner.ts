/** What a stage's runner is given: everything it may touch, and nothing of the wire. */
import type { InferOutput } from "valibot";
import type { System } from "../system/system.ts";
import type { LogLevel } from "../wire/names.ts";
import type { BuiltStage, CATALOG } from "./catalog.ts";

/** The surroundings of one attempt of a stage. */
export interface StageContext {
  readonly system: System;
  /** Aborts when the stage is cancelled. What the runner started through `system.exec` with it is killed. */
  readonly signal: AbortSignal;
  /** MAC of the interface that booted the host. */
  readonly bootMac: string | null;
  /** How far the stage is, 0 to 1, and one line about what it does. */
  progress(ratio: number, note?: string): void;
  /** Keeps a file; it is delivered before the stage's result. Names are unique within the attempt. */
  artifact(name: string, content: string | Uint8Array): void;
  log(level: LogLevel, text: string): void;
}

/** The effects of one stage: context to facts. What it throws becomes the attempt's `error`. */
export type Runner<Stage extends BuiltStage> = (
  context: StageContext,
) => Promise<InferOutput<(typeof CATALOG)[Stage]["facts"]>>;
