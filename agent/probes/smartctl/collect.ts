/**
 * Runs smartctl: one scan, then one call for each drive, several at once, each under its own deadline. It only asks: nothing here switches
 * SMART on, starts a test or writes.
 *
 * A drive that hangs costs its own deadline. What the other drives said is kept.
 */
import type { ExecResult } from "../../system/exec.ts";
import type { System } from "../../system/system.ts";
import { type Collected, type Probe, statusOfTool } from "../probe.ts";
import { readArgv } from "./argv.ts";
import { parseSmartctl, type SmartctlFacts } from "./parse.ts";
import { parseScan, type ScannedDrive } from "./scan.ts";

/** Opening takes milliseconds a drive, and seconds for one that has to be reset. */
const SCAN_TIMEOUT_MS = 30_000;
/** A failing drive retries its reads for long; MAAS gives it as much. */
const DRIVE_TIMEOUT_MS = 60_000;
/** All drives together; what was read until then is kept, which a probe given up from outside could not do. */
const ALL_TIMEOUT_MS = 150_000;
/** smartctl waits for drives, it does not compute. Few enough for a controller that passes commands on for all of its drives. */
const AT_ONCE = 8;

/** How it went with one drive. */
export interface DriveReport {
  readonly device: string;
  readonly type: string;
  readonly status: "ok" | "device-absent" | "timed-out" | "failed";
  readonly reason?: string;
  readonly facts?: SmartctlFacts;
}

/** The answer of one drive, and the raw output behind it. */
export interface Asked {
  readonly report: DriveReport;
  readonly text: string;
}

/** smartctl's words for what is no drive that it can ask: volumes of RAID controllers, unknown bridges, virtual disks. */
const NO_DRIVE =
  /please try adding|Unknown USB bridge|Unable to detect device type|Operation not supported|Inappropriate ioctl|Unsupported device|No such device or address|unsupported (?:scsi|field)|Not a device of type/i;

const nameOf = ({ device, type }: { readonly device: string; readonly type: string }): string =>
  type.includes(",") ? `${device} (${type})` : device;

/** What a finished call comes to. The exit status is data: bits 0 and 1 alone mean that there is no report. */
const reportOf = (drive: ScannedDrive, result: ExecResult): DriveReport => {
  const where = { device: drive.device, type: drive.type };
  if (result.end !== "exited") {
    const bad = statusOfTool("smartctl", result);
    return {
      ...where,
      status: bad?.status === "timed-out" ? "timed-out" : "failed",
      reason: bad?.reason ?? result.end,
    };
  }
  const parsed = parseSmartctl(result.stdout);
  if (!parsed.ok) return { ...where, status: "failed", reason: `${parsed.place}: ${parsed.reason}` };
  const said = parsed.facts.messages.map((message) => message.text).join(" ");
  const silent = parsed.facts.exitBits.some((bit) => bit === "command-line" || bit === "open-failed");
  if (!silent || parsed.facts.model !== null) return { ...where, status: "ok", facts: parsed.facts };
  return { ...where, status: NO_DRIVE.test(said) ? "device-absent" : "failed", reason: said || "It did not open." };
};

/** Asks one drive, until its own deadline or `untilMs` by the monotonic clock. */
export const askDrive = async (
  system: System,
  drive: ScannedDrive,
  untilMs: number,
  signal: AbortSignal,
): Promise<Asked> => {
  const { device, type, openError } = drive;
  if (openError !== undefined) {
    const status = NO_DRIVE.test(openError) ? "device-absent" : "failed";
    return { report: { device, type, status, reason: openError }, text: `# ${nameOf(drive)}\n${openError}\n` };
  }
  const timeoutMs = Math.min(DRIVE_TIMEOUT_MS, Math.round(untilMs - system.clock.monoMs()));
  if (timeoutMs <= 0) {
    const reason = "There was no time left to ask.";
    return { report: { device, type, status: "timed-out", reason }, text: `# ${nameOf(drive)}\n${reason}\n` };
  }
  const argv = readArgv(drive);
  const result = await system.exec({ argv, timeoutMs }, signal);
  return { report: reportOf(drive, result), text: `# ${argv.join(" ")}\n${result.stdout}${result.stderr}\n` };
};

/** Asks all drives. The answers stand in the order of the scan, whichever came first. */
const askAll = async (
  system: System,
  drives: readonly ScannedDrive[],
  untilMs: number,
  signal: AbortSignal,
): Promise<readonly Asked[]> => {
  const waiting = drives.entries();
  const asked = new Map<number, Asked>();
  const worker = async (): Promise<void> => {
    for (const [index, drive] of waiting) asked.set(index, await askDrive(system, drive, untilMs, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return [...asked].sort(([a], [b]) => a - b).map(([, one]) => one);
};

/** The worst of all, with the names of the drives. */
const statusOf = (reports: readonly DriveReport[]): Pick<Collected<unknown>, "status" | "reason"> => {
  const late = reports.filter(({ status }) => status === "timed-out");
  const bad = [...late, ...reports.filter(({ status }) => status === "failed")];
  const words = (some: readonly DriveReport[]) => some.map((one) => `${nameOf(one)}: ${one.reason}`).join(" ");
  if (bad.length > 0) return { status: late.length > 0 ? "timed-out" : "failed", reason: words(bad) };
  if (reports.some(({ status }) => status === "ok")) return { status: "ok" };
  return { status: "device-absent", reason: words(reports) || "smartctl finds no drive that it can ask." };
};

/** `--scan` opens nothing. It has no idea of SATA behind SCSI, so smartctl finds out by itself when it asks. */
const unopened = (drives: readonly ScannedDrive[]): readonly ScannedDrive[] =>
  drives.map((drive) => (drive.type === "scsi" || drive.type === "ata" ? { ...drive, type: "auto" } : drive));

/** The drives, as each of them tells about itself. */
export const smartctlProbe: Probe<readonly DriveReport[]> = {
  name: "smartctl",
  timeoutMs: ALL_TIMEOUT_MS,
  collect: async (system, signal) => {
    const untilMs = system.clock.monoMs() + ALL_TIMEOUT_MS;
    const scan = (option: string) =>
      system.exec({ argv: ["smartctl", option, "-j"], timeoutMs: SCAN_TIMEOUT_MS }, signal);
    let result = await scan("--scan-open");
    // A drive that hangs when it is opened hides all others; without opening they are still found.
    const hung = result.end === "timed-out";
    if (hung) result = await scan("--scan");
    const raw = [{ name: "smartctl-scan.json", text: result.stdout }];
    const bad = result.end === "exited" ? undefined : statusOfTool("smartctl", result);
    if (bad !== undefined) return { ...bad, raw };
    const found = parseScan(result.stdout);
    if (!found.ok) return { status: "failed", reason: `smartctl, ${found.place}: ${found.reason}`, raw };
    const asked = await askAll(system, hung ? unopened(found.facts) : found.facts, untilMs, signal);
    const facts = asked.map(({ report }) => report);
    const texts = { name: "smartctl.txt", text: asked.map(({ text }) => text).join("\n") };
    return { ...statusOf(facts), facts, raw: [...raw, texts] };
  },
};
