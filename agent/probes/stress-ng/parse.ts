/**
 * stress-ng's log (stdout and stderr together) and its `--yaml` file: what was started, what it came to, what failed or was killed. Pure and linear.
 *
 * A log line is `stress-ng: LEVEL: [pid] text`; the levels are `info`, `metrc`, `warn`, `fail`, `error`, and with `-v` `debug` (core-log.c). Before
 * 0.14.04 metrics came as `info`, and the four counts at the end came with 0.16. That a worker was killed is told at level `debug` alone: run it with `-v`.
 */
import { cleanText, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { parseDurationS, parseRoundedBytes } from "./units.ts";

/** What one stressor's instances did together. */
export interface StressNgStressor {
  readonly name: string;
  /** As dispatched. One that was killed is still counted. */
  readonly instances?: number;
  readonly bogoOps: number;
  /** The mean of its instances. */
  readonly wallS: number;
  readonly bogoOpsPerS: number;
}

/** How many instances of which stressors. */
export interface StressNgInstances {
  readonly name: string;
  readonly instances: number;
}

/** Its own count at the end. A worker ended with SIGKILL is among the passed. */
export interface StressNgOutcome {
  readonly passed: readonly StressNgInstances[];
  readonly failed: readonly StressNgInstances[];
  readonly skipped: readonly StressNgInstances[];
  readonly untrustworthy: readonly StressNgInstances[];
}

/** A process of it that a signal ended. */
export interface StressNgKill {
  /** The stressor; absent where the line does not name it. */
  readonly name?: string;
  readonly signal: string;
}

/** How much memory a stressor was to work on. All three are rounded by stress-ng; the available one is as of then. */
export interface StressNgMemory {
  readonly name: string;
  readonly perInstanceBytes: number;
  readonly totalBytes: number;
  readonly availableBytes?: number;
}

/** What it says of a run. Lists hold the first ones; their counts hold all. */
export interface StressNgFacts {
  /** How long the load was to be. */
  readonly askedS?: number;
  readonly dispatched: readonly StressNgInstances[];
  readonly stressors: readonly StressNgStressor[];
  /** Absent when the run did not come to its end, and before 0.16. */
  readonly outcome?: StressNgOutcome;
  /** Its last word, `successful run completed` or `unsuccessful`; absent when it did not come to its end. */
  readonly successful?: boolean;
  /** From start to end, in whole or hundredths of seconds. */
  readonly ranS?: number;
  /** Lines of level `fail`: wrong results. */
  readonly failures: readonly string[];
  readonly failureCount: number;
  /** Lines of level `error`. */
  readonly errors: readonly string[];
  /** Lines of level `warn`. */
  readonly warnings: readonly string[];
  readonly kills: readonly StressNgKill[];
  /** How often it says, or guesses, that the kernel took a worker for want of memory. */
  readonly oomKillCount: number;
  readonly memory: readonly StressNgMemory[];
  /** Why it did not accept how it was called. */
  readonly refusal?: string;
}

const MAX_LINE_CHARS = 600;
const MAX_LISTED = 64;
const MAX_TEXT = 300;

const LINE = /^stress-ng: (info|metrc|warn|fail|error|debug): {1,9}\[\d{1,9}\] (.*)$/;
const METRIC =
  /^([a-z][a-z0-9-]{0,40}) {1,40}(\d{1,15}) {1,20}(\d{1,9}\.\d\d) {1,20}\d{1,9}\.\d\d {1,20}\d{1,9}\.\d\d {1,20}(\d{1,15}\.\d\d)(?: |$)/;
const MEMORY =
  /^([a-z][a-z0-9-]{0,40}): using (\S{1,20}) per stressor instance \(total (\S{1,20}) of (\S{1,20}) available memory\)/;
const KILLS: readonly RegExp[] = [
  /^([a-z][a-z0-9-]{0,40}): \[\d{1,9}\] terminated on signal \d{1,3} '(SIG[A-Z0-9+-]{1,12})'/,
  /^([a-z][a-z0-9-]{0,40}): child died: signal \d{1,3} '(SIG[A-Z0-9+-]{1,12})'/,
  /^()stressor terminated with unexpected signal \d{1,3} '(SIG[A-Z0-9+-]{1,12})'/,
];
/** Its own guess for every worker that SIGKILL ended; the kernel log knows. */
const OOM = /\bkilled by (?:the )?OOM killer/;
const COUNTS: Readonly<Record<string, keyof StressNgOutcome>> = {
  passed: "passed",
  failed: "failed",
  skipped: "skipped",
  "metrics untrustworthy": "untrustworthy",
};
const COUNT = /^(passed|failed|skipped|metrics untrustworthy): \d{1,9}(?:: (.*))?$/;
const YAML_STRESSOR = /^ {1,8}- stressor: ([a-z][a-z0-9-]{0,40})$/;
const YAML_FIGURE = /^ {1,12}(bogo-ops|wall-clock-time|bogo-ops-per-second-real-time): (\d{1,15}(?:\.\d{1,9})?)$/;

type Draft = {
  -readonly [Key in keyof StressNgFacts]: StressNgFacts[Key] extends readonly (infer Item)[]
    ? Item[]
    : StressNgFacts[Key];
};
type Figures = { name: string; bogoOps?: number; wallS?: number; bogoOpsPerS?: number };
const FIGURES: Readonly<Record<string, "bogoOps" | "wallS" | "bogoOpsPerS">> = {
  "bogo-ops": "bogoOps",
  "wall-clock-time": "wallS",
  "bogo-ops-per-second-real-time": "bogoOpsPerS",
};

const put = <Item>(list: Item[], item: Item): void => {
  if (list.length < MAX_LISTED) list.push(item);
};

/** `2 cpu, 1 matrix`. */
const dispatchedOf = (text: string): readonly StressNgInstances[] =>
  text.split(",").flatMap((part) => {
    const [, count, name] = /^ ?(\d{1,9}) ([a-z][a-z0-9-]{0,40})$/.exec(part) ?? [];
    return name === undefined ? [] : [{ name, instances: Number(count) }];
  });

/** `cpu (2) matrix (1)`. */
const countedOf = (text: string): readonly StressNgInstances[] =>
  text.split(")").flatMap((part) => {
    const [, name, count] = /^ ?([a-z][a-z0-9-]{0,40}) \((\d{1,9})$/.exec(part) ?? [];
    return name === undefined ? [] : [{ name, instances: Number(count) }];
  });

const NONE: StressNgOutcome = { passed: [], failed: [], skipped: [], untrustworthy: [] };

/** Information: what was asked, and what it came to. */
const readInfo = (facts: Draft, text: string): void => {
  if (text.startsWith("setting to a ")) {
    const askedS = parseDurationS(text.slice("setting to a ".length));
    if (askedS !== undefined) facts.askedS = askedS;
  } else if (text.startsWith("dispatching hogs:")) {
    facts.dispatched = dispatchedOf(text.slice("dispatching hogs:".length)).slice(0, MAX_LISTED);
  } else if (/^(?:un)?successful run completed in /.test(text)) {
    facts.successful = text.startsWith("successful");
    const ranS = parseDurationS(text.slice(text.indexOf(" in ") + 4));
    if (ranS !== undefined) facts.ranS = ranS;
  } else {
    const [, word = "", list = ""] = COUNT.exec(text) ?? [];
    const key = COUNTS[word];
    if (key !== undefined) facts.outcome = { ...(facts.outcome ?? NONE), [key]: countedOf(list).slice(0, MAX_LISTED) };
    const [, name, each, total, available] = MEMORY.exec(text) ?? [];
    const perInstanceBytes = parseRoundedBytes(each ?? "");
    const totalBytes = parseRoundedBytes(total ?? "");
    if (name !== undefined && perInstanceBytes !== undefined && totalBytes !== undefined)
      put(facts.memory, {
        name,
        perInstanceBytes,
        totalBytes,
        ...present({ availableBytes: parseRoundedBytes(available ?? "") }),
      });
  }
};

/** The signal that ended a process, and want of memory as its reason. */
const readKill = (facts: Draft, text: string): void => {
  for (const pattern of KILLS) {
    const [, name, signal] = pattern.exec(text) ?? [];
    if (signal !== undefined) put(facts.kills, { ...(name === undefined || name === "" ? {} : { name }), signal });
  }
  if (OOM.test(text)) facts.oomKillCount += 1;
};

const metricOf = (text: string): Figures | undefined => {
  const [, name, bogoOps, wallS, bogoOpsPerS] = METRIC.exec(text) ?? [];
  return name === undefined
    ? undefined
    : { name, bogoOps: Number(bogoOps), wallS: Number(wallS), bogoOpsPerS: Number(bogoOpsPerS) };
};

/** One line of the log. */
const readLog = (facts: Draft, figures: Map<string, Figures>, level: string, text: string): void => {
  if (level === "fail") {
    facts.failureCount += 1;
    put(facts.failures, cleanText(text, MAX_TEXT));
  } else if (level === "error") put(facts.errors, cleanText(text, MAX_TEXT));
  else if (level === "warn") put(facts.warnings, cleanText(text, MAX_TEXT));
  else {
    const metric = metricOf(text);
    if (metric !== undefined && level !== "debug" && figures.size < MAX_LISTED) figures.set(metric.name, metric);
    else if (level === "info") readInfo(facts, text);
    readKill(facts, text);
  }
};

/** A stressor whose killed workers left no figures has no row at all. */
const stressorsOf = (
  figures: ReadonlyMap<string, Figures>,
  dispatched: readonly StressNgInstances[],
): readonly StressNgStressor[] =>
  [...figures.values()].flatMap(({ name, bogoOps, wallS, bogoOpsPerS }) => {
    if (bogoOps === undefined || wallS === undefined || bogoOpsPerS === undefined) return [];
    const instances = dispatched.find((one) => one.name === name)?.instances;
    return [{ name, ...present({ instances }), bogoOps, wallS, bogoOpsPerS }];
  });

const empty = (): Draft => ({
  ...{ dispatched: [], stressors: [], failures: [], failureCount: 0, errors: [], warnings: [] },
  ...{ kills: [], oomKillCount: 0, memory: [] },
});

/** Reads the log, the YAML file, or both behind each other; the figures of the YAML file are more precise and stand for those of the log. */
export const parseStressNg = (text: string): Parsed<StressNgFacts> => {
  const facts = empty();
  const [logged, filed] = [new Map<string, Figures>(), new Map<string, Figures>()];
  let row: Figures | undefined;
  let isKnown = false;
  for (const whole of linesOf(text)) {
    const line = whole.slice(0, MAX_LINE_CHARS);
    const [, level, said] = LINE.exec(line) ?? [];
    const name = level === undefined ? YAML_STRESSOR.exec(line)?.[1] : undefined;
    const refusal =
      level === undefined ? /^stress-ng: ((?:unrecognized|invalid|ambiguous) .*)$/.exec(line)?.[1] : undefined;
    isKnown ||= level !== undefined || name !== undefined || refusal !== undefined;
    if (level !== undefined && said !== undefined) readLog(facts, logged, level, said);
    if (refusal !== undefined) facts.refusal ??= cleanText(refusal, MAX_TEXT);
    if (name !== undefined) {
      row = { name };
      if (filed.size < MAX_LISTED) filed.set(name, row);
    }
    const [, key, value] = row === undefined ? [] : (YAML_FIGURE.exec(line) ?? []);
    const field = FIGURES[key ?? ""];
    if (row !== undefined && field !== undefined) row[field] = Number(value);
  }
  if (!isKnown) return notUnderstood("line 1", "No line of stress-ng's log, and none of its YAML file.");
  const stressors = stressorsOf(new Map([...logged, ...filed]), facts.dispatched);
  return understood({ ...facts, stressors });
};
