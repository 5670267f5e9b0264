/**
 * Watches the server while a stage runs: what it counted before, what after, and what the kernel and the BMC
 * wrote into their logs meanwhile. It never throws.
 */
import { parseDmesg } from "../probes/kernel/parse.ts";
import { type LogMark, linesSince, markOf } from "../probes/kernel/since.ts";
import { parseXids } from "../probes/kernel/xid.ts";
import { lsblkProbe } from "../probes/lsblk/collect.ts";
import type { System } from "../system/system.ts";
import type { KernelError, Watch, WatchSource } from "../wire/watch.ts";
import { compareSnapshots } from "./compare.ts";
import { createEventLog } from "./events.ts";
import { absent, type Unseen } from "./sighting.ts";
import { type Bounded, createBounded, takeSnapshot } from "./snapshot.ts";
import { createHighest } from "./temperatures.ts";

/** A stage under watch. */
export interface Watched {
  /** Reads everything again; the watch is over. */
  end(): Promise<{ readonly watch: Watch; readonly newLines: string }>;
  /** Ends without an answer, at once. */
  drop(): void;
}

/** Begins to watch. The signal's abort leaves out what is not read yet. */
export type Watcher = (signal: AbortSignal) => Promise<Watched>;

/** `-r` keeps the level of each message, and its time since boot. */
const DMESG = ["dmesg", "-r"] as const;
/** The largest ring buffers are of 16 MiB. */
const MAX_LOG_BYTES = 24 * 1024 * 1024;
const LOG_MS = 10_000;
/** Names of disks are asked for only when the kernel complains about one. */
const NAMES_MS = 5_000;
/** Sensors in between: the sidecar draws the curve, this keeps the highest. */
const TEMPERATURE_MS = 15_000;
/** A stage loads the server as hard as it can: what answers in milliseconds at rest takes seconds then. */
const TEMPERATURES_MS = 10_000;
const MAX_ERRORS = 100;

/** The kernel's log; a string is why there is none. */
const readLog = async (system: System, signal: AbortSignal): Promise<{ readonly log: string }> => {
  const result = await system.exec({ argv: [...DMESG], timeoutMs: LOG_MS, maxOutputBytes: MAX_LOG_BYTES }, signal);
  if (result.end !== "exited" || result.exitCode !== 0)
    throw new Error(`dmesg: ${result.end === "exited" ? result.stderr.slice(0, 200) : result.end}`);
  return { log: result.stdout };
};

/** `nvme0` is the controller of `nvme0n1`. */
const isDisk = (component: string, name: string): boolean =>
  component === name || (/^nvme\d+$/.test(component) && name.startsWith(`${component}n`));

/** Errors of disks with the serials behind the names of this boot. */
const withSerials = async (system: System, errors: readonly KernelError[], signal: AbortSignal) => {
  if (!errors.some(({ kind }) => kind === "disk")) return errors;
  const { facts: disks = [] } = await lsblkProbe.collect(system, signal);
  return errors.map((error) => {
    const disk = disks.find(({ name }) => error.kind === "disk" && isDisk(error.component ?? "", name));
    return disk?.serial === undefined ? error : { ...error, serial: disk.serial };
  });
};

/** What of new lines speaks of the hardware. */
const kernelOf = (text: string, isCut: boolean): NonNullable<Watch["kernel"]> => {
  const parsed = text === "" ? undefined : parseDmesg(text);
  return { errors: parsed?.ok ? parsed.facts.slice(0, MAX_ERRORS) : [], xids: [...parseXids(text)], isCut };
};

/** Keeps the highest temperatures: measured when asked, and in between once it was begun. */
const followHeat = ({ clock, files }: System, bounded: Bounded, until: AbortSignal) => {
  const highest = createHighest();
  let trouble: string | undefined;
  let isMeasuring = false;
  const measure = async (): Promise<void> => {
    if (isMeasuring) return;
    isMeasuring = true;
    const answer = await bounded("temperatures", () => highest.take(files), TEMPERATURES_MS);
    trouble = typeof answer === "string" ? answer : undefined; // one look that was missed is made good by the next
    isMeasuring = false;
  };
  const sample = async (): Promise<void> => {
    while (!until.aborted) {
      await clock.sleep(TEMPERATURE_MS, until);
      if (!until.aborted) await measure();
    }
  };
  /** The highest, and why there may be none. */
  const found = (): { readonly temperatures: Watch["temperatures"]; readonly unseen: Unseen | undefined } => {
    const temperatures = highest.all();
    if (trouble !== undefined) return { temperatures, unseen: { status: "failed", reason: trouble.slice(0, 500) } };
    const isBare = temperatures.length === 0;
    return { temperatures, unseen: isBare ? absent("No sensor here has a limit of its own.") : undefined };
  };
  return { measure, sample, found };
};

/** A watcher of this machine. One for all stages: it remembers what hangs. */
export const createWatcher = (system: System): Watcher => {
  const bounded = createBounded(system);
  const { clock } = system;
  const eventLog = createEventLog(system, bounded);
  const logNow = () => bounded("kernel", (signal) => readLog(system, signal), LOG_MS);

  const kernelSince = async (mark: LogMark | string, failed: (source: WatchSource, reason: string) => void) => {
    const now = await logNow();
    if (typeof mark === "string" || typeof now === "string") {
      failed("kernel", typeof mark === "string" ? mark : String(now));
      return { kernel: undefined, text: "" };
    }
    const { text, isCut } = linesSince(now.log, mark);
    const found = kernelOf(text, isCut);
    const named = await bounded("names", (signal) => withSerials(system, found.errors, signal), NAMES_MS);
    return { kernel: { ...found, errors: [...(typeof named === "string" ? found.errors : named)] }, text };
  };

  return async (signal) => {
    const startMs = clock.monoMs();
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const heat = followHeat(system, bounded, until);
    const [before, log, eventMark] = await Promise.all([
      takeSnapshot(system, bounded),
      logNow(),
      eventLog.mark(),
      heat.measure(),
    ]);
    const mark = typeof log === "string" ? log : markOf(log.log);
    void heat.sample();
    return {
      drop: () => over.abort(),
      end: async () => {
        over.abort();
        const missing: Watch["missing"] = [];
        const failed = (source: WatchSource, reason: string) =>
          missing.push({ source, status: "failed", reason: reason.slice(0, 500) });
        const [after, { kernel, text }, logged] = await Promise.all([
          takeSnapshot(system, bounded),
          kernelSince(mark, failed),
          eventLog.since(eventMark),
          heat.measure(),
        ]);
        const { temperatures, unseen } = heat.found();
        if (unseen !== undefined) missing.push({ source: "temperatures", ...unseen });
        if ("status" in logged) missing.push({ source: "events", ...logged });
        const compared = compareSnapshots(before, after);
        const watch: Watch = {
          ...compared,
          durationMs: Math.max(0, Math.round(clock.monoMs() - startMs)),
          temperatures,
          missing: [...compared.missing, ...missing],
          ...(kernel === undefined ? {} : { kernel }),
          ...("events" in logged ? { events: logged.events } : {}),
        };
        return { watch, newLines: text };
      },
    };
  };
};
