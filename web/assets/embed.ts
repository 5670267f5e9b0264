/** Runs as a macro when `assets.ts` is transpiled or bundled, so that the program carries what browsers load and reads no file for it. */
const beside = (name: string): Promise<string> => Bun.file(new URL(name, import.meta.url)).text();
const fromPackage = (path: string): Promise<string> => Bun.file(new URL(import.meta.resolve(path))).text();

/** One sheet of these files, in the order in which later rules win. */
const styles = async (): Promise<string> =>
  (await Promise.all(["frame.css", "blocks.css", "hardware.css", "panel.css", "controls.css"].map(beside))).join("\n");

const script = async (name: string): Promise<string> =>
  new Bun.Transpiler({ loader: "ts", minifyWhitespace: true }).transformSync(await beside(name));

/** A file's text as it is served. */
export interface Asset {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

/** Everything that pages load. htmx and its event-stream extension come from its package, the rest from this folder. */
export const embedAssets = async (): Promise<Asset[]> => [
  { name: "style.css", type: "text/css", text: await styles() },
  { name: "icon.svg", type: "image/svg+xml", text: await beside("icon.svg") },
  { name: "htmx.js", type: "text/javascript", text: await fromPackage("htmx.org/dist/htmx.min.js") },
  { name: "hx-sse.js", type: "text/javascript", text: await fromPackage("htmx.org/dist/ext/hx-sse.min.js") },
  { name: "live.js", type: "text/javascript", text: await script("live.ts") },
  { name: "panel.js", type: "text/javascript", text: await script("panel.ts") },
];
