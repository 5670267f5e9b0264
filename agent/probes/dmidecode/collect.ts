/** Runs dmidecode. Its whole table is kept, so that what is not read today can be read from the artifact later. */
import { type Probe, statusOfTool } from "../probe.ts";
import { parseDmidecode, type SmbiosFacts } from "./parse.ts";

/** Said on machines without SMBIOS: arm64 boards, some virtual machines. Without its files in sysfs the tool goes on to `/dev/mem`. */
const NO_TABLE = /^# No SMBIOS nor DMI entry point found|^\/dev\/mem: No such file/m;
const TIMEOUT_MS = 20_000;

/** Board, processors and memory slots by SMBIOS. */
export const dmidecodeProbe: Probe<SmbiosFacts> = {
  name: "dmidecode",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => {
    const result = await system.exec({ argv: ["dmidecode"], timeoutMs: TIMEOUT_MS }, signal);
    const raw = [{ name: "dmidecode.txt", text: result.stdout }];
    const parsed = parseDmidecode(result.stdout);
    // A table that is broken off in the middle is still worth reading.
    const read = parsed.ok ? { facts: parsed.facts } : {};
    const bad = statusOfTool("dmidecode", result, NO_TABLE);
    if (bad !== undefined) return { ...bad, ...read, raw };
    return parsed.ok
      ? { status: "ok", facts: parsed.facts, raw }
      : { status: "failed", reason: `${parsed.place}: ${parsed.reason}`, raw };
  },
};
