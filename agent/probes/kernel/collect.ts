/** Reads the kernel's own state: its release, its taint flags, and what its log has to say about the hardware. */
import { readAttribute } from "../../system/files.ts";
import type { KernelFacts } from "../../wire/hardware/kernel.ts";
import { cleanLabel, present } from "../label.ts";
import { type Probe, statusOfTool } from "../probe.ts";
import { parseDmesg } from "./parse.ts";
import { parseTaints } from "./taints.ts";

const TIMEOUT_MS = 10_000;
/** A ring buffer of 16 MiB, as large servers have it, is more than is kept of a tool unless told. */
const MAX_OUTPUT_BYTES = 24 * 1024 * 1024;
/** `-r` is as old as dmesg itself and keeps the level of each message. */
const DMESG = ["dmesg", "-r"] as const;

/** Release, taint flags, errors in the log. */
export const kernelProbe: Probe<KernelFacts> = {
  name: "kernel",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => {
    const { files } = system;
    const state = {
      ...present({ release: cleanLabel(await readAttribute(files, "/proc/sys/kernel/osrelease")) }),
      taints: [...parseTaints(await readAttribute(files, "/proc/sys/kernel/tainted"))],
    };
    const result = await system.exec(
      { argv: [...DMESG], timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES },
      signal,
    );
    const raw = [{ name: "dmesg.txt", text: result.stdout }];
    const bad = statusOfTool("dmesg", result);
    // A log that somebody has cleared is no error.
    const parsed = result.stdout.trim() === "" ? undefined : parseDmesg(result.stdout);
    const facts = { ...state, errors: parsed?.ok ? parsed.facts : [] };
    if (bad !== undefined) return { ...bad, facts, raw };
    return parsed === undefined || parsed.ok
      ? { status: "ok", facts, raw }
      : { status: "failed", reason: `dmesg, ${parsed.place}: ${parsed.reason}`, facts, raw };
  },
};
