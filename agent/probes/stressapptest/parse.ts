/**
 * stressapptest's output: what it tested, every hardware incident, and how it ended. Pure and linear.
 *
 * In 1.0.11 (Debian 13) each line begins with a time, `2026/11/21-10:36:02(UTC) `, unless `--no_timestamps` is given; in 1.0.6 (Debian 12) none does.
 * Both are read. Its last word alone is no proof: interrupted by a signal it says `Status: PASS` and ends with 0.
 */
import { cleanText, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** A wrong word in memory, or another complaint about the hardware. Numbers of 64 bits stay hexadecimal. */
export interface SatIncident {
  readonly kind: "miscompare" | "other";
  /** That read the wrong word. */
  readonly cpu?: number;
  /** That wrote it; 1.0.6 does not tell. */
  readonly writerCpu?: number;
  /** Of the process. */
  readonly virtualAddress?: string;
  /** Absent when the kernel does not tell. */
  readonly physicalAddress?: string;
  /** As the tool's own table of boards has it; absent for its `DIMM Unknown`. */
  readonly dimm?: string;
  readonly read?: string;
  /** Equal to `expected` when a second look found the right word: then the way to the memory is at fault, not the cell. */
  readonly reread?: string;
  readonly expected?: string;
  readonly pattern?: string;
  /** The line without its head. */
  readonly text: string;
}

/** The line `Stats: Completed`. */
export interface SatCompletion {
  /** Bytes that went through the tests, which is many times the memory. */
  readonly movedBytes: number;
  readonly ranS: number;
  readonly bytesPerS: number;
  readonly incidentCount: number;
  /** Errors of the procedure, not of the memory. */
  readonly errorCount: number;
}

/** What it says of a run. Lists hold the first ones. */
export interface SatFacts {
  readonly version?: string;
  /** Memory under test, in whole MiB; absent when it did not get as far as the test. */
  readonly testBytes?: number;
  readonly askedS?: number;
  /** Its last word; absent when it did not come to its end. */
  readonly status?: "PASS" | "FAIL";
  /** The words behind the status. */
  readonly reason?: string;
  readonly completed?: SatCompletion;
  readonly incidents: readonly SatIncident[];
  /** All of them, listed or not: the greatest of its three counts. */
  readonly incidentCount: number;
  /** `user` for a signal, `errors` for `--max_errors`. */
  readonly endedEarly?: "user" | "errors";
  /** Why it could not do its work. */
  readonly processErrors: readonly string[];
  /** By its last word on it, every `--printsec` seconds (10 if not given). */
  readonly remainingS?: number;
}

const MAX_LINE_CHARS = 600;
const MAX_LISTED = 64;
const MIB = 2 ** 20;

const TIME = /^\d{4}\/\d\d\/\d\d-\d\d:\d\d:\d\d\([A-Za-z0-9+-]{1,8}\) /;
const HEAD = /^(Log|Stats|Status|Hardware Error|Report Error|Process Error|Error|Warning): (.*)$/;
const VERSION = /^SAT revision (\S{1,40}),/;
const START = /^Starting SAT, (\d{1,9})M, (\d{1,9}) seconds/;
const FOUND = /^Found (\d{1,12}) hardware incidents/;
const COMPLETED =
  /^Completed: (\d{1,15}\.\d{1,4})M in (\d{1,9}\.\d{1,4})s (\d{1,12}\.\d{1,4})MB\/s, with (\d{1,12}) hardware incidents, (\d{1,12}) errors/;
const MISCOMPARE =
  /^miscompare on (?:CPU (\d{1,5})\((?:<-(\d{1,5})|[^)]{0,300})\)|\S{1,100}) at (0x[0-9a-f]{1,16})\((0x[0-9a-f]{1,16}):([^)]{0,255})\): read:(0x[0-9a-f]{1,16}), reread:(0x[0-9a-f]{1,16}) expected:(0x[0-9a-f]{1,16})(?:\. '([^']{1,60})')?/;
const EARLY = /^(User exiting|Exiting) early \((-?\d{1,9}) seconds remaining\)/;
const REMAINING = /^Seconds remaining: (\d{1,9})/;

const numberOf = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits);
const NOWHERE = /^0x0+$/;

const incidentOf = (said: string): SatIncident => {
  const text = cleanText(said, 300);
  const found = MISCOMPARE.exec(said);
  if (found === null) return { kind: said.startsWith("miscompare") ? "miscompare" : "other", text };
  const [, cpu, writer, virtualAddress, physical = "", dimm = "", read, reread, expected, pattern] = found;
  return {
    kind: "miscompare",
    ...present({
      ...{ cpu: numberOf(cpu), writerCpu: numberOf(writer), virtualAddress },
      physicalAddress: NOWHERE.test(physical) ? undefined : physical,
      dimm: /^(?:DIMM Unknown)?$/i.test(dimm) ? undefined : cleanText(dimm, 100) || undefined,
      ...{ read, reread, expected, pattern: pattern === undefined ? undefined : cleanText(pattern, 60) || undefined },
    }),
    text,
  };
};

interface Draft {
  facts: Omit<SatFacts, "incidents" | "processErrors" | "incidentCount">;
  readonly incidents: SatIncident[];
  readonly processErrors: string[];
  listed: number;
  found: number;
}

const readStats = (draft: Draft, said: string): void => {
  const [, version] = VERSION.exec(said) ?? [];
  if (version !== undefined) draft.facts = { ...draft.facts, version };
  const [, mebibytes, askedS] = START.exec(said) ?? [];
  if (mebibytes !== undefined)
    draft.facts = { ...draft.facts, testBytes: Number(mebibytes) * MIB, askedS: Number(askedS) };
  draft.found = Math.max(draft.found, Number(FOUND.exec(said)?.[1] ?? 0));
  const [, moved, ran, speed, incidents, errors] = COMPLETED.exec(said) ?? [];
  if (moved === undefined) return;
  const completed = {
    movedBytes: Math.round(Number(moved) * MIB),
    ranS: Number(ran),
    bytesPerS: Math.round(Number(speed) * MIB),
    incidentCount: Number(incidents),
    errorCount: Number(errors),
  };
  draft.facts = { ...draft.facts, completed };
};

const readLog = (draft: Draft, said: string): void => {
  const [, who, left] = EARLY.exec(said) ?? [];
  if (who !== undefined)
    draft.facts = {
      ...draft.facts,
      endedEarly: who === "User exiting" ? "user" : "errors",
      remainingS: Math.max(0, Number(left)),
    };
  const remaining = REMAINING.exec(said)?.[1];
  if (remaining !== undefined) draft.facts = { ...draft.facts, remainingS: Number(remaining) };
};

const READERS: Readonly<Record<string, (draft: Draft, said: string) => void>> = {
  Stats: readStats,
  Log: readLog,
  Status: (draft, said) => {
    const [, status, reason] = /^(PASS|FAIL)(?: - (.*))?$/.exec(said) ?? [];
    if (status !== "PASS" && status !== "FAIL") return;
    const words = cleanText(reason ?? "", 200);
    draft.facts = { ...draft.facts, status, ...(words === "" ? {} : { reason: words }) };
  },
  "Hardware Error": (draft, said) => {
    draft.listed += 1;
    if (draft.incidents.length < MAX_LISTED) draft.incidents.push(incidentOf(said));
  },
  "Process Error": (draft, said) => {
    if (draft.processErrors.length < MAX_LISTED) draft.processErrors.push(cleanText(said, 300));
  },
};

/** Its own option that it does not know, which it says behind a page of help. */
const UNKNOWN_OPTION = /^ ?(Unknown argument .{1,100})$/;

/** Reads the output. It all comes on stdout. */
export const parseStressapptest = (text: string): Parsed<SatFacts> => {
  const draft: Draft = { facts: {}, incidents: [], processErrors: [], listed: 0, found: 0 };
  let isKnown = false;
  for (const whole of linesOf(text)) {
    const line = whole.slice(0, MAX_LINE_CHARS).replace(TIME, "");
    const [, head = "", said = ""] = HEAD.exec(line) ?? [];
    isKnown ||= head === "Log" || head === "Stats" || head === "Process Error";
    READERS[head]?.(draft, said);
    const refusal = head === "" ? UNKNOWN_OPTION.exec(line)?.[1] : undefined;
    if (refusal !== undefined && draft.processErrors.length < MAX_LISTED)
      draft.processErrors.push(cleanText(refusal, 300));
  }
  if (!isKnown) return notUnderstood("line 1", "No line of stressapptest's: Log, Stats or Process Error.");
  const { facts, incidents, processErrors, listed, found } = draft;
  const incidentCount = Math.max(listed, found, facts.completed?.incidentCount ?? 0);
  return understood({ ...facts, incidents, incidentCount, processErrors });
};
