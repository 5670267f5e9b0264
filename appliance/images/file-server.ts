/**
 * Kernel, initrd, root and loaders over plain HTTP, from a table: no request is ever joined to a path.
 *
 * A transfer counts as complete when the host's TCP has acknowledged all of it. A kernel's socket buffer takes some MiB at once, a whole initrd, so "handed to
 * the socket" would call a transfer complete that nobody received. The last byte is therefore kept back until everything before it is acknowledged; while
 * it is, the response is still open and its end by the host is seen as an abort.
 *
 * Files are mapped, not sent with sendfile: Bun's sendfile stalls its thread for a whole transfer from a slow medium, and tells nobody how far it came. Mapped
 * chunks cost less CPU than sendfile here (0.24 against 0.30 s/GB) and block for one chunk at most. Image files are immutable: a new image is new files.
 */
import type { ImageStep } from "../core/boot-paths.ts";
import { parseBootPath } from "../core/boot-paths.ts";
import { type ByteRange, parseRange } from "./byte-range.ts";
import { type Peer, unacknowledgedBytes } from "./socket-queue.ts";

/** A file that may be asked for. */
export type ServedFile =
  | { readonly kind: "image"; readonly step: ImageStep; readonly sha256: string; readonly path: string }
  | { readonly kind: "loader"; readonly name: string; readonly path: string };

/** What happened to one GET. */
export interface Transfer {
  readonly phase: "begun" | "ended";
  /** From the path; null for a loader, whose asker is known by its address alone. */
  readonly mac: string | null;
  readonly address: string;
  readonly file: ImageStep | "loader";
  readonly name: string;
  readonly sizeBytes: number;
  /** At most so many bytes reached the host: what was given to the socket. */
  readonly sentBytes: number;
  readonly durationMs: number;
  /** The whole file was asked for, and its last byte was sent after all others were acknowledged. */
  readonly complete: boolean;
}

/** Where to listen, what to serve, whom to tell. */
export interface FileServerOptions {
  readonly hostname: string;
  readonly port: number;
  readonly files: readonly ServedFile[];
  readonly onTransfer: (transfer: Transfer) => void;
}

/** A running file server. */
export interface FileServer extends AsyncDisposable {
  readonly port: number;
}

const CHUNK_BYTES = 512 * 1024;
/** A host that takes nothing for so long is gone. */
const IDLE_S = 30;
/** Pauses between looks at the socket's queue: short at first, as most transfers end within a round trip. */
const FIRST_LOOK_MS = 1;
const MAX_LOOK_MS = 50;

/** Starts serving. Files are mapped at their first request. */
export const openFileServer = (options: FileServerOptions): FileServer => {
  const table = new Map(options.files.map((file) => [keyOf(file), file]));
  const mapped = new Map<string, Uint8Array>();
  const contentOf = (key: string, path: string): Uint8Array => {
    const content = mapped.get(key) ?? Bun.mmap(path);
    mapped.set(key, content);
    return content;
  };
  const server = Bun.serve({
    hostname: options.hostname,
    port: options.port,
    idleTimeout: IDLE_S,
    fetch(request, running) {
      if (request.method !== "GET" && request.method !== "HEAD") return refuse(405, "Only GET and HEAD.");
      const asked = parseBootPath(new URL(request.url).pathname);
      const key = asked === null ? "" : keyOf(asked);
      const file = table.get(key);
      if (asked === null || file === undefined) return refuse(404, "The box serves no such file.");
      const content = contentOf(key, file.path);
      const range = parseRange(request.headers.get("range"), content.length);
      if (range === null) return refuse(416, "No such range.", { "content-range": `bytes */${content.length}` });
      const headers = headersOf(range, content.length);
      const status = range.to - range.from === content.length ? 200 : 206;
      // Set by hand: a HEAD without it tells UEFI HTTP boot that the file is empty.
      if (request.method === "HEAD") return new Response(null, { status, headers });
      const peer = running.requestIP(request) ?? { address: "", port: 0 };
      const what = {
        mac: asked.kind === "image" ? asked.mac : null,
        address: peer.address,
        file: asked.kind === "image" ? asked.step : ("loader" as const),
        name: asked.kind === "image" ? asked.step : asked.name,
        sizeBytes: content.length,
      };
      const told = (rest: Omit<Transfer, keyof typeof what>) => options.onTransfer({ ...what, ...rest });
      return new Response(streamOf({ content, range, peer, port: running.port ?? 0, signal: request.signal, told }), {
        status,
        headers,
      });
    },
    error: () => refuse(500, "The box could not read this file."),
  });
  return {
    port: server.port ?? 0,
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
    },
  };
};

interface Sending {
  readonly content: Uint8Array;
  readonly range: ByteRange;
  readonly peer: Peer;
  readonly port: number;
  readonly signal: AbortSignal;
  readonly told: (rest: Pick<Transfer, "phase" | "sentBytes" | "durationMs" | "complete">) => void;
}

/** The body, chunk by chunk as the socket takes it, with a report at its begin and one at its end. */
const streamOf = ({ content, range, peer, port, signal, told }: Sending): ReadableStream<Uint8Array> => {
  const startMs = performance.now();
  const isWhole = range.from === 0 && range.to === content.length;
  let at = range.from;
  let isOpen = true;
  const end = (complete: boolean) => {
    if (!isOpen) return;
    isOpen = false;
    const durationMs = Math.round(performance.now() - startMs);
    told({ phase: "ended", sentBytes: at - range.from, durationMs, complete });
  };
  signal.addEventListener("abort", () => end(false), { once: true });
  told({ phase: "begun", sentBytes: 0, durationMs: 0, complete: false });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at >= range.to) {
          controller.close();
          end(isWhole);
          return;
        }
        const isLast = at === range.to - 1;
        if (isLast) await acknowledged(port, peer, () => isOpen);
        if (!isOpen) return;
        const next = isLast ? range.to : Math.min(at + CHUNK_BYTES, range.to - 1);
        controller.enqueue(content.subarray(at, next));
        at = next;
      },
      cancel: () => end(false),
    },
    { highWaterMark: 0 },
  );
};

/** Waits until the peer has acknowledged everything that was sent, or the transfer is over. A connection that the kernel does not list is not waited for. */
const acknowledged = async (port: number, peer: Peer, isOpen: () => boolean): Promise<void> => {
  for (let pauseMs = FIRST_LOOK_MS; isOpen() && (unacknowledgedBytes(port, peer) ?? 0) > 0; ) {
    await Bun.sleep(pauseMs);
    pauseMs = Math.min(MAX_LOOK_MS, pauseMs * 2);
  }
};

const keyOf = (file: { kind: "image"; step: ImageStep; sha256: string } | { kind: "loader"; name: string }): string =>
  file.kind === "image" ? `image ${file.step} ${file.sha256}` : `loader ${file.name}`;

const headersOf = (range: ByteRange, sizeBytes: number): Record<string, string> => ({
  "content-type": "application/octet-stream",
  "content-length": String(range.to - range.from),
  "accept-ranges": "bytes",
  ...(range.to - range.from === sizeBytes
    ? {}
    : { "content-range": `bytes ${range.from}-${range.to - 1}/${sizeBytes}` }),
});

const refuse = (status: number, text: string, headers: Record<string, string> = {}): Response =>
  new Response(`${text}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
