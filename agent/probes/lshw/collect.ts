/**
 * Runs lshw. It is slow, and everything that it says another probe says as well, except on boards without SMBIOS: so it may take a minute, and
 * nothing waits for its facts.
 */
import { type Probe, statusOfTool } from "../probe.ts";
import { type LshwFacts, parseLshw } from "./parse.ts";

const TIMEOUT_MS = 60_000;
/**
 * Tests of lshw that are left out. The first line reads disks and opens their controllers, which is the disk probes' to do, each disk under a
 * deadline of its own; the second writes to ports of the ISA bus or reads over SMBus; the third is old buses that no server has.
 */
const DISABLED = [
  ...["scsi", "ide", "ideraid", "nvme", "mmc", "virtio"],
  ...["isapnp", "spd"],
  ...["pcmcia", "pcmcia-legacy", "parisc", "vio", "s390"],
] as const;

/** What lshw adds to the other probes. */
export const lshwProbe: Probe<LshwFacts> = {
  name: "lshw",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => {
    const argv = ["lshw", "-json", "-quiet", ...DISABLED.flatMap((test) => ["-disable", test])] as const;
    const result = await system.exec({ argv: [...argv], timeoutMs: TIMEOUT_MS }, signal);
    const raw = [{ name: "lshw.json", text: result.stdout }];
    const bad = statusOfTool("lshw", result);
    if (bad !== undefined) return { ...bad, raw };
    const parsed = parseLshw(result.stdout);
    return parsed.ok
      ? { status: "ok", facts: parsed.facts, raw }
      : { status: "failed", reason: `lshw, ${parsed.place}: ${parsed.reason}`, raw };
  },
};
