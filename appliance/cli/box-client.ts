/** The operator API as the command line asks it, over TCP or a unix socket. */
import * as v from "valibot";
import { Problem } from "../../agent/wire/messages.ts";
import { plainText } from "../../agent/wire/plain.ts";
import { EXIT, Stop } from "./terminal.ts";

/** Where a box listens unless told otherwise; the config's own default. */
export const DEFAULT_URL = "http://127.0.0.1:8088";

/** How long a call may take. A box on a slow card is slow, not gone. */
const TIMEOUT_MS = 30_000;

/** What may be asked of a box. What it refuses, and a box that is not there, are thrown as `Stop`. */
export interface BoxClient {
  get<T>(path: string): Promise<T>;
  /** A file as it is. */
  text(path: string): Promise<string>;
  send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T>;
  sendYaml(path: string, yaml: string): Promise<void>;
  /** An open event stream; null when the box is away. */
  events(path: string, lastEventId: string | null, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null>;
}

/** Base URL and socket of an address. */
const parseAddress = (url: string): { readonly base: string; readonly unix: string | null } => {
  if (url.startsWith("unix:/")) return { base: "http://localhost", unix: url.slice("unix:".length) };
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !["http:", "https:"].includes(parsed.protocol))
    throw new Stop(EXIT.usage, `“${plainText(url)}” is no address of a box; write http://HOST:PORT or unix:/PATH`);
  return { base: parsed.origin, unix: null };
};

const refusalOf = async (answer: Response): Promise<Stop> => {
  const text = await answer.text().catch(() => "");
  const problem = v.safeParse(v.pipe(v.string(), v.parseJson(), Problem), text);
  if (!problem.success)
    return new Stop(EXIT.unreachable, `What answered (${answer.status}) is not a box, or not one of this version.`);
  const { title, detail, path } = problem.output;
  const sentence = detail === undefined || detail === "" ? title : detail;
  return new Stop(EXIT.failed, plainText(path === undefined ? sentence : `${path}: ${sentence}`));
};

/** Opens a client. Nothing is sent yet. */
export const openBoxClient = (url: string, signal: AbortSignal): BoxClient => {
  const { base, unix } = parseAddress(url);
  const reach = (path: string, init: RequestInit): Promise<Response> =>
    fetch(`${base}/api/v1${path}`, { ...init, redirect: "error", ...(unix === null ? {} : { unix }) });

  const call = async (method: string, path: string, body?: string, type = "application/json"): Promise<Response> => {
    const answer = await reach(path, {
      method,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      ...(method === "GET" ? {} : { headers: { "content-type": type } }),
      ...(body === undefined ? {} : { body }),
    }).catch((cause: unknown) => {
      if (signal.aborted) throw new Stop(EXIT.failed, "Interrupted.");
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Stop(
        EXIT.unreachable,
        `No box answers at ${plainText(url)} (${plainText(why, 120)}). --url or VETBOX_URL says where it listens.`,
      );
    });
    if (!answer.ok) throw await refusalOf(answer);
    return answer;
  };
  const decode = async <T>(answer: Response): Promise<T> => {
    try {
      return (await answer.json()) as T;
    } catch {
      throw new Stop(EXIT.unreachable, `What answers at ${plainText(url)} is not a box.`);
    }
  };

  return {
    get: async <T>(path: string) => decode<T>(await call("GET", path)),
    text: async (path) => (await call("GET", path)).text(),
    send: async <T>(method: string, path: string, body?: unknown) =>
      decode<T>(await call(method, path, body === undefined ? undefined : JSON.stringify(body))),
    sendYaml: async (path, yaml) => {
      await call("PUT", path, yaml, "application/yaml");
    },
    events: async (path, lastEventId, ended) => {
      const headers = lastEventId === null ? {} : { "last-event-id": lastEventId };
      const answer = await reach(path, { signal: ended, headers }).catch(() => null);
      return answer?.ok === true ? answer.body : null;
    },
  };
};
