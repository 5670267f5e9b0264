/** The project's own TypeScript, for the tests that read it. */
import { dirname, join, relative } from "node:path";

/** Root of the repository. */
export const ROOT = join(import.meta.dir, "../..");

/** One source file. */
export interface Source {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const SOURCES = new Bun.Glob("{agent,appliance,board,live-image,web,test}/**/*.{ts,tsx,cts}");
/** What is built, borrowed, generated or a recorded sample is not ours to tidy. */
const FOREIGN = /(^|\/)(build|node_modules|migrations|fixtures)\//;

/** Every source file of the project, tests included, in order of path. */
export const loadSources = async (): Promise<readonly Source[]> => {
  const paths = (await Array.fromAsync(SOURCES.scan(ROOT))).filter((path) => !FOREIGN.test(path)).sort();
  return Promise.all(paths.map(async (path) => ({ path, text: await Bun.file(join(ROOT, path)).text() })));
};

/** Whether `bun test` runs the file. */
export const isTestFile = (path: string): boolean => /\.test\.tsx?$/.test(path);

/** A relative specifier as a path from the root; null for a package or a built-in module. */
export const resolveImport = (importer: string, specifier: string): string | null =>
  specifier.startsWith(".") ? relative(ROOT, join(ROOT, dirname(importer), specifier)) : null;
