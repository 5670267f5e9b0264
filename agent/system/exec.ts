/**
 * Runs tools: argument lists only, never a shell; with a deadline, bounded output, and nothing left behind.
 *
 * How a tool ended is data. A tool that is not installed is an outcome as well: a live image may lack it, and that is no fault of the host.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { Cell, Cgroups, Confine, Confined } from "./cgroups.ts";
import { Fault } from "./fault.ts";

/** What to run. */
export interface Invocation {
  /** Program and arguments. The program is looked up in the fixed PATH below. */
  readonly argv: readonly [string, ...string[]];
  readonly timeoutMs: number;
  /** How much of each output stream is kept; the rest is read and thrown away. 4 MiB unless told. */
  readonly maxOutputBytes?: number;
  /** Told every piece of output as it comes, also beyond the bound: progress of a tool that runs for hours. */
  readonly onText?: (text: string, stream: "stdout" | "stderr") => void;
  /** In a cgroup of its own, where the machine has cgroups for it. For tools that load the machine. */
  readonly confine?: Confine;
}

/** How a tool ended. */
export interface ExecResult {
  readonly end: "exited" | "signalled" | "timed-out" | "aborted" | "absent";
  /** Only when it exited. */
  readonly exitCode: number | null;
  /** Only when a signal that was not ours ended it. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Output went over its bound, or was still open when the tool was given up. */
  readonly truncated: boolean;
  readonly durationMs: number;
  /** Only when it was confined. */
  readonly confined?: Confined;
}

/** Runs a tool to its end, its deadline or the signal's abort, whichever comes first. */
export type Exec = (invocation: Invocation, signal?: AbortSignal) => Promise<ExecResult>;

/** All that a tool sees of our environment: no secret can leak through it, and its output is in one language. */
export const TOOL_ENVIRONMENT = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LC_ALL: "C",
  HOME: "/nonexistent",
} as const;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** After a kill, or after the exit of a tool whose child keeps a pipe open: how long the rest is waited for. A process in uninterruptible sleep never ends. */
const GRACE_MS = 500;

interface Captured {
  readonly chunks: Uint8Array[];
  bytes: number;
  truncated: boolean;
  open: boolean;
}

const capture = async (
  stream: ReadableStream<Uint8Array>,
  into: Captured,
  maxBytes: number,
  onText: ((text: string) => void) | undefined,
): Promise<void> => {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of stream) {
      onText?.(decoder.decode(chunk, { stream: true }));
      const kept = chunk.subarray(0, Math.max(0, maxBytes - into.bytes));
      if (kept.length < chunk.length) into.truncated = true;
      // A small chunk may be a view of a large buffer that would live as long as it does.
      if (kept.length > 0) into.chunks.push(kept.slice());
      into.bytes += kept.length;
    }
  } catch {
    into.truncated = true; // the pipe broke: what came is what there is
  }
  into.open = false;
};

/** Kills a process and all of its group. Every tool leads a group of its own, so that its children die with it; one that leaves the group dies only in a cell. */
const killGroup = (pid: number): void => {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: all of it has ended already, which is what was wanted
  }
};

const spawnFree = (invocation: Invocation) => {
  try {
    return Bun.spawn({
      cmd: [...invocation.argv],
      env: TOOL_ENVIRONMENT,
      cwd: "/",
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return null;
    throw new Fault("spawn-failed", { argv0: invocation.argv[0], reason: String(code) }, { cause: error });
  }
};

/** Starts a tool, within its cell when it has one. */
const spawn = (invocation: Invocation, cell: Cell | null) => {
  if (cell === null) return spawnFree(invocation);
  let child: ReturnType<typeof spawnFree> = null;
  try {
    cell.begin(() => {
      child = spawnFree(invocation);
    });
    return child as ReturnType<typeof spawnFree>;
  } catch (error) {
    const begun = child as ReturnType<typeof spawnFree>;
    if (begun !== null) killGroup(begun.pid);
    cell.remove();
    if (error instanceof Fault) throw error;
    throw new Fault("spawn-failed", { argv0: invocation.argv[0], reason: String(error) }, { cause: error });
  }
};

/**
 * Makes a tool an ordinary victim when memory runs out. The live image protects the agent with a negative score that children would inherit; then a
 * memory test could end everything but itself.
 */
const unprotect = (pid: number): void => {
  try {
    if (Number(readFileSync("/proc/self/oom_score_adj", "utf8")) !== 0)
      writeFileSync(`/proc/${pid}/oom_score_adj`, "0");
  } catch {
    // it has ended already, or the machine does not let us: then it is as protected as we are
  }
};

const after = (ms: number): { readonly passed: Promise<void>; cancel(): void } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return { passed: promise, cancel: () => clearTimeout(timer) };
};

/** Waits for the first of some promises or for `ms`. */
const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const limit = after(ms);
  await Promise.race([work, limit.passed]);
  limit.cancel();
};

/** Ends when nothing of a tool lives any more, or after the grace. */
const clearCell = async (cell: Cell): Promise<void> => {
  const endMs = performance.now() + GRACE_MS;
  while (!cell.remove() && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 2));
};

type Why = "ended" | "timed-out" | "aborted";

/** Ends with the tool, its deadline or the abort, whichever comes first. */
const whyOver = async (exited: Promise<unknown>, timeoutMs: number, signal: AbortSignal | undefined): Promise<Why> => {
  const limit = after(timeoutMs);
  const aborted = Promise.withResolvers<void>();
  const onAbort = () => aborted.resolve();
  signal?.addEventListener("abort", onAbort);
  const why = await Promise.race([
    exited.then(() => "ended" as const),
    limit.passed.then(() => "timed-out" as const),
    aborted.promise.then(() => "aborted" as const),
  ]);
  limit.cancel();
  signal?.removeEventListener("abort", onAbort);
  return why;
};

/** Runs tools on this machine; where it is given cgroups, those that ask for it in a cell. */
export const createExec =
  (cgroups: Cgroups | null): Exec =>
  async (invocation, signal) => {
    const startMs = performance.now();
    const durationMs = () => Math.round(performance.now() - startMs);
    const none = { exitCode: null, signal: null, stdout: "", stderr: "", truncated: false };
    if (signal?.aborted) return { ...none, end: "aborted", durationMs: 0 };
    const { confine, timeoutMs, onText, maxOutputBytes: maxBytes = MAX_OUTPUT_BYTES } = invocation;
    const cell = confine === undefined ? null : (cgroups?.open(confine) ?? null);
    const child = spawn(invocation, cell);
    if (child === null) {
      cell?.remove();
      return { ...none, end: "absent", durationMs: durationMs() };
    }
    unprotect(child.pid);
    const out: Captured = { chunks: [], bytes: 0, truncated: false, open: true };
    const err: Captured = { chunks: [], bytes: 0, truncated: false, open: true };
    const drained = Promise.all([
      capture(child.stdout, out, maxBytes, onText && ((text) => onText(text, "stdout"))),
      capture(child.stderr, err, maxBytes, onText && ((text) => onText(text, "stderr"))),
    ]);
    const why = await whyOver(child.exited, timeoutMs, signal);
    if (why === "ended") await within(GRACE_MS, drained);
    // Also after a normal end: a child that the tool left behind would go on with its work, and holds our pipes.
    cell?.kill();
    killGroup(child.pid);
    const confined = cell?.usage();
    await within(GRACE_MS, Promise.all([drained, child.exited, cell && clearCell(cell)]));
    child.unref();
    const signalled = why === "ended" && child.signalCode !== null;
    return {
      end: why !== "ended" ? why : signalled ? "signalled" : "exited",
      exitCode: why === "ended" && !signalled ? child.exitCode : null,
      signal: signalled ? String(child.signalCode) : null,
      stdout: Buffer.concat(out.chunks).toString("utf8"),
      stderr: Buffer.concat(err.chunks).toString("utf8"),
      truncated: out.truncated || err.truncated || out.open || err.open,
      durationMs: durationMs(),
      ...(confined === undefined ? {} : { confined }),
    };
  };

/** Runs tools on this machine, unconfined. */
export const systemExec: Exec = createExec(null);
