/** What one run of a tool says about the memory. Pure. */
import { cleanText, present } from "../../probes/label.ts";
import { parseStressapptest, type SatIncident } from "../../probes/stressapptest/parse.ts";
import type { ExecResult } from "../../system/exec.ts";
import { loadFactsOf } from "../load.ts";
import type { MemoryTool } from "./commands.ts";
import type { AttemptFacts, MiscompareFacts } from "./facts.ts";

const MOST_LISTED = 16;

/** What stressapptest says, as the stage's facts want it. */
export type SatReport = Pick<AttemptFacts, "claimedBytes" | "ranS" | "incidentCount" | "miscompares" | "failures">;

const miscompareOf = ({ cpu, physicalAddress, read, reread, expected }: SatIncident): MiscompareFacts =>
  present({ cpu, address: physicalAddress, read, reread, expected });

/** What its output comes to; what is missing from it did not happen. */
export const satReportOf = (text: string): SatReport => {
  const parsed = parseStressapptest(text);
  if (!parsed.ok) return { ranS: 0, incidentCount: 0, miscompares: [], failures: [] };
  const { testBytes, completed, incidents, incidentCount, processErrors, status, reason } = parsed.facts;
  const failures = [
    ...incidents.filter(({ kind }) => kind === "other").map(({ text: said }) => `Hardware Error: ${said}`),
    ...processErrors.map((said) => `Process Error: ${said}`),
    ...(status === "FAIL" ? [`Status: FAIL - ${reason ?? "no reason"}`] : []),
  ];
  const miscompares = incidents.filter(({ kind }) => kind === "miscompare").map(miscompareOf);
  return {
    ranS: completed?.ranS ?? 0,
    incidentCount,
    miscompares: miscompares.slice(0, MOST_LISTED),
    failures: failures.slice(0, MOST_LISTED).map((line) => cleanText(line, 300)),
    ...present({ claimedBytes: testBytes }),
  };
};

/** What an attempt was. */
export interface Attempt {
  readonly tool: MemoryTool;
  readonly askedBytes: number;
  /** By how much the available memory dipped while it ran. */
  readonly dipBytes: number;
}

/** The facts of a run that ended, by whichever tool. */
export const attemptFacts = ({ tool, askedBytes, dipBytes }: Attempt, result: ExecResult): AttemptFacts => {
  const { end, exitCode, signal, confined } = result;
  const base = {
    ...{ tool, askedBytes, end: end === "aborted" ? ("signalled" as const) : end },
    ...(exitCode === null ? {} : { exitCode }),
    ...(signal === null ? {} : { signal }),
    oomKilled: confined?.oomKilled ?? false,
    confined: confined !== undefined,
    heldBytes: confined?.peakBytes ?? dipBytes,
  };
  if (tool === "stressapptest") return { ...base, ...satReportOf(`${result.stdout}\n${result.stderr}`) };
  const { stressors, failures } = loadFactsOf(result);
  // Without a single round it worked on nothing: refused memory, it waits for more until its time is over and calls that a success.
  const ranS = Math.max(0, ...stressors.map(({ wallS, bogoOps }) => (bogoOps > 0 ? wallS : 0)));
  // It names no address: a wrong byte is a line of its log.
  return { ...base, ranS, incidentCount: exitCode === 2 ? Math.max(1, failures.length) : 0, miscompares: [], failures };
};

/** A run that ended before this part of its time did not go over what it was given. */
const LEAST_SHARE = 0.95;

/** What a run really worked on. */
export const testedBytesOf = (
  { end, ranS, incidentCount, askedBytes, heldBytes = 0, claimedBytes }: AttemptFacts,
  loadS: number,
): number =>
  end === "exited" && (ranS >= loadS * LEAST_SHARE || incidentCount > 0)
    ? Math.min(askedBytes, heldBytes, claimedBytes ?? askedBytes)
    : 0;

/** Whether a run failed for want of memory: its cell's bound, the machine's, or an allocation that was refused. */
export const lackedMemory = ({ oomKilled, tool, exitCode, failures }: AttemptFacts): boolean =>
  oomKilled ||
  (tool === "stress-ng" && exitCode === 3) ||
  failures.some((line) => line.startsWith("Process Error: failed to allocate memory"));
