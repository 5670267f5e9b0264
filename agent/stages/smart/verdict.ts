/** What one drive's report comes to by the rules of SMART alone, without a server around it: for `agent parse smartctl`. Pure. */
import { type Parsed, understood } from "../../probes/parsed.ts";
import { parseSmartctl, type SmartctlFacts } from "../../probes/smartctl/parse.ts";
import type { Verdict } from "../../wire/names.ts";
import type { DiskClass } from "../../wire/order.ts";
import { resolveLimits } from "../limits.ts";
import { type Access, type DiskSmart, readingOf } from "./facts.ts";
import { SMART_LIMITS } from "./limits.ts";
import { judgeSmart } from "./rules.ts";

/** A drive with what is thought of it. */
export interface JudgedDrive extends SmartctlFacts {
  /** The worst that a rule says. */
  readonly verdict: Verdict;
  /** Every finding that is no pass, the worst first: `smart.pending: 8 sectors that …`. */
  readonly reasons: readonly string[];
}

/** From the worst. */
const GRAVITY: readonly Verdict[] = ["FAIL", "ERROR", "WARN", "PASS", "SKIPPED"];
const TOLD: ReadonlySet<Verdict> = new Set(["FAIL", "ERROR", "WARN"]);

/** A report about a drive that smartctl did not come to see. */
const accessOf = ({ exitBits, model, messages }: SmartctlFacts): Access => {
  const reason = messages
    .map(({ text }) => text)
    .join(" ")
    .slice(0, 500);
  if (model !== null) return { status: "ok", reason: "" };
  if (exitBits.includes("open-failed")) return { status: "unopened", reason };
  return exitBits.includes("command-line") ? { status: "failed", reason } : { status: "ok", reason: "" };
};

const classOf = ({ protocol, rotationRpm }: SmartctlFacts): DiskClass =>
  protocol === "nvme" ? "nvme" : rotationRpm !== undefined && rotationRpm > 0 ? "hdd" : "ssd";

/** Judges one report. Growth needs two, and self-tests of ours a stage: neither is asked for. */
export const judgeDrive = (drive: SmartctlFacts): Pick<JudgedDrive, "verdict" | "reasons"> => {
  const access = accessOf(drive);
  const disk: DiskSmart = {
    ...{ serial: drive.serial ?? "", class: classOf(drive), access, tests: [] },
    ...(access.status === "ok" ? { before: readingOf(drive) } : {}),
  };
  const checks = judgeSmart({ selfTests: [], disks: [disk] }, resolveLimits(SMART_LIMITS, "quick"));
  const ordered = GRAVITY.flatMap((verdict) => checks.filter((check) => check.verdict === verdict));
  return {
    verdict: ordered[0]?.verdict ?? "ERROR",
    reasons: ordered.filter(({ verdict }) => TOLD.has(verdict)).map(({ code, message }) => `${code}: ${message}`),
  };
};

/** Reads one drive's report and judges it. */
export const parseDrive = (text: string): Parsed<JudgedDrive> => {
  const parsed = parseSmartctl(text);
  return parsed.ok ? understood({ ...parsed.facts, ...judgeDrive(parsed.facts) }) : parsed;
};
