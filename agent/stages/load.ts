/** Runs stress-ng in a cell of its own and reads what came of it, for every stage that loads with it. */
import { present } from "../probes/label.ts";
import { parseStressNg } from "../probes/stress-ng/parse.ts";
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
const NOTHING = { stressors: [], failures: [], errors: [], kills: [] } as const;

/** What a run of stress-ng says, however it ended. Pure. */
export const loadFactsOf = ({ end, exitCode, signal, confined, durationMs, ...result }: ExecResult): LoadFacts => {
  const parsed = parseStressNg(`${result.stdout}\n${result.stderr}`);
  const { stressors, failures, errors, kills } = parsed.ok ? parsed.facts : NOTHING;
  return {
    // An abort cancels the stage; what it had measured until then is nobody's to read.
    end: end === "aborted" ? "signalled" : end,
    ...(exitCode === null ? {} : { exitCode }),
    ...(signal === null ? {} : { signal }),
    oomKilled: confined?.oomKilled ?? false,
    durationMs,
    stressors: stressors.slice(0, 64).map(({ name, bogoOps, wallS }) => ({ name, bogoOps, wallS })),
    failures: [...failures, ...errors].slice(0, MOST_FAILURES),
    kills: kills.slice(0, MOST_FAILURES).map((kill) => ({ signal: kill.signal, ...present({ name: kill.name }) })),
  };
};

/** Runs it. What it said is kept as an artifact. */
export const runStressNg = async (context: StageContext, command: LoadCommand): Promise<LoadFacts> => {
  const { argv, timeoutMs, name, memoryMaxBytes } = command;
  const confine = { name, ...(memoryMaxBytes === undefined ? {} : { memoryMaxBytes }) };
  const result = await context.system.exec({ argv, timeoutMs, confine }, context.signal);
  context.artifact(`stress-ng-${name}.txt`, `${result.stderr}\n${result.stdout}`);
  return loadFactsOf(result);
};
