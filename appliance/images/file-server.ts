/**
 * Kernel, initrd, root and loaders over plain HTTP, from a table: no request is ever joined to a path.
 *
 * A transfer counts as complete when the host's TCP has acknowledged all of it. A kernel's socket buffer takes some MiB at once, a whole initrd, so "handed to
 * the socket" would call a transfer complete that nobody received. The last byte is therefore kept back until everything before it is acknowledged; while
 * it is, the response is still open and its end by the host is seen as an abort.
 *
 * Files are mapped and written in chunks. `Response(Bun.file)` uses sendfile, which costs half the CPU but stalls its thread for a whole transfer from a slow
 * medium and tells nobody how far it came; a `Response` of a stream is chunked, and UEFI HTTP boot wants a length. Image files are immutable: a new image
 * is new files, so a mapping never shrinks under us.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type ImageStep, parseBootPath } from "../core/boot-paths.ts";
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
  /** A host that takes nothing for so long is gone; 30 s unless told. */
  readonly stallMs?: number;
  readonly onTransfer: (transfer: Transfer) => void;
  /** A file of the table that cannot be read. */
  readonly onUnreadable: (path: string, error: unknown) => void;
}

/** A running file server. */
export interface FileServer extends AsyncDisposable {
  readonly port: number;
}

const CHUNK_BYTES = 1024 * 1024;
const STALL_MS = 30_000;
/** Pauses between looks at the socket's queue: short at first, as most transfers end within a round trip. */
const FIRST_LOOK_MS = 1;
const MAX_LOOK_MS = 50;

/** Starts serving. Files are mapped at their first request. Resolves when it listens. */
export const openFileServer = async (options: FileServerOptions): Promise<FileServer> => {
  const table = new Map(options.files.map((file) => [keyOf(file), file]));
  const mapped = new Map<string, Uint8Array>();
  const contentOf = (key: string, path: string): Uint8Array | null => {
    try {
      const content = mapped.get(key) ?? Bun.mmap(path);
      mapped.set(key, content);
      return content;
    } catch (error) {
      options.onUnreadable(path, error);
      return null;
    }
  };
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, "Only GET and HEAD.");
    const asked = parseBootPath(request.url ?? "");
    const key = asked === null ? "" : keyOf(asked);
    const file = table.get(key);
    if (asked === null || file === undefined) return refuse(response, 404, "The box serves no such file.");
    const content = contentOf(key, file.path);
    if (content === null) return refuse(response, 500, "The box cannot read this file. Its log says why.");
    const range = parseRange(request.headers.range ?? null, content.length);
    if (range === null)
      return refuse(response, 416, "No such range.", { "content-range": `bytes */${content.length}` });
    response.writeHead(range.to - range.from === content.length ? 200 : 206, headersOf(range, content.length));
    if (request.method === "HEAD") return void response.end();
    const what = {
      mac: asked.kind === "image" ? asked.mac : null,
      address: request.socket.remoteAddress ?? "",
      file: asked.kind === "image" ? asked.step : ("loader" as const),
      name: asked.kind === "image" ? asked.step : asked.name,
      sizeBytes: content.length,
    };
    const told: Sending["told"] = (rest) => options.onTransfer({ ...what, ...rest });
    void send({ content, range, peer: peerOf(request), response, stallMs: options.stallMs ?? STALL_MS, told });
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(options.port, options.hostname, () => listening.resolve());
  await listening.promise;
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

interface LocatedPeer extends Peer {
  readonly localPort: number;
}

interface Sending {
  readonly content: Uint8Array;
  readonly range: ByteRange;
  readonly peer: LocatedPeer;
  readonly response: ServerResponse;
  readonly stallMs: number;
  readonly told: (rest: Pick<Transfer, "phase" | "sentBytes" | "durationMs" | "complete">) => void;
}

/** The body, chunk by chunk as the socket takes it, with a report at its begin and one at its end. */
const send = async ({ content, range, peer, response, stallMs, told }: Sending): Promise<void> => {
  const startMs = performance.now();
  const isWhole = range.from === 0 && range.to === content.length;
  const closed = new Promise<void>((resolve) => response.once("close", () => resolve()));
  let at = range.from;
  let isOpen = true;
  void closed.then(() => {
    isOpen = false;
    const durationMs = Math.round(performance.now() - startMs);
    const complete = isWhole && at === range.to && response.writableFinished;
    told({ phase: "ended", sentBytes: at - range.from, durationMs, complete });
  });
  told({ phase: "begun", sentBytes: 0, durationMs: 0, complete: false });
  while (isOpen && at < range.to) {
    const isLast = at === range.to - 1;
    const stalled = setTimeout(() => response.destroy(), stallMs);
    if (isLast) await acknowledged(peer, () => isOpen);
    if (!isOpen) return clearTimeout(stalled);
    const next = isLast ? range.to : Math.min(at + CHUNK_BYTES, range.to - 1);
    const taken = response.write(content.subarray(at, next));
    at = next;
    if (!taken) await Promise.race([drained(response), closed]);
    clearTimeout(stalled);
  }
  if (isOpen) response.end();
};

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => response.once("drain", () => resolve()));

/** Waits until the peer has acknowledged everything that was sent, or the transfer is over. A connection that the kernel does not list is not waited for. */
const acknowledged = async (peer: LocatedPeer, isOpen: () => boolean): Promise<void> => {
  for (let pauseMs = FIRST_LOOK_MS; isOpen() && (unacknowledgedBytes(peer.localPort, peer) ?? 0) > 0; ) {
    await Bun.sleep(pauseMs);
    pauseMs = Math.min(MAX_LOOK_MS, pauseMs * 2);
  }
};

const peerOf = ({ socket }: IncomingMessage): LocatedPeer => ({
  address: socket.remoteAddress ?? "",
  port: socket.remotePort ?? 0,
  localPort: socket.localPort ?? 0,
});

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

const refuse = (response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
  response.end(`${text}\n`);
};
