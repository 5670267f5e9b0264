/** What one run of a tool says about the memory. Pure. */
import { cleanText } from "../../probes/label.ts";
import { linesOf } from "../../probes/lines.ts";
import type { ExecResult } from "../../system/exec.ts";
import { loadFactsOf } from "../load.ts";
import type { MemoryTool } from "./commands.ts";
import type { AttemptFacts, MiscompareFacts } from "./facts.ts";

const MIB = 2 ** 20;
const MOST_LISTED = 16;

/** `Hardware Error: miscompare on CPU 0(0x1) at 0x7f1d40120a70(0x4b8dcc:DIMM Unknown): read:0xba, reread:0xba expected:0x0` */
const MISCOMPARE =
  /^Hardware Error: miscompare on CPU (\d{1,5})\([^)]{0,300}\) at 0x[0-9a-f]{1,16}\(0x([0-9a-f]{1,16}):[^)]{0,60}\): read:(0x[0-9a-f]{1,16}), reread:(0x[0-9a-f]{1,16}) expected:(0x[0-9a-f]{1,16})/;
/** In front of each line from release 1.0.9 on. */
const TIME = /^\d{4}\/\d\d\/\d\d-\d\d:\d\d:\d\d\([^)]{1,10}\) /;
const CLAIM = /^Stats: Starting SAT, (\d{1,9})M, /;
const RAN = /^Stats: Completed: [\d.]{1,20}M in (\d{1,9}\.\d{1,4})s /;
const FOUND = /^Stats: Found (\d{1,12}) hardware incidents/;
const FAILED = /^(?:Report Error|Process Error|Status: FAIL)\b/;

/** What stressapptest prints. */
export interface SatReport {
  readonly claimedBytes?: number;
  readonly ranS: number;
  readonly incidentCount: number;
  readonly miscompares: readonly MiscompareFacts[];
  readonly failures: readonly string[];
}

const miscompareOf = (line: string): MiscompareFacts | undefined => {
  const [, cpu, address, read, reread, expected] = MISCOMPARE.exec(line) ?? [];
  if (cpu === undefined || read === undefined || reread === undefined || expected === undefined) return undefined;
  // 0 is what it prints when the kernel does not tell.
  const known = address === undefined || /^0+$/.test(address) ? {} : { address: `0x${address}` };
  return { cpu: Number(cpu), ...known, read, reread, expected };
};

/** Reads its output; what is missing from it did not happen. */
export const parseSatReport = (text: string): SatReport => {
  let claimedBytes: number | undefined;
  let [ranS, counted] = [0, 0];
  const [miscompares, failures]: [MiscompareFacts[], string[]] = [[], []];
  for (const whole of linesOf(text)) {
    const line = whole.slice(0, 600).replace(TIME, "");
    const claim = CLAIM.exec(line)?.[1];
    if (claim !== undefined) claimedBytes = Number(claim) * MIB;
    ranS = Number(RAN.exec(line)?.[1] ?? ranS);
    counted = Number(FOUND.exec(line)?.[1] ?? counted);
    const miscompare = miscompareOf(line);
    if (miscompare !== undefined && miscompares.length < MOST_LISTED) miscompares.push(miscompare);
    if (FAILED.test(line) && failures.length < MOST_LISTED) failures.push(cleanText(line, 300));
  }
  const incidentCount = Math.max(counted, miscompares.length);
  return { ranS, incidentCount, miscompares, failures, ...(claimedBytes === undefined ? {} : { claimedBytes }) };
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
  if (tool === "stressapptest") {
    const { miscompares, failures, ...report } = parseSatReport(`${result.stdout}\n${result.stderr}`);
    return { ...base, ...report, miscompares: [...miscompares], failures: [...failures] };
  }
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
