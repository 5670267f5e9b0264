/** The config file: YAML, every key optional, every mistake told at once with its place. */
import { readFile } from "node:fs/promises";
import { Fault } from "../agent/system/fault.ts";
import { findMisfits } from "./config/cross-checks.ts";
import { type ConfigProblem, readSection, renderSection } from "./config/setting.ts";
import { type Config, SETTINGS } from "./config/settings.ts";
import { parseYaml } from "./core/spec/yaml.ts";

export type { ConfigProblem } from "./config/setting.ts";
export type { Config } from "./config/settings.ts";

/** A config, or everything that is wrong with it. */
export type ConfigAnswer =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** A config file is a page of text. */
const MAX_CHARS = 64 * 1024;

const byPlace = (a: ConfigProblem, b: ConfigProblem): number => a.place.localeCompare(b.place, "en", { numeric: true });

const refuse = (place: string, message: string): ConfigAnswer => ({
  ok: false,
  problems: [{ place, path: "", message }],
});

/** Reads a config's text. An empty one is all defaults. */
export const parseConfig = (text: string): ConfigAnswer => {
  if (text.length > MAX_CHARS) return refuse("1:1", `the file is too long; allowed are ${MAX_CHARS} characters`);
  const yaml = parseYaml(text);
  if (!yaml.ok) return refuse(yaml.place, `not valid YAML: ${yaml.message}`);
  const { document } = yaml;
  const problems: ConfigProblem[] = [];
  const config = readSection({ document, problems }, SETTINGS, document.data) as Config;
  // What does not stand alone is not held against its neighbours: the second error would be about the first.
  if (problems.length === 0)
    for (const { path, message } of findMisfits(config))
      problems.push({ place: document.placeOf(path), path: path.join("."), message });
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems: problems.sort(byPlace) };
};

/** Reads a config file. */
export const loadConfig = async (path: string): Promise<ConfigAnswer> => {
  try {
    return parseConfig(await readFile(path, "utf8"));
  } catch (cause) {
    throw new Fault("file-unreadable", { path }, { cause });
  }
};

/** Problems as lines that an editor can jump to: `file:line:column: path: what is wrong`. */
export const renderConfigProblems = (file: string, problems: readonly ConfigProblem[]): string =>
  problems
    .map(({ place, path, message }) => `${file}:${place}: ${path === "" ? "" : `${path}: `}${message}`)
    .join("\n");

/** An example file with every key, its meaning and its default. */
export const renderConfigReference = (): string => `# ${SETTINGS.doc}\n${renderSection(SETTINGS).join("\n")}\n`;
