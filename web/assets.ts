/** What pages load besides themselves: served from the program, under names that hold a digest, so that browsers may keep them for ever. */
import type { Env, Hono } from "hono";
import { embedAssets } from "./assets/embed.ts" with { type: "macro" };
import type { Asset } from "./assets/embed.ts";

/** Enough of the SHA-256 that no two versions of a file share a name. */
const DIGEST_CHARS = 12;

interface Served extends Asset {
  readonly path: string;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

const served = (asset: Asset): Served => {
  const digest = new Bun.CryptoHasher("sha256").update(asset.text).digest("hex").slice(0, DIGEST_CHARS);
  const [stem = "", extension = ""] = asset.name.split(/\.(?=[a-z]+$)/);
  return { ...asset, path: `/assets/${stem}.${digest}.${extension}`, gzip: Bun.gzipSync(asset.text) };
};

const ASSETS: readonly Served[] = (await embedAssets()).map(served);

/** The path of an asset by its plain name. */
export const assetPath = (
  name: "style.css" | "icon.svg" | "htmx.js" | "hx-sse.js" | "live.js" | "panel.js",
): string => {
  const asset = ASSETS.find((a) => a.name === name);
  if (asset === undefined) throw new Error(`no asset ${name}`);
  return asset.path;
};

/** Adds the assets' routes. */
export const addAssetRoutes = <E extends Env>(app: Hono<E>): void => {
  for (const asset of ASSETS)
    app.get(asset.path, (c) => {
      const zipped = (c.req.header("accept-encoding") ?? "").includes("gzip");
      return new Response(zipped ? asset.gzip : asset.text, {
        headers: {
          "content-type": `${asset.type}; charset=utf-8`,
          "cache-control": "public, max-age=31536000, immutable",
          vary: "accept-encoding",
          ...(zipped ? { "content-encoding": "gzip" } : {}),
        },
      });
    });
};
