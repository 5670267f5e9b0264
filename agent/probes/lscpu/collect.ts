/** Runs lscpu. */
import { type Probe, statusOfTool } from "../probe.ts";
import { type LscpuFacts, parseLscpu } from "./parse.ts";

const TIMEOUT_MS = 10_000;

/** The processors as the kernel sees them. */
export const lscpuProbe: Probe<LscpuFacts> = {
  name: "lscpu",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => {
    const result = await system.exec({ argv: ["lscpu", "-J"], timeoutMs: TIMEOUT_MS }, signal);
    const raw = [{ name: "lscpu.json", text: result.stdout }];
    const bad = statusOfTool("lscpu", result);
    if (bad !== undefined) return { ...bad, raw };
    const parsed = parseLscpu(result.stdout);
    return parsed.ok
      ? { status: "ok", facts: parsed.facts, raw }
      : { status: "failed", reason: `lscpu, ${parsed.place}: ${parsed.reason}`, raw };
  },
};
