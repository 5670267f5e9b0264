/**
 * One attempt of one stage: runs it under its own signal, watches the server around it, and posts exactly one result, whatever the stage does. The boundary at
 * which a stage's faults end.
 */
import * as v from "valibot";
import type { Spool } from "./spool.ts";
import { cleanLine } from "./spool.ts";
import type { StageContext } from "./stages/runner.ts";
import type { StageSpec } from "./stages/stage.ts";
import type { System } from "./system/system.ts";
import type { Watched, Watcher } from "./watch/watch.ts";
import type { ResultRequest, Turn } from "./wire/messages.ts";
import type { LogLevel, StageState } from "./wire/names.ts";
import { Watch } from "./wire/watch.ts";

/** A runner of any stage. Its facts are checked against the stage's own schema before they are posted. */
// biome-ignore lint/suspicious/noExplicitAny: which order a runner takes is its stage's affair, and checked by the stage's schema before it runs
export type AnyRunner = (context: StageContext<any>) => Promise<unknown>;
/** Runners by the stage's state. */
export type RunnersByState = { readonly [State in StageState]?: AnyRunner };

/** What is going on, for heartbeats and for the tags of log lines. */
export interface Activity {
  stage?: StageState;
  attempt?: number;
  progress?: number;
  note?: string;
}

/** What an attempt needs of the agent. */
export interface AttemptParts {
  readonly system: System;
  readonly spool: Spool;
  readonly bootId: string;
  readonly bootMac: string;
  readonly runners: RunnersByState;
  /** Undefined for a stage whose order and facts nobody checks. */
  readonly specOf: (stage: StageState) => StageSpec | undefined;
  /** Null where nobody watches. */
  readonly watcher: Watcher | null;
  readonly activity: Activity;
  readonly log: (level: LogLevel, text: string) => void;
}

/** A turn that asks for a stage. */
export type RunTurn = Extract<Turn, { do: "run" }>;

/** How long a cancelled stage may take to let go. Its processes are dead by then; what is left is its own code. */
const LET_GO_MS = 10_000;
/** A last command may take this much of it. */
const FAREWELL_MS = 6_000;

type Outcome = Pick<ResultRequest, "outcome" | "facts" | "reason">;

const failed = (reason: string): Outcome => ({ outcome: "error", reason: cleanLine(reason).slice(0, 2000) });

const places = (issues: readonly v.BaseIssue<unknown>[]): string =>
  issues
    .slice(0, 5)
    .map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)
    .join("; ");

const measure = async (
  { runners, specOf }: Pick<AttemptParts, "runners" | "specOf">,
  stage: StageState,
  context: StageContext,
): Promise<Outcome> => {
  const runner = runners[stage];
  if (runner === undefined) return failed(`This agent has no runner for ${stage}.`);
  const spec = specOf(stage);
  // An order that is half understood is not half carried out.
  const order = spec === undefined ? null : v.safeParse(spec.order, context.order);
  if (order !== null && !order.success)
    return failed(`The box's order for ${stage} does not fit its schema: ${places(order.issues)}`);
  try {
    const facts = await runner({ ...context, order: order?.output });
    if (context.signal.aborted) return { outcome: "cancelled" };
    const checked = spec === undefined ? null : v.safeParse(spec.facts, facts);
    if (checked !== null && !checked.success)
      return failed(`The stage's facts do not fit their schema: ${places(checked.issues)}`);
    return { outcome: "measured", facts };
  } catch (error) {
    if (context.signal.aborted) return { outcome: "cancelled" };
    return failed(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
};

/** Ends with the work, or some time after the signal's abort. */
const letGo = async (work: Promise<Outcome>, { clock }: System, signal: AbortSignal): Promise<Outcome> => {
  const finished = new AbortController();
  const patience = async (): Promise<Outcome> => {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await clock.sleep(LET_GO_MS, finished.signal);
    return { outcome: "cancelled" };
  };
  const outcome = await Promise.race([work, patience()]);
  finished.abort();
  return outcome;
};

/** Lines of the kernel that are kept when it complained. */
const KERNEL_LINES = 400;

/** What was seen around the stage, in the shape that the box takes. What does not fit it must not keep the result from being taken. */
const endWatch = async (
  { log }: AttemptParts,
  watched: Watched,
  keep: (name: string, text: string) => void,
): Promise<Pick<ResultRequest, "watch">> => {
  const { watch, newLines } = await watched.end();
  const complains = (watch.kernel?.errors.length ?? 0) + (watch.kernel?.xids.length ?? 0) > 0;
  if (complains) keep("kernel-log.txt", newLines.split("\n").slice(-KERNEL_LINES).join("\n"));
  const checked = v.safeParse(Watch, watch);
  if (checked.success) return { watch: checked.output };
  log("error", `what was seen around the stage does not fit its schema: ${places(checked.issues)}`);
  return {};
};

/** Begins to watch; null where nobody does, or when the stage was cancelled meanwhile. */
const beginWatch = async ({ watcher }: AttemptParts, signal: AbortSignal): Promise<Watched | null> => {
  if (watcher === null) return null;
  const begun = watcher(signal);
  const aborted = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener("abort", () => resolve(null), { once: true });
  });
  return Promise.race([begun, aborted]);
};

/**
 * Runs the attempt. `signal` cancels it, and its result then says so; `stopping` ends it without a result, because the agent itself ends and the
 * next one will be told to run the stage again.
 */
export const runAttempt = async (
  parts: AttemptParts,
  { stage, attempt, order, grant }: RunTurn,
  signal: AbortSignal,
  stopping: AbortSignal,
): Promise<void> => {
  const { system, spool, activity, log } = parts;
  const any = AbortSignal.any([signal, stopping]);
  const startedMs = system.clock.wallMs();
  const startMs = system.clock.monoMs();
  Object.assign(activity, { stage, attempt, progress: 0 });
  log("info", `${stage} begins, attempt ${attempt}`);
  const context: StageContext = {
    system: {
      ...system,
      exec: (invocation, own) => system.exec(invocation, own === undefined ? any : AbortSignal.any([any, own])),
    },
    farewell: (invocation) => system.exec({ ...invocation, timeoutMs: Math.min(invocation.timeoutMs, FAREWELL_MS) }),
    signal: any,
    attempt,
    order,
    grant: grant === undefined ? null : { value: grant, sinceMonoMs: startMs },
    bootMac: parts.bootMac,
    progress: (ratio, note) => {
      activity.progress = Math.min(1, Math.max(0, Number.isFinite(ratio) ? ratio : 0));
      if (note !== undefined) activity.note = cleanLine(note).slice(0, 200);
    },
    artifact: (name, content) => {
      if (!any.aborted) spool.artifact(stage, attempt, name, content);
    },
    log,
  };
  const watched = await beginWatch(parts, any);
  const outcome = await letGo(measure(parts, stage, context), system, any);
  // A stage that was cancelled is not waited for any longer.
  if (any.aborted) watched?.drop();
  const seen = watched === null || any.aborted ? {} : await endWatch(parts, watched, context.artifact);
  if (!stopping.aborted) {
    const durationMs = Math.max(0, Math.round(system.clock.monoMs() - startMs));
    log(outcome.outcome === "error" ? "error" : "info", `${stage} ends: ${outcome.reason ?? outcome.outcome}`);
    spool.result({ bootId: parts.bootId, stage, attempt, startedMs, durationMs, ...outcome, ...seen });
  }
  delete activity.stage;
  delete activity.attempt;
  delete activity.progress;
  delete activity.note;
};
