/** Runs stress-ng in a cell of its own and reads what came of it, for every stage that loads with it. */
import { cleanText } from "../probes/label.ts";
import { linesOf } from "../probes/lines.ts";
import type { ExecResult } from "../system/exec.ts";
import type { LoadFacts } from "./load-facts.ts";
import type { StageContext } from "./runner.ts";

/** What to run. */
export interface LoadCommand {
  readonly argv: readonly [string, ...string[]];
  readonly timeoutMs: number;
  /** Of its cell, and of the artifact that keeps what it said. */
  readonly name: string;
  readonly memoryMaxBytes?: number;
}

const MOST_FAILURES = 5;

/** `stress-ng: metrc: [3185] cpu   5026   3.00 …`: bogo operations, then seconds. Before 0.14.04 the word was `info`. */
const METRIC =
  /^stress-ng: (?:metrc|info): {1,9}\[\d{1,9}\] ([a-z][a-z0-9-]{0,40}) {1,40}(\d{1,15}) {1,40}(\d{1,9}\.\d{1,6}) /;

const stressorsOf = (log: string): LoadFacts["stressors"] => {
  const stressors: LoadFacts["stressors"] = [];
  for (const line of linesOf(log)) {
    const [, name, bogoOps, wallS] = METRIC.exec(line.slice(0, 300)) ?? [];
    if (name !== undefined && stressors.length < 64)
      stressors.push({ name, bogoOps: Number(bogoOps), wallS: Number(wallS) });
  }
  return stressors;
};

const failuresOf = (log: string): LoadFacts["failures"] => {
  const failures: string[] = [];
  for (const line of linesOf(log)) {
    const [, said] = /^stress-ng: (?:fail|error): {1,9}\[\d{1,9}\] (.*)$/.exec(line.slice(0, 500)) ?? [];
    if (said !== undefined && failures.length < MOST_FAILURES) failures.push(cleanText(said, 300));
  }
  return failures;
};

/** What a run of stress-ng says, however it ended. Pure. */
export const loadFactsOf = ({
  end,
  exitCode,
  signal,
  confined,
  durationMs,
  stdout,
  stderr,
}: ExecResult): LoadFacts => ({
  // An abort cancels the stage; what it had measured until then is nobody's to read.
  end: end === "aborted" ? "signalled" : end,
  ...(exitCode === null ? {} : { exitCode }),
  ...(signal === null ? {} : { signal }),
  oomKilled: confined?.oomKilled ?? false,
  durationMs,
  stressors: stressorsOf(`${stdout}\n${stderr}`),
  failures: failuresOf(`${stdout}\n${stderr}`),
});

/** Runs it. What it said is kept as an artifact. */
export const runStressNg = async (context: StageContext, command: LoadCommand): Promise<LoadFacts> => {
  const { argv, timeoutMs, name, memoryMaxBytes } = command;
  const confine = { name, ...(memoryMaxBytes === undefined ? {} : { memoryMaxBytes }) };
  const result = await context.system.exec({ argv, timeoutMs, confine }, context.signal);
  context.artifact(`stress-ng-${name}.txt`, `${result.stderr}\n${result.stdout}`);
  return loadFactsOf(result);
};
