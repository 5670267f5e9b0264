/** One measurement by iperf3, repeated while the other end may still come. */
import { present } from "../../probes/label.ts";
import type { ExecResult } from "../../system/exec.ts";
import type { StageContext } from "../runner.ts";
import type { Measurement } from "./facts.ts";
import type { NetworkOrder } from "./order.ts";
import { readOutcome } from "./outcome.ts";
import { type Argv, type Call, measurementMs, renderClient } from "./plan.ts";
import { readTraffic } from "./ports.ts";

/** The surroundings of Network's attempt. */
export type NetworkContext = StageContext<NetworkOrder>;

/** iperf3 may take this long beyond its load; then the other end went away without a word. */
const MARGIN_MS = 15_000;
const PAUSE_MS = 1_000;

/** How much time may still be lost to an end that does not answer. It is one budget for many measurements, so that the stage ends in its time. */
export interface Patience {
  leftMs: number;
}

/** A tool's run with the traffic that the port's own counter saw meanwhile. */
export interface Seen {
  readonly result: ExecResult;
  readonly portBytes?: number;
}

/** What all measurements of an attempt share. */
export interface Bench extends AsyncDisposable {
  readonly context: NetworkContext;
  /** Keeps an answer of iperf3, numbered in order. */
  keep(stdout: string): void;
  /** Says what is being measured. */
  say(note: string): void;
}

const TELL_MS = 2_000;

/** Opens the bench of an attempt that takes some `totalMs`. How far it is follows from the time: iperf3 says nothing before its end. */
export const openBench = (context: NetworkContext, totalMs: number): Bench => {
  const { system, progress, artifact } = context;
  const over = new AbortController();
  const startMs = system.clock.monoMs();
  const ratio = (): number => Math.min(0.99, (system.clock.monoMs() - startMs) / Math.max(1, totalMs));
  const follow = async (): Promise<void> => {
    while (!over.signal.aborted) {
      progress(ratio());
      await system.clock.sleep(TELL_MS, over.signal);
    }
  };
  const following = follow();
  let count = 0;
  return {
    context,
    keep: (stdout) => {
      count += 1;
      if (stdout !== "") artifact(`iperf3-${count}.json`, stdout);
    },
    say: (note) => progress(ratio(), note),
    [Symbol.asyncDispose]: async () => {
      over.abort();
      await following;
    },
  };
};

/** Runs iperf3 at a port. */
export const runSeen = async (
  { system }: NetworkContext,
  argv: Argv,
  { device, direction }: Pick<Call, "device" | "direction">,
  timeoutMs: number,
): Promise<Seen> => {
  const before = await readTraffic(system, device, direction);
  const result = await system.exec({ argv, timeoutMs });
  const after = await readTraffic(system, device, direction);
  const seen = before === undefined || after === undefined || after < before ? undefined : after - before;
  return { result, ...present({ portBytes: seen }) };
};

/** Calls a server until it gives a figure, or patience is at its end. */
export const callServer = async (
  { context, keep }: Bench,
  call: Call,
  patience: Patience,
  /** A measurement that broke off is begun again. With a partner it is not: the partner has gone on to the next one. */
  repeatsLost: boolean,
): Promise<Omit<Measurement, "with">> => {
  const { system, signal, order, log } = context;
  const { direction, streams } = call;
  const argv = renderClient(call, order);
  let told: string | undefined;
  for (let tries = 1; ; tries += 1) {
    const startMs = system.clock.monoMs();
    const { result, portBytes } = await runSeen(context, argv, call, measurementMs(order) + MARGIN_MS);
    const outcome = readOutcome(result);
    const measured = { direction, tries, streams, ...outcome, ...present({ portBytes }) };
    const final =
      outcome.trouble === undefined || outcome.trouble === "tool" || (outcome.trouble === "lost" && !repeatsLost);
    // The same answer again and again is told once.
    if (outcome.trouble !== undefined && outcome.reason !== told)
      log("warn", `iperf3 at ${call.device}, ${direction} ${call.address}: ${outcome.reason}`);
    told = outcome.reason;
    if (final || signal.aborted || patience.leftMs <= 0) {
      keep(result.stdout);
      return measured;
    }
    await system.clock.sleep(PAUSE_MS, signal);
    patience.leftMs -= system.clock.monoMs() - startMs;
  }
};
