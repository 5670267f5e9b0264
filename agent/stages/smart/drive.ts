/** Talks to one drive through smartctl. The exit status is data; how many drives are asked at a time is bounded. */
import { cleanText } from "../../probes/label.ts";
import {
  type Argv,
  abortArgv,
  type DriveAddress,
  enableArgv,
  pollArgv,
  type SelfTestKind,
  startArgv,
} from "../../probes/smartctl/argv.ts";
import { type Asked, askDrive } from "../../probes/smartctl/collect.ts";
import { parseSmartctl, type SmartctlFacts } from "../../probes/smartctl/parse.ts";
import type { ExecResult } from "../../system/exec.ts";
import type { StageContext } from "../runner.ts";

/** A failing drive retries for long; MAAS gives it as much. */
const COMMAND_MS = 60_000;
/** smartctl waits for drives; few enough for a controller that passes commands on for all of its drives. */
const AT_ONCE = 8;

/** Lets so many works begin, and the next one when one ends. */
export const createGate = (places: number) => {
  const waiting: (() => void)[] = [];
  let free = places;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
};

/** What a command came to: what the drive said then, or why it said nothing. */
export type Said =
  | { readonly ok: true; readonly facts: SmartctlFacts }
  | { readonly ok: false; readonly reason: string };

const silentOf = (result: ExecResult): string => {
  if (result.end === "timed-out") return "smartctl did not end in time.";
  if (result.end === "absent") return "smartctl is not installed.";
  return `smartctl ended by ${result.signal ?? result.end}.`;
};

const saidBy = (result: ExecResult): Said => {
  if (result.end !== "exited") return { ok: false, reason: silentOf(result) };
  const parsed = parseSmartctl(result.stdout);
  if (!parsed.ok) return { ok: false, reason: cleanText(`${parsed.place}: ${parsed.reason}`, 500) };
  const refused = parsed.facts.exitBits.some((bit) => bit === "command-line" || bit === "open-failed");
  if (!refused) return { ok: true, facts: parsed.facts };
  const words = parsed.facts.messages.map(({ text }) => text).join(" ");
  return { ok: false, reason: cleanText(words, 500) || `smartctl ended with status ${result.exitCode}.` };
};

/** The drives of a server, asked a few at a time. */
export interface Drives {
  read(drive: DriveAddress): Promise<Asked>;
  poll(drive: DriveAddress): Promise<Said>;
  start(drive: DriveAddress, kind: SelfTestKind): Promise<Said>;
  abort(drive: DriveAddress): Promise<Said>;
  enable(drive: DriveAddress): Promise<Said>;
  /** Ends the self-test of a stage that was cancelled. */
  farewell(drive: DriveAddress): Promise<void>;
}

/** Opens the way to the drives. */
export const openDrives = ({ system, signal, farewell }: StageContext<unknown>): Drives => {
  const gate = createGate(AT_ONCE);
  const ask = (argv: Argv): Promise<Said> =>
    gate(async () => saidBy(await system.exec({ argv, timeoutMs: COMMAND_MS }, signal)));
  return {
    read: (drive) => gate(() => askDrive(system, drive, system.clock.monoMs() + COMMAND_MS, signal)),
    poll: (drive) => ask(pollArgv(drive)),
    start: (drive, kind) => ask(startArgv(drive, kind)),
    abort: (drive) => ask(abortArgv(drive)),
    enable: (drive) => ask(enableArgv(drive)),
    farewell: async (drive) => {
      await farewell({ argv: abortArgv(drive), timeoutMs: COMMAND_MS });
    },
  };
};
