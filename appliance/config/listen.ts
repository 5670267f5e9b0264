/** Where the pages and the operator API listen: this machine alone, because there is no login yet. */

/** A loopback address with a port, or a unix socket. */
export type WebListen = { readonly hostname: string; readonly port: number } | { readonly unix: string };

const LOOPBACK = /^(127(?:\.\d{1,3}){3}|localhost|\[::1\]):(\d{1,5})$/;

/** What the config says where it refuses another address. */
export const LISTEN_ALLOWED =
  "127.0.0.1:PORT, [::1]:PORT, localhost:PORT or unix:/absolute/path, and nothing else: there is no login yet, so whoever " +
  "reaches the pages may wipe disks (from elsewhere, use `ssh -L 8088:127.0.0.1:8088 BOX`)";

/** Reads it; null for every address that others could reach. */
export const parseListen = (text: string): WebListen | null => {
  if (/^unix:\/[^\0]{1,100}$/.test(text)) return { unix: text.slice("unix:".length) };
  const [, hostname, port] = LOOPBACK.exec(text) ?? [];
  if (hostname === undefined || Number(port) > 65_535) return null;
  return { hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
};
