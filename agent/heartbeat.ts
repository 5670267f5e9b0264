/** Two ways on which the box reaches a running agent: the heartbeat, which never stops between claim and exit, and the command stream, which is faster. */
import { createBackoff, jittered, SLOW_MS } from "./backoff.ts";
import type { Bell } from "./bell.ts";
import type { Client, Reply } from "./client.ts";
import type { Orders } from "./orders.ts";
import type { Activity } from "./stage-attempt.ts";
import { Fault } from "./system/fault.ts";
import type { System } from "./system/system.ts";
import type { Turns } from "./turns.ts";
import { WIRE_PERIODS } from "./wire/limits.ts";
import type { HeartbeatAnswer } from "./wire/messages.ts";
import type { LogLevel } from "./wire/names.ts";

/** What both ways need. */
export interface LinkParts {
  readonly system: System;
  readonly client: Client;
  readonly bearer: string;
  readonly bootId: string;
  readonly activity: Activity;
  readonly turns: Turns;
  readonly orders: Orders;
  readonly log: (level: LogLevel, text: string) => void;
}

/** The box may ask for another period, within reason: a wrong number must neither flood it nor silence us. */
const PERIOD_MS = { least: 500, most: 60_000 } as const;

/** One heartbeat, with what its answer says taken over. */
export const beat = async (parts: LinkParts, signal: AbortSignal): Promise<Reply<HeartbeatAnswer>> => {
  const { client, bearer, bootId, activity, turns, orders } = parts;
  const [epoch, acks] = [turns.epoch, orders.acks()];
  const reply = await client.heartbeat(bearer, { bootId, ...activity, acks }, signal);
  if (reply.kind === "answer") {
    orders.heard(acks);
    orders.take(reply.value.command);
    turns.offer(reply.value.turn, epoch);
  }
  return reply;
};

/** Beats until the signal aborts. The bell asks for a beat at once, to acknowledge a command. */
export const runHeartbeat = async (
  parts: LinkParts,
  bell: Bell,
  firstMs: number,
  signal: AbortSignal,
): Promise<void> => {
  const { system, log } = parts;
  const backoff = createBackoff(system.random);
  let periodMs = firstMs;
  let told = "";
  while (!signal.aborted) {
    const reply = await beat(parts, signal);
    if (signal.aborted) return;
    const why = reply.kind === "answer" ? "" : reply.kind === "refused" ? `refused: ${reply.detail}` : reply.reason;
    if (why !== told)
      log(why === "" ? "info" : "warn", why === "" ? "heartbeat: the box answers again" : `heartbeat: ${why}`);
    told = why;
    if (reply.kind === "answer") {
      backoff.reset();
      periodMs = Math.min(PERIOD_MS.most, Math.max(PERIOD_MS.least, reply.value.nextHeartbeatMs));
      await bell.wait(jittered(periodMs, system.random), signal);
    } else {
      // No bell here: a stream that works beside a heartbeat that does not would ring it in a loop.
      const waitMs = reply.kind === "refused" ? SLOW_MS : Math.min(periodMs, backoff.nextMs());
      await system.clock.sleep(waitMs, signal);
    }
  }
};

const isRefusal = (error: unknown): boolean =>
  error instanceof Fault && typeof error.context["status"] === "number" && error.context["status"] < 500;

/** Keeps a command stream open until the signal aborts. What it misses, the heartbeat brings. */
export const runCommandStream = async (parts: LinkParts, signal: AbortSignal): Promise<void> => {
  const { system, client, bearer, orders } = parts;
  const backoff = createBackoff(system.random);
  let lastEventId: string | null = null;
  while (!signal.aborted) {
    try {
      for await (const { command, eventId } of client.commands(bearer, lastEventId, signal)) {
        lastEventId = eventId;
        orders.take(command);
        backoff.reset();
      }
    } catch (error) {
      // Any end of the stream is the same: wait, open it again. That the box is away is the heartbeat's to tell.
      if (isRefusal(error)) await system.clock.sleep(SLOW_MS, signal);
    }
    await system.clock.sleep(Math.max(backoff.nextMs(), WIRE_PERIODS.retryMinMs), signal);
  }
};
