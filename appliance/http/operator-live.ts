/** The live route: committed changes as they come. A page that was away says where it stopped and misses nothing. */
import type { Hono } from "hono";
import type { EdgeEnv } from "./edge.ts";
import { streamEvents } from "./event-stream.ts";
import type { OperatorAppParts } from "./operator-parts.ts";
import { problem } from "./problem.ts";

/** Streams at once: some pages on some phones, with a margin for those whose end nobody noticed yet. */
const STREAMS = 256;

/** The sequence number of a `Last-Event-ID`; null for none, or for one that is not ours: the page then fetches anew anyway. */
export const parseEventId = (text: string | undefined): number | null => {
  const seq = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(seq) ? seq : null;
};

/** Adds the route. */
export const addLiveRoute = (app: Hono<EdgeEnv>, { reads, log, periods }: OperatorAppParts): void => {
  let open = 0;
  app.get("/api/v1/live", (c) => {
    if (c.req.method !== "GET") return problem("method", "Only GET."); // Hono answers HEAD by running GET
    if (open >= STREAMS) return problem("too-many-streams", `${STREAMS} pages are listening already.`);
    open++;
    c.env.keepOpen();
    const afterSeq = parseEventId(c.req.header("last-event-id") ?? c.req.query("after"));
    return streamEvents({
      source: (signal) => reads.changes(afterSeq, signal),
      render: (change) => ({ id: change.seq, event: change.kind, data: change }),
      gone: c.req.raw.signal,
      log,
      onEnd: () => {
        open--;
      },
      ...(periods === undefined ? {} : { periods }),
    });
  });
};
