/** Server-sent events over real listeners: resume, quiet streams, clients that do not read. */
import { afterEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm, stat } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Change, OperatorDesk, ReadModel } from "../core/ports.ts";
import { type Listener, serveApp } from "./edge.ts";
import { STREAM_PERIODS, type StreamPeriods, streamEvents } from "./event-stream.ts";
import { fakeDesk, fakeLog } from "./fake-desk.ts";
import { createOperatorApp } from "./operator-app.ts";
import { parseEventId } from "./operator-live.ts";

const listeners: Listener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
});

/** A read model that keeps every change and replays from any of them. */
const createChanges = () => {
  const kept: Change[] = [];
  let more = Promise.withResolvers<void>();
  let readers = 0;
  let taken = 0;
  return {
    commit: (count = 1) => {
      for (let i = 0; i < count; i++)
        kept.push({ seq: kept.length + 1, kind: "run", hostId: "h1", runId: "x".repeat(1000) });
      more.resolve();
      more = Promise.withResolvers();
    },
    readers: () => readers,
    taken: () => taken,
    async *changes(afterSeq: number | null, signal: AbortSignal): AsyncGenerator<Change> {
      readers++;
      const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      try {
        for (let next = afterSeq ?? kept.length; !signal.aborted; ) {
          const change = kept[next];
          if (change === undefined) await Promise.race([more.promise, stopped]);
          else {
            next++;
            taken++;
            yield change;
          }
        }
      } finally {
        readers--;
      }
    },
  };
};

const open = async (changes: ReturnType<typeof createChanges>, periods: StreamPeriods = STREAM_PERIODS) => {
  const app = createOperatorApp({
    desk: fakeDesk<OperatorDesk>("desk", {}),
    reads: fakeDesk<ReadModel>("reads", { changes: changes.changes }),
    log: fakeLog().log,
    periods,
  });
  const listener = await serveApp(app, { hostname: "127.0.0.1", port: 0 });
  listeners.push(listener);
  return listener;
};

/** Connects and yields the ids of events as they come. */
const connect = async (url: string, lastEventId?: string) => {
  const gone = new AbortController();
  const answer = await fetch(`${url}/api/v1/live`, {
    signal: gone.signal,
    ...(lastEventId === undefined ? {} : { headers: { "last-event-id": lastEventId } }),
  });
  const reader = (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  /** Text until it holds what is looked for. */
  const until = async (wanted: string): Promise<string> => {
    while (!text.includes(wanted)) {
      const next = await reader.read();
      if (next.done) throw new Error(`the stream ended before ${wanted}: ${text.slice(-200)}`);
      text += next.value;
    }
    return text;
  };
  await until("retry: 2000\n\n");
  return { until, leave: () => gone.abort() };
};

const settled = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

describe("GET /api/v1/live", () => {
  test("sends changes as they are committed, with their sequence as id and their kind as event", async () => {
    const changes = createChanges();
    const { url } = await open(changes);
    const page = await connect(url);
    await settled(() => changes.readers() === 1);
    changes.commit();
    const text = await page.until("\ndata: {");
    expect(text).toContain("id: 1\nevent: run\ndata: {");
    page.leave();
    await settled(() => changes.readers() === 0);
  });

  test("resumes after Last-Event-ID and loses nothing", async () => {
    const changes = createChanges();
    const { url } = await open(changes);
    changes.commit(3);
    const first = await connect(url, "0");
    await first.until("id: 3\n");
    first.leave();
    changes.commit(200);
    const second = await connect(url, "3");
    const text = await second.until("id: 203\n");
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => i + 4));
    second.leave();
  });

  test("pings while nothing happens", async () => {
    const { url } = await open(createChanges(), { pingMs: 5, stallMs: 60_000 });
    const page = await connect(url);
    await page.until(": ping\n\n: ping\n\n");
    page.leave();
  });

  test("takes no more from the source than a client that does not read has taken, and drops it", async () => {
    const changes = createChanges();
    const listener = await open(changes, { pingMs: 60_000, stallMs: 300 });
    changes.commit(200_000);
    const socket = net.connect(listener.port, "127.0.0.1", () => {
      socket.pause();
      socket.write("GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n");
    });
    await settled(() => changes.readers() === 1);
    await settled(() => changes.readers() === 0);
    // 200 MB were committed; what was taken lay in the buffers of the two sockets.
    expect(changes.taken()).toBeLessThan(20_000);
    socket.destroy();
  });

  test("ends every stream when the listener stops", async () => {
    const changes = createChanges();
    const listener = await open(changes);
    await Promise.all(Array.from({ length: 20 }, () => connect(listener.url)));
    await settled(() => changes.readers() === 20);
    await listener.stop();
    await settled(() => changes.readers() === 0);
  });
});

describe("parseEventId", () => {
  for (const [text, seq] of [
    ["0", 0],
    ["42", 42],
    [undefined, null],
    ["", null],
    ["-1", null],
    ["1e3", null],
    ["99999999999999999999", null],
    ["1; drop", null],
  ] as const)
    test(`reads ${text} as ${seq}`, () => expect(parseEventId(text)).toBe(seq));
});

describe("streamEvents", () => {
  test("ends and logs when its source fails", async () => {
    const { log, lines } = fakeLog();
    let ends = 0;
    const answer = streamEvents<number>({
      // biome-ignore lint/correctness/useYield: a source that fails before its first event
      source: async function* () {
        throw new Error("the store is gone");
      },
      render: (id) => ({ id, event: "x", data: null }),
      gone: new AbortController().signal,
      log,
      onEnd: () => {
        ends++;
      },
    });
    expect(await answer.text()).toBe("retry: 2000\n\n");
    expect([ends, lines.join("").includes("the store is gone")]).toEqual([1, true]);
  });
});

describe("serveApp", () => {
  const app = { fetch: (_request: Request, edge: { address: string }) => new Response(`<${edge.address}>`) };

  test("serves on a unix socket that only its owner may open, in place of one that a killed box left", async () => {
    const dir = await mkdtemp(join(tmpdir(), "vetbox-socket-"));
    const unix = join(dir, "operator.sock");
    const left = net.createServer().listen(unix);
    await new Promise((resolve) => left.once("listening", resolve));
    await using listener = await serveApp(app, { unix });
    expect([listener.url, listener.port, (await stat(unix)).mode & 0o777]).toEqual([`unix:${unix}`, 0, 0o600]);
    expect(await (await fetch("http://localhost/", { unix })).text()).toBe("<>");
    left.close();
    await rm(dir, { recursive: true, force: true });
  });

  test("removes nothing but a socket", async () => {
    const dir = await mkdtemp(join(tmpdir(), "vetbox-socket-"));
    await Bun.write(join(dir, "file"), "mine");
    await expect(serveApp(app, { unix: join(dir, "file") })).rejects.toThrow("is not a socket");
    expect(await Bun.file(join(dir, "file")).text()).toBe("mine");
    await rm(dir, { recursive: true, force: true });
  });

  test("throws a fault where the port is taken", async () => {
    await using first = await serveApp(app, { hostname: "127.0.0.1", port: 0 });
    await expect(serveApp(app, { hostname: "127.0.0.1", port: first.port })).rejects.toThrow("network");
    expect(await (await fetch(first.url)).text()).toBe("<127.0.0.1>");
  });
});
