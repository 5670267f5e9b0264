/**
 * `fetch` that talks to one certificate and to nothing else.
 *
 * Bun 1.4.5 ignores `checkServerIdentity` when `rejectUnauthorized` is false, so the obvious way to pin is silently none. Instead the certificate is
 * looked at once in a bare TLS handshake that sends nothing, compared with the pin, and then given to every fetch as its only trust anchor; the
 * comparison is made again in each handshake, because a trust anchor could issue other certificates.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { connect, type PeerCertificate } from "node:tls";
import { Fault } from "./system/fault.ts";

/** As much of `fetch` as the agent uses. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

/** What a request is made of. */
export interface FetchInit {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** How long the bare handshake may take. */
const HANDSHAKE_MS = 10_000;

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

const isPinned = (certificate: PeerCertificate, pin: Buffer): boolean =>
  certificate.raw instanceof Uint8Array && timingSafeEqual(sha256(certificate.raw), pin);

const toPem = (der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
};

/** Shakes hands without trust and without sending anything, and returns the certificate if it is the pinned one. */
const lookAtCertificate = (url: URL, pin: Buffer, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const socket = connect({ host, port: Number(url.port || 443), rejectUnauthorized: false });
    const end = (error: Fault | null, pem = "") => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      if (error === null) resolve(pem);
      else reject(error);
    };
    const onAbort = () => end(new Fault("network", { host, reason: "aborted" }));
    const timer = setTimeout(() => end(new Fault("network", { host, reason: "no handshake in time" })), HANDSHAKE_MS);
    signal.addEventListener("abort", onAbort);
    socket.on("error", (cause) => end(new Fault("network", { host, reason: cause.message }, { cause })));
    socket.on("close", () => end(new Fault("network", { host, reason: "closed in the handshake" })));
    socket.on("secureConnect", () => {
      const certificate = socket.getPeerCertificate();
      if (isPinned(certificate, pin)) end(null, toPem(certificate.raw));
      else end(new Fault("certificate", { host, reason: "the certificate is not the pinned one" }));
    });
  });

/** Makes a fetch for the box at `origin`, whose certificate's SHA-256 (of the DER form, in hex) is `pin`. Other origins are refused. */
export const openPinnedFetch = (origin: string, pin: string): Fetch => {
  const expected = Buffer.from(pin, "hex");
  const home = new URL(origin);
  if (expected.length !== 32) throw new Fault("bad-input", { field: "pin", reason: "must be 64 hex digits" });
  if (home.protocol !== "https:") throw new Fault("bad-input", { field: "url", reason: "must be https" });
  let tls: { ca: string; rejectUnauthorized: true; checkServerIdentity: typeof checkServerIdentity } | undefined;
  const checkServerIdentity = (_host: string, certificate: PeerCertificate): Error | undefined =>
    isPinned(certificate, expected) ? undefined : new Error("the certificate is not the pinned one");
  return async (url, init) => {
    if (new URL(url).origin !== home.origin) throw new Fault("bad-input", { url, reason: "another origin" });
    tls ??= { ca: await lookAtCertificate(home, expected, init.signal), rejectUnauthorized: true, checkServerIdentity };
    // A redirect would carry the token elsewhere.
    return fetch(url, { ...init, redirect: "error", tls });
  };
};
