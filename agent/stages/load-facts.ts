/** What a run of stress-ng came to, for every stage that loads with it. Pure. */
import * as v from "valibot";
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
});
/** How the load went. */
export type LoadFacts = v.InferOutput<typeof LoadFacts>;

type Told = Pick<Finding, "verdict" | "message"> & Partial<Finding>;

/** Signals by which the hardware says that it met what it cannot carry out. Others come from outside. */
const FAULT_SIGNALS: ReadonlySet<string> = new Set(["SIGILL", "SIGSEGV", "SIGBUS", "SIGFPE"]);

/** Whether a process of computations alone, ended by this signal, says that the processor or the memory is at fault. */
export const isFaultSignal = (signal: string | null | undefined): boolean => FAULT_SIGNALS.has(signal ?? "");

/** What its exit codes mean (stress-ng(1), EXIT STATUS). */
const EXITS: Readonly<Record<number, Told>> = {
  1: { verdict: "ERROR", message: "stress-ng did not accept how it was called, or lacked what it needs." },
  2: { verdict: "FAIL", message: "A computation under load came out wrong." },
  3: { verdict: "ERROR", message: "stress-ng lacked what it needs: memory, processes or files." },
  4: { verdict: "SKIPPED", message: "stress-ng cannot do this load on this kind of machine." },
  5: { verdict: "ERROR", message: "A part of stress-ng was ended by a signal." },
  6: { verdict: "ERROR", message: "A part of stress-ng ended in a way that it did not expect." },
  7: { verdict: "WARN", message: "The load was carried out, but its figures cannot be trusted." },
};

/** A load that ended this much before its time did not happen as ordered. */
const LEAST_SHARE = 0.95;

const told = (
  { end, exitCode = 0, signal, oomKilled, durationMs, stressors, failures }: LoadFacts,
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
  const exit =
    exitCode === 0
      ? undefined
      : (EXITS[exitCode] ?? { verdict: "ERROR", message: `stress-ng ended with code ${exitCode}.` });
  if (exit !== undefined) return { ...exit, message: [exit.message, ...failures].join(" ") };
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
