/** Reads `/proc/cpuinfo`. */
import type { Probe } from "../probe.ts";
import { type CpuinfoFacts, parseCpuinfo } from "./parse.ts";

const PATH = "/proc/cpuinfo";

/** The processors that are online, with their microcode. */
export const cpuinfoProbe: Probe<CpuinfoFacts> = {
  name: "cpuinfo",
  timeoutMs: 5_000,
  collect: async ({ files }) => {
    const text = await files.readText(PATH);
    if (text === null) return { status: "device-absent", reason: `There is no ${PATH}.`, raw: [] };
    const raw = [{ name: "cpuinfo.txt", text }];
    const parsed = parseCpuinfo(text);
    return parsed.ok
      ? { status: "ok", facts: parsed.facts, raw }
      : { status: "failed", reason: `${PATH}, ${parsed.place}: ${parsed.reason}`, raw };
  },
};
