/** What a run of stress-ng came to, for every stage that loads with it. Pure. */
import * as v from "valibot";
import { STRESS_NG_EXITS, type StressNgExit } from "../probes/stress-ng/exits.ts";
import { count, text } from "../wire/fields.ts";
import type { Finding } from "./rule.ts";

/** How the load went. */
export const LoadFacts = v.object({
  end: v.picklist(["exited", "signalled", "timed-out", "absent"]),
  exitCode: v.optional(count),
  signal: v.optional(text(40)),
  /** The kernel ended it for want of memory. */
  oomKilled: v.boolean(),
  durationMs: count,
  stressors: v.array(
    v.object({ name: text(60), bogoOps: v.pipe(v.number(), v.finite()), wallS: v.pipe(v.number(), v.finite()) }),
  ),
  /** Its lines about what failed, the first ones. */
  failures: v.array(text(300)),
  /** Workers that a signal ended, the first ones: it goes on without them and calls that a success. */
  kills: v.array(v.object({ name: v.optional(text(60)), signal: text(40) })),
});
/** How the load went. */
export type LoadFacts = v.InferOutput<typeof LoadFacts>;

type Told = Pick<Finding, "verdict" | "message"> & Partial<Finding>;

/** Signals by which the hardware says that it met what it cannot carry out. Others come from outside. */
const FAULT_SIGNALS: ReadonlySet<string> = new Set(["SIGILL", "SIGSEGV", "SIGBUS", "SIGFPE"]);

/** Whether a process of computations alone, ended by this signal, says that the processor or the memory is at fault. */
export const isFaultSignal = (signal: string | null | undefined): boolean => FAULT_SIGNALS.has(signal ?? "");

/** What its exit codes come to; what they mean is STRESS_NG_EXITS's. */
const VERDICTS: Readonly<Record<StressNgExit["word"], Finding["verdict"]>> = {
  ok: "PASS",
  usage: "ERROR",
  failed: "FAIL",
  "no-resource": "ERROR",
  "not-implemented": "SKIPPED",
  "by-signal": "ERROR",
  "by-exit": "ERROR",
  untrustworthy: "WARN",
};

/** A load that ended this much before its time did not happen as ordered. */
const LEAST_SHARE = 0.95;

const told = (
  { end, exitCode = 0, signal, oomKilled, durationMs, stressors, failures, kills }: LoadFacts,
  loadS: number,
): Told => {
  if (end === "absent")
    return { verdict: "ERROR", message: "stress-ng is not installed.", action: "Rebuild the live image." };
  if (failures.length > 0 && exitCode === 2)
    return { verdict: "FAIL", message: `Wrong under load: ${failures.join("; ")}` };
  if (oomKilled) return { verdict: "ERROR", message: "The memory did not suffice for the load." };
  if (end === "timed-out")
    return { verdict: "ERROR", message: `stress-ng did not end by itself within ${Math.round(durationMs / 1000)} s.` };
  if (end === "signalled" && isFaultSignal(signal)) return { verdict: "FAIL", message: `The load crashed: ${signal}.` };
  if (end === "signalled") return { verdict: "ERROR", message: `The load was ended from outside: ${signal}.` };
  const crashed = kills.find((kill) => isFaultSignal(kill.signal));
  if (crashed !== undefined) return { verdict: "FAIL", message: `A part of the load crashed: ${crashed.signal}.` };
  const exit = STRESS_NG_EXITS[exitCode];
  if (exit === undefined) return { verdict: "ERROR", message: `stress-ng ended with code ${exitCode}.` };
  if (exit.word !== "ok") return { verdict: VERDICTS[exit.word], message: [exit.meaning, ...failures].join(" ") };
  if (kills.length > 0) return { verdict: "ERROR", message: `A part of the load was ended by ${kills[0]?.signal}.` };
  const ranS = Math.max(0, ...stressors.map(({ wallS }) => wallS));
  if (ranS < loadS * LEAST_SHARE)
    return { verdict: "ERROR", message: `The load ran for ${Math.round(ranS)} s of ${loadS} s.` };
  const idle = stressors.filter(({ bogoOps }) => bogoOps === 0).map(({ name }) => name);
  if (idle.length > 0) return { verdict: "ERROR", message: `A part of the load did nothing: ${idle.join(", ")}.` };
  const work = stressors.map(({ name, bogoOps }) => `${name} ${Math.round(bogoOps)}`).join(", ");
  return { verdict: "PASS", message: `Every result under load was right (rounds: ${work}).` };
};

/** What a load says of the components that it worked on. */
export const loadFinding = (component: string, load: LoadFacts, loadS: number): Finding => {
  const finding = told(load, loadS);
  const ranS = Math.max(0, ...load.stressors.map(({ wallS }) => wallS));
  return {
    component,
    ...finding,
    measured: finding.measured ?? `${Math.round(ranS)} s of load`,
    limit: `${loadS} s without a wrong result`,
  };
};
