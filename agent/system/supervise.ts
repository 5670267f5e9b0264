/**
 * Keeps one child process running: started again when it ends, at once the first time, then with growing pauses; its output line by line.
 *
 * The child is a long-running part of the box (dnsmasq, the boot files). It ends with its supervisor's `[Symbol.asyncDispose]`; what happens to it when this
 * process is killed is the caller's to settle.
 */
import type { Clock } from "./clock.ts";
import { TOOL_ENVIRONMENT } from "./exec.ts";

/** How a supervised child stands. */
export type ChildState = "starting" | "running" | "restarting" | "off";

/** What to keep running. */
export interface ChildSpec {
  /** Asked before each start, so that a new configuration is taken up. A throw counts as a failed start. */
  readonly prepare: () => Promise<readonly [string, ...string[]]>;
  /** `pipe` holds the child's stdin open until it is to end: a child that watches it ends with us. */
  readonly stdin: "pipe" | "ignore";
  /** Every line of its stdout and stderr. Answers whether the line says that the child is at work now. */
  readonly onLine: (line: string) => boolean;
  /** Called with the pid after each start. */
  readonly onStart?: (pid: number) => void;
  /** Called with how it ended, each time. It is not called for an end that was asked for. */
  readonly onFailure: (reason: string, restartInMs: number) => void;
  readonly clock: Clock;
}

/** A child that is kept running. */
export interface Supervised extends AsyncDisposable {
  state(): ChildState;
  pid(): number | null;
  /** Sends a signal to the child; false when there is none. */
  signal(name: "SIGHUP" | "SIGTERM" | "SIGKILL"): boolean;
  /** Ends the child and starts it anew without a pause. */
  restart(): void;
  /** Resolves when the child is at work, or with false when the supervisor was closed first. */
  running(): Promise<boolean>;
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 30_000;
/** A child that worked this long has earned a quick restart again. */
const HEALTHY_MS = 60_000;
/** How long a child may take to end after SIGTERM. */
const STOP_MS = 3_000;
/** A line that is longer is cut: no child of ours writes such a line, and memory is small. */
const MAX_LINE_CHARS = 16_384;

/** Starts a child and keeps it running until disposed. */
export const supervise = (spec: ChildSpec): Supervised => new Supervisor(spec);

class Supervisor implements Supervised {
  readonly #spec: ChildSpec;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #child: Bun.Subprocess | null = null;
  #state: ChildState = "starting";
  #restartAsked = false;
  #waiting: PromiseWithResolvers<boolean> = Promise.withResolvers();

  constructor(spec: ChildSpec) {
    this.#spec = spec;
    this.#done = this.#keepRunning();
  }

  state(): ChildState {
    return this.#state;
  }

  pid(): number | null {
    return this.#child?.pid ?? null;
  }

  signal(name: "SIGHUP" | "SIGTERM" | "SIGKILL"): boolean {
    if (this.#child === null || this.#child.exitCode !== null || this.#child.signalCode !== null) return false;
    this.#child.kill(name);
    return true;
  }

  restart(): void {
    this.#restartAsked = true;
    if (this.#state === "running") this.#enter("restarting");
    this.signal("SIGTERM");
  }

  running(): Promise<boolean> {
    return this.#state === "running" ? Promise.resolve(true) : this.#waiting.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const child = this.#child;
    if (child !== null && this.signal("SIGTERM")) {
      const ended = new AbortController();
      void child.exited.then(() => ended.abort());
      await this.#spec.clock.sleep(STOP_MS, ended.signal);
      this.signal("SIGKILL");
    }
    await this.#done;
  }

  async #keepRunning(): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const startedMs = this.#spec.clock.monoMs();
      const reason = await this.#runOnce();
      if (this.#closing.signal.aborted) break;
      this.#enter("restarting");
      if (this.#restartAsked) continue;
      failures = this.#spec.clock.monoMs() - startedMs > HEALTHY_MS ? 1 : failures + 1;
      const pauseMs = failures === 1 ? 0 : Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
      this.#spec.onFailure(reason, pauseMs);
      await this.#spec.clock.sleep(pauseMs, this.#closing.signal);
    }
    this.#enter("off");
    this.#waiting.resolve(false);
  }

  /** One life of the child; answers how it ended. */
  async #runOnce(): Promise<string> {
    this.#restartAsked = false;
    try {
      const argv = await this.#spec.prepare();
      if (this.#closing.signal.aborted) return "closed";
      const pipes = { stdin: this.#spec.stdin, stdout: "pipe", stderr: "pipe" } as const;
      const child = Bun.spawn([...argv], { ...pipes, env: TOOL_ENVIRONMENT });
      this.#child = child;
      this.#spec.onStart?.(child.pid);
      if (this.#restartAsked) child.kill("SIGTERM"); // asked while it was being prepared
      await Promise.all([this.#readLines(child.stdout), this.#readLines(child.stderr), child.exited]);
      return child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.signal("SIGKILL"); // it lives only if reading its lines failed
      await this.#child?.exited;
      this.#child = null;
    }
  }

  async #readLines(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = (parts.pop() ?? "").slice(0, MAX_LINE_CHARS);
      for (const line of parts) if (this.#spec.onLine(line) && !this.#restartAsked) this.#enter("running");
    }
    if (rest !== "") this.#spec.onLine(rest);
  }

  #enter(state: ChildState): void {
    if (this.#state === state) return;
    if (this.#state === "running") this.#waiting = Promise.withResolvers();
    this.#state = state;
    if (state === "running") this.#waiting.resolve(true);
  }
}
