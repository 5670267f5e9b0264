/** What a listener tells its routes about a connection, and the listeners themselves. */
import { chmod, lstat, unlink } from "node:fs/promises";
import { Fault } from "../../agent/system/fault.ts";

/** A request's connection, given to the routes as Hono's bindings. Tests give their own. */
export interface Edge {
  /** Address of the other end; empty on a unix socket. */
  readonly address: string;
  /** Takes the listener's idle limit off this request: a stream that is quiet is not idle. */
  readonly keepOpen: () => void;
}

/** The environment of every app of this folder. */
export interface EdgeEnv {
  Bindings: Edge;
}

/** The part of an app that a listener needs. */
export interface EdgeApp {
  fetch(request: Request, edge: Edge): Response | Promise<Response>;
}

/** Where to listen. Port 0 is any free one. */
export type ListenAt = { readonly hostname: string; readonly port: number } | { readonly unix: string };

/** A certificate with its key, both PEM. */
export interface TlsKeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A running listener. */
export interface Listener extends AsyncDisposable {
  /** `https://10.77.0.1:8443`, or `unix:/path`. */
  readonly url: string;
  /** 0 on a unix socket. */
  readonly port: number;
  /** Closes the listener and every connection. */
  stop(): Promise<void>;
}

/** Seconds without a byte after which a connection is closed: the defence against half-open requests (`safety` C.5 26). */
const IDLE_S = 10;

/** A socket file that a killed box left keeps the next one from listening. Anything else in its place is not ours to remove. */
const clearSocket = async (path: string): Promise<void> => {
  const stat = await lstat(path).catch(() => null);
  if (stat === null) return;
  if (!stat.isSocket()) throw new Fault("bad-state", { path, problem: "exists and is not a socket" });
  await unlink(path);
};

const authority = (hostname: string, port: number) => `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;

/** Serves an app over HTTP, or over HTTPS when a key pair is given. */
export const serveApp = async (app: EdgeApp, at: ListenAt, tls?: TlsKeyPair): Promise<Listener> => {
  if ("unix" in at) await clearSocket(at.unix);
  let server: Bun.Server<undefined>;
  try {
    server = Bun.serve({
      fetch: (request: Request, own: Bun.Server<undefined>) =>
        app.fetch(request, {
          address: own.requestIP(request)?.address ?? "",
          keepOpen: () => own.timeout(request, 0),
        }),
      development: false,
      // Without development mode Bun shares a taken port (SO_REUSEPORT) unless told not to: a second box would get every other request.
      reusePort: false,
      ...("unix" in at ? { unix: at.unix } : { hostname: at.hostname, port: at.port, idleTimeout: IDLE_S }),
      ...(tls === undefined ? {} : { tls: { ...tls } }),
    } as Bun.Serve.Options<undefined>);
  } catch (cause) {
    throw new Fault("network", { at, problem: "cannot listen" }, { cause });
  }
  if ("unix" in at) await chmod(at.unix, 0o600);
  const stop = () => server.stop(true);
  const port = server.port ?? 0;
  return {
    url: "unix" in at ? `unix:${at.unix}` : `${tls === undefined ? "http" : "https"}://${authority(at.hostname, port)}`,
    port,
    stop,
    [Symbol.asyncDispose]: stop,
  };
};

/** Serves the agent API: TLS 1.2 or newer (Bun offers nothing older, which a test asserts) under the box's own certificate. */
export const serveAgentApi = (options: {
  readonly app: EdgeApp;
  readonly hostname: string;
  readonly port: number;
  readonly cert: string;
  readonly key: string;
}): Promise<Listener> =>
  serveApp(options.app, { hostname: options.hostname, port: options.port }, { cert: options.cert, key: options.key });
