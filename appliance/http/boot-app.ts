/** The boot script of each MAC, over plain HTTP: boot loaders have no certificate of ours to check. */
import { Hono } from "hono";
import type { Logger } from "pino";
import type { BootDesk } from "../core/ports.ts";
import type { EdgeEnv } from "./edge.ts";
import { renderThrown } from "./problem.ts";

/** What a boot loader says of itself. */
export interface LoaderFacts {
  /** `iPXE/1.21.1`. */
  readonly userAgent: string;
  /** iPXE's `${platform}`: `pcbios` or `efi`. */
  readonly platform: string;
  /** iPXE's `${buildarch}`: `i386`, `x86_64`, `arm64`. */
  readonly arch: string;
}

/** What the boot scripts are made of. */
export interface BootAppParts {
  /** The script for a MAC; null for one that is not registered. It mints an enrol code, so it is called once a request. */
  readonly bootScript: (mac: string, loader: LoaderFacts) => Promise<string | null>;
  readonly boots: Pick<BootDesk, "seen">;
  readonly log: Logger;
  readonly nowMs: () => number;
}

const MAC = /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$|^[0-9a-f]{12}$/;

/** A MAC as boot loaders write it (colons, dashes or nothing, any case) in the form of the wire; null for anything else. */
export const parseMac = (text: string): string | null => {
  const lower = text.toLowerCase();
  if (!MAC.test(lower)) return null;
  return (lower.replaceAll(/[:-]/g, "").match(/../g) ?? []).join(":");
};

/** Words of a boot loader, kept to what is safe to show. */
const word = (text: string | undefined): string => (text ?? "").replaceAll(/[^\x20-\x7e]/g, "").slice(0, 64);

const plain = (text: string, status: number): Response =>
  new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" } });

/** Builds the script routes. */
export const createBootApp = (parts: BootAppParts): Hono<EdgeEnv> => {
  const app = new Hono<EdgeEnv>();
  app.get("/ipxe/:mac", async (c) => {
    // Hono answers HEAD by running GET; a HEAD must not burn an enrol code that nobody receives.
    if (c.req.method !== "GET") return plain("Only GET.\n", 405);
    const mac = parseMac(c.req.param("mac"));
    if (mac === null) return plain("This is not a MAC address.\n", 404);
    const loader: LoaderFacts = {
      userAgent: word(c.req.header("user-agent")),
      platform: word(c.req.query("platform")),
      arch: word(c.req.query("buildarch")),
    };
    const script = await parts.bootScript(mac, loader);
    const said = [loader.userAgent, loader.platform, loader.arch, word(c.req.query("version"))].filter((w) => w !== "");
    await parts.boots.seen({
      mac,
      step: "script",
      atMs: parts.nowMs(),
      detail: said.join(" "),
      complete: script !== null,
    });
    return script === null
      ? plain(`${mac} is not registered on this box. Add the host, then boot it again.\n`, 404)
      : plain(script, 200);
  });
  app.notFound(() => plain("There is no such boot script.\n", 404));
  app.onError((error, c) => {
    parts.log.error({ err: error, path: c.req.path }, "boot script failed");
    return plain("The box failed to make this script. Its log says why.\n", renderThrown(error).status);
  });
  return app;
};
