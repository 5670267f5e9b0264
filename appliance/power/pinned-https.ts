/**
 * HTTPS requests to a BMC, each over a connection whose certificate was compared before a byte of the request was sent.
 *
 * A BMC's certificate is made by itself, names nobody, and has often expired, or the box's clock is wrong by years. So neither chain nor name nor
 * date is asked: the box remembers the certificate that it met first and accepts no other. Bun's `fetch` cannot do that: with a trust anchor it
 * refuses an expired certificate and one that a site's own CA has signed, and without one it never calls `checkServerIdentity`.
 */
import { createHash } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import { connect, type TLSSocket } from "node:tls";
import { BmcFailure } from "./trouble.ts";

/** Where the requests go, and whom they trust. */
export interface PinnedPlace {
  readonly address: string;
  readonly port: number;
  /** SHA-256 of the certificate in hex; null before the first contact. */
  readonly pin: string | null;
  /** Keeps the pin of the first contact. The request is sent after it. */
  readonly pinned: (pin: string) => Promise<void>;
  /** How long one request may take, from connecting to its last byte. */
  readonly requestMs: number;
}

/** One request. */
export interface BmcRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What came back. */
export interface BmcResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; null when there was none. */
  readonly json: unknown;
}

/** Sends a request; throws a `BmcFailure` when no answer came. */
export type SendPinned = (request: BmcRequest, signal: AbortSignal) => Promise<BmcResponse>;

/** A system resource has some 10 KB; a broken one must not fill the box's memory. */
const MAX_BODY_BYTES = 1024 * 1024;

const AWAY = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT", "EHOSTDOWN"]);

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const asFailure = (error: unknown, where: string): BmcFailure => {
  if (error instanceof BmcFailure) return error;
  const code = codeOf(error);
  if (AWAY.has(code))
    return new BmcFailure("unreachable", `Nothing answers at ${where} (${code}).`, "", { cause: error });
  const said = error instanceof Error ? error.message : String(error);
  return new BmcFailure("not-a-bmc", `What answers at ${where} broke off.`, said, { cause: error });
};

/** Shakes hands; ends with the connection and its certificate's SHA-256. */
const shakeHands = (address: string, port: number, signal: AbortSignal): Promise<[TLSSocket, string]> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false });
    const fail = (reason: unknown) => {
      socket.destroy();
      reject(reason);
    };
    const onAbort = () => fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", fail);
    socket.once("close", () =>
      reject(new BmcFailure("not-a-bmc", `What answers at ${address}:${port} speaks no TLS.`)),
    );
    socket.once("secureConnect", () => {
      signal.removeEventListener("abort", onAbort);
      const { raw } = socket.getPeerCertificate();
      if (!(raw instanceof Uint8Array)) return fail(new BmcFailure("not-a-bmc", "The BMC showed no certificate."));
      resolve([socket, createHash("sha256").update(raw).digest("hex")]);
    });
  });

const readBody = async (message: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of message as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_BODY_BYTES) throw new BmcFailure("not-a-bmc", "The BMC's answer is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a status says enough; who needs content meets none
  }
};

const headersOf = ({ headers }: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );

const exchange = (
  socket: TLSSocket,
  place: PinnedPlace,
  asked: BmcRequest,
  signal: AbortSignal,
): Promise<BmcResponse> =>
  new Promise((resolve, reject) => {
    const body = asked.body === undefined ? null : JSON.stringify(asked.body);
    const host = place.address.includes(":") ? `[${place.address}]` : place.address;
    const sent = request({
      createConnection: () => socket,
      method: asked.method,
      path: asked.path,
      headers: {
        ...{ host: `${host}:${place.port}`, connection: "close", accept: "application/json", "odata-version": "4.0" },
        ...(body === null ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        ...asked.headers,
      },
    });
    const onAbort = () => {
      sent.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    sent.once("error", reject);
    sent.once("response", (message) => {
      readBody(message)
        .then((text) =>
          resolve({ status: message.statusCode ?? 0, headers: headersOf(message), json: parseJson(text) }),
        )
        .catch(reject)
        .finally(() => signal.removeEventListener("abort", onAbort));
    });
    sent.end(body ?? undefined);
  });

/** Makes the sender for one BMC. */
export const openPinnedHttps = (place: PinnedPlace): SendPinned => {
  const where = `${place.address}:${place.port}`;
  let { pin } = place;
  return async (asked, signal) => {
    const late = AbortSignal.timeout(place.requestMs);
    const both = AbortSignal.any([signal, late]);
    let socket: TLSSocket | null = null;
    try {
      const [connected, shown] = await shakeHands(place.address, place.port, both);
      socket = connected;
      socket.on("error", () => {}); // whoever waits on it is told by the exchange
      if (pin === null) {
        await place.pinned(shown);
        pin = shown;
      }
      if (pin !== shown)
        throw new BmcFailure(
          "other-certificate",
          "The BMC shows another certificate than before. If that is right, set the BMC anew; nothing was sent to it.",
        );
      return await exchange(socket, place, asked, both);
    } catch (error) {
      if (late.aborted && !signal.aborted)
        throw new BmcFailure("timeout", `The BMC at ${where} did not answer within ${place.requestMs / 1000} s.`);
      if (signal.aborted) throw new BmcFailure("timeout", "The call was given up.");
      throw asFailure(error, where);
    } finally {
      socket?.destroy();
    }
  };
};
