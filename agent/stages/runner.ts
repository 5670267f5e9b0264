/** What a stage's runner is given: everything it may touch, and nothing of the wire. */
import type { InferOutput } from "valibot";
import type { Exec } from "../system/exec.ts";
import type { System } from "../system/system.ts";
import type { LogLevel } from "../wire/names.ts";
import type { Grant } from "../wire/order.ts";
import type { BuiltStage, CATALOG } from "./catalog.ts";

/** The surroundings of one attempt of a stage. */
export interface StageContext<Order = unknown> {
  readonly system: System;
  /** Counts how often the box asked for this stage in this run, from 1. A leave is for one of them. */
  readonly attempt: number;
  /** What the box wants done, checked against the stage's own schema. */
  readonly order: Order;
  /** What was given for this attempt alone, with the monotonic time at which it came. */
  readonly grant: { readonly value: Grant; readonly sinceMonoMs: number } | null;
  /** Aborts when the stage is cancelled. What the runner started through `system.exec` with it is killed. */
  readonly signal: AbortSignal;
  /**
   * Runs a tool although the stage was cancelled, for some seconds at most: for what would go on without us, as a self-test within a drive does. Whoever needs
   * it cleans up before the runner's promise ends.
   */
  readonly farewell: Exec;
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
  context: StageContext<InferOutput<(typeof CATALOG)[Stage]["order"]>>,
) => Promise<InferOutput<(typeof CATALOG)[Stage]["facts"]>>;
