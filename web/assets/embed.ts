/** Runs as a macro when `assets.ts` is transpiled or bundled, so that the program carries what browsers load and reads no file for it. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const beside = (name: string): string => readFileSync(join(import.meta.dir, name), "utf8");
const fromPackage = (path: string): string => readFileSync(createRequire(import.meta.url).resolve(path), "utf8");

/** A file's text as it is served. */
export interface Asset {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** Everything that pages load. htmx and its event-stream extension come from its package, the rest from this folder. */
export const embedAssets = (): Asset[] => [
  { name: "style.css", type: "text/css", text: beside("style.css") },
  { name: "icon.svg", type: "image/svg+xml", text: beside("icon.svg") },
  { name: "htmx.js", type: "text/javascript", text: fromPackage("htmx.org/dist/htmx.min.js") },
  { name: "hx-sse.js", type: "text/javascript", text: fromPackage("htmx.org/dist/ext/hx-sse.min.js") },
  {
    name: "live.js",
    type: "text/javascript",
    text: new Bun.Transpiler({ loader: "ts", minifyWhitespace: true }).transformSync(beside("live.ts")),
  },
];
