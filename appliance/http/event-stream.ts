/**
 * Server-sent events from an async source, one chunk at a time: the next event is fetched only when the client has taken the last one, so a client
 * that does not read costs one event of memory and is dropped.
 */
import type { Logger } from "pino";

/** One event; `data` is sent as JSON. */
export interface ServerEvent {
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
}

/** Periods of a stream. */
export interface StreamPeriods {
  /** A comment is sent after this much quiet, so that a dead connection is noticed and no middle box closes a quiet one. */
  readonly pingMs: number;
  /** A client that takes nothing for this long is dropped. */
  readonly stallMs: number;
}

/** `surfaces` T8: Bun cuts a quiet stream after 10 s unless told otherwise; browsers and switches after minutes. */
export const STREAM_PERIODS: StreamPeriods = { pingMs: 15_000, stallMs: 60_000 };

/** One event in the text of an event stream (HTML standard, 9.2.6). JSON has no raw line end, so `data` is one line. */
export const renderEvent = ({ id, event, data }: ServerEvent): string =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Tells the browser how soon to come back; as the first bytes it also sends the headers. */
const OPENING = "retry: 2000\n\n";
const PING = ": ping\n\n";

/** What a stream is made of. */
export interface StreamParts<T> {
  readonly source: (signal: AbortSignal) => AsyncIterable<T>;
  readonly render: (item: T) => ServerEvent;
  /** Fires when the client goes. */
  readonly gone: AbortSignal;
  readonly log: Logger;
  readonly periods?: StreamPeriods;
  /** Called once, however the stream ends. */
  readonly onEnd?: () => void;
}

const after = (ms: number): { readonly fired: Promise<"quiet">; readonly clear: () => void } => {
  const { promise, resolve } = Promise.withResolvers<"quiet">();
  const timer = setTimeout(() => resolve("quiet"), ms);
  return { fired: promise, clear: () => clearTimeout(timer) };
};

const streamBody = <T>(parts: StreamParts<T>): ReadableStream<Uint8Array> => {
  const periods = parts.periods ?? STREAM_PERIODS;
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, parts.gone]);
  const encoder = new TextEncoder();
  const iterator = parts.source(signal)[Symbol.asyncIterator]();
  let pending: Promise<IteratorResult<T>> | null = null;
  let stalled: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const end = () => {
    clearTimeout(stalled);
    if (ended) return;
    ended = true;
    ending.abort();
    iterator.return?.().catch(() => undefined); // the signal has ended it already; its last word is nobody's
    parts.onEnd?.();
  };
  signal.addEventListener("abort", end, { once: true });

  const nextText = async (): Promise<string | null> => {
    pending ??= iterator.next();
    const ping = after(periods.pingMs);
    try {
      const next = await Promise.race([pending, ping.fired]);
      if (next === "quiet") return PING;
      pending = null;
      return next.done ? null : renderEvent(parts.render(next.value));
    } finally {
      ping.clear();
    }
  };

  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(OPENING)),
    pull: async (controller) => {
      clearTimeout(stalled);
      const text = await nextText().catch((error: unknown) => {
        if (!signal.aborted) parts.log.error({ err: error }, "event stream failed");
        return null;
      });
      if (text === null || signal.aborted) {
        end();
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(text));
      stalled = setTimeout(() => {
        parts.log.warn("event stream dropped: its client does not read");
        end();
        controller.error(new Error("client does not read"));
      }, periods.stallMs);
    },
    cancel: end,
  });
};

/** An answer that streams events until the source ends or the client goes. */
export const streamEvents = <T>(parts: StreamParts<T>): Response =>
  new Response(streamBody(parts), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
  });
