/** Runs nvme-cli: the list of drives, then each controller's health log, several at once, each under its own deadline. */
import { present } from "../label.ts";
import { type Probe, statusOfTool } from "../probe.ts";
import { type NvmeDrive, type NvmeHealth, parseNvme } from "./parse.ts";

const LIST_TIMEOUT_MS = 20_000;
/** The kernel gives an admin command 60 s; one that takes a third of it is on its way there. */
const LOG_TIMEOUT_MS = 20_000;

/** The drives, and the health of each controller by name. */
export interface NvmeSeen {
  readonly drives: readonly NvmeDrive[];
  readonly health: Readonly<Record<string, NvmeHealth>>;
}

/** nvme-cli where there is no NVMe: an empty list, or words about it. */
const NO_NVME = /No NVMe devices|failed to scan|No such file or directory/i;
const NONE = { status: "device-absent", reason: "There is no NVMe drive." } as const;

/** NVMe drives. smartctl reads them, too: this is the second witness, and the one that knows namespaces. */
export const nvmeProbe: Probe<NvmeSeen> = {
  name: "nvme",
  timeoutMs: LIST_TIMEOUT_MS + LOG_TIMEOUT_MS,
  collect: async (system, signal) => {
    if ((await system.files.list("/sys/class/nvme")).length === 0) return { ...NONE, raw: [] };
    const listed = await system.exec({ argv: ["nvme", "list", "-o", "json"], timeoutMs: LIST_TIMEOUT_MS }, signal);
    const raw = [{ name: "nvme-list.json", text: listed.stdout }];
    const bad = statusOfTool("nvme", listed, NO_NVME);
    if (bad !== undefined) return { ...bad, raw };
    if (listed.stdout.trim() === "") return { ...NONE, raw }; // 1.x prints nothing then
    const parsed = parseNvme(listed.stdout);
    if (!parsed.ok) return { status: "failed", reason: `nvme list, ${parsed.place}: ${parsed.reason}`, raw };
    const drives = parsed.facts.kind === "list" ? parsed.facts.drives : [];
    if (drives.length === 0) return { ...NONE, raw };

    // One queue a controller: that many at once is what the bus is made for.
    const logs = await Promise.all(
      drives
        .flatMap((drive) => drive.controllers)
        .map(async (name) => {
          const argv = ["nvme", "smart-log", "-o", "json", `/dev/${name}`] as const;
          const result = await system.exec({ argv: [...argv], timeoutMs: LOG_TIMEOUT_MS }, signal);
          const log = parseNvme(result.stdout);
          const health = log.ok && log.facts.kind === "smart-log" ? log.facts : undefined;
          const end = statusOfTool("nvme", result) ?? (health === undefined ? ("silent" as const) : undefined);
          return { name, health, end, text: `# ${argv.join(" ")}\n${result.stdout}${result.stderr}\n` };
        }),
    );
    const health = Object.fromEntries(
      logs.flatMap(({ name, health: own }) => {
        if (own === undefined) return [];
        const { kind: _kind, ...log } = own;
        return [[name, log]];
      }),
    );
    const wrong = logs.filter(({ end }) => end !== undefined);
    const words = wrong.map(({ name, end }) => `${name}: ${typeof end === "object" ? end.reason : "no health log."}`);
    const late = wrong.some(({ end }) => typeof end === "object" && end.status === "timed-out");
    return {
      status: wrong.length === 0 ? "ok" : late ? "timed-out" : "failed",
      facts: { drives, health },
      raw: [...raw, { name: "nvme-smart-log.txt", text: logs.map(({ text }) => text).join("\n") }],
      ...present({ reason: wrong.length === 0 ? undefined : words.join(" ") }),
    };
  },
};
