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
    const facts = parseDmidecode(result.stdout);
    const read = facts.structureCount > 0 ? { facts } : {};
    const bad = statusOfTool("dmidecode", result, NO_TABLE);
    if (bad !== undefined) return { ...bad, ...read, raw };
    if (facts.structureCount === 0) return { status: "failed", reason: "dmidecode printed no structure.", raw };
    return { status: "ok", facts, raw };
  },
};
