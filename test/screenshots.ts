/**
 * Writes a picture of every page for looking at, the panel's first, then the web's in a real browser: `bun run screenshots`, into
 * `build/screenshots`.
 *
 * The panel's are compared, too: `--golden` rewrites what the tests compare them with. Look at each that has changed before committing it.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { SCENES } from "../appliance/panel/pages/golden/scenes.ts";
import { shootWeb } from "./browser/screenshots.ts";
import { renderArt } from "./setup/frame-art.ts";
import { renderPng } from "./setup/png.ts";
import { ROOT } from "./setup/sources.ts";

/** The art that tests compare the pages with. */
export const GOLDEN = join(ROOT, "appliance/panel/pages/golden");
const OUT = join(ROOT, "build/screenshots");
/** An 0.96 inch display as large as a hand on most screens. */
const SCALE = 4;

const writePanel = async (): Promise<void> => {
  const folder = join(OUT, "panel");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const { name, draw } of SCENES) await Bun.write(join(folder, `${name}.png`), renderPng(draw(), SCALE));
  process.stdout.write(`${SCENES.length} pictures of the panel in ${folder}\n`);
};

const writeGolden = async (): Promise<void> => {
  const old = (await readdir(GOLDEN)).filter((name) => name.endsWith(".txt"));
  for (const name of old) await rm(join(GOLDEN, name));
  for (const { name, draw } of SCENES) await Bun.write(join(GOLDEN, `${name}.txt`), renderArt(draw()));
  process.stdout.write(`${SCENES.length} golden pictures in ${GOLDEN}\n`);
};

const main = async (options: readonly string[]): Promise<void> => {
  await writePanel();
  if (options.includes("--golden")) await writeGolden();
  if (!options.includes("--panel")) await shootWeb(join(OUT, "web"));
};

if (import.meta.main) await main(Bun.argv.slice(2));
