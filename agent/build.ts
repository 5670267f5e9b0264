/**
 * Compiles the agent into one executable: `bun run build:agent [--out FILE] [--force]`.
 *
 * Same sources, same lock file, same Bun, same file name: same bits. What these were is kept beside the executable, and a build that would
 * repeat it is skipped.
 */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { defineCommand, runMain } from "citty";
import { Fault } from "./system/fault.ts";

const ROOT = resolve(import.meta.dir, "..");
/** The live image is x86-64. Of this Bun, one executable serves every CPU from SSE4.2 on; it picks its code at run time. */
const TARGET = "bun-linux-x64" as const;

/** Everything that the executable's bits come from. Tests and recordings are not compiled in. */
const inputsOf = (): readonly string[] => {
  const sources = [...new Bun.Glob("agent/**/*.ts").scanSync({ cwd: ROOT })];
  return [
    ...sources.filter((path) => !/\.test\.ts$|\/(?:fixtures|fakes)\//.test(path)).sort(),
    "package.json",
    "bun.lock",
  ];
};

const hashInputs = (): string => {
  const hash = createHash("sha256").update(`${Bun.version} ${Bun.revision} ${TARGET}\n`);
  for (const path of inputsOf()) {
    const bytes = readFileSync(join(ROOT, path));
    hash.update(`${path} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex");
};

const versionOf = (inputs: string): string => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  return `${version}+${inputs.slice(0, 12)}`;
};

/** What a build left beside its executable. */
interface Stamp {
  readonly inputs: string;
  readonly sha256: string;
}

const sha256Of = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

const isCurrent = (out: string, stampPath: string, inputs: string): boolean => {
  if (!existsSync(out) || !existsSync(stampPath)) return false;
  try {
    const stamp = JSON.parse(readFileSync(stampPath, "utf8")) as Partial<Stamp>;
    return stamp.inputs === inputs && stamp.sha256 === sha256Of(out);
  } catch {
    return false; // a stamp that is torn says nothing
  }
};

/** What a build did. */
export interface Built {
  readonly out: string;
  readonly version: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** False when what was there already is what would have been built. */
  readonly isNew: boolean;
}

/** Builds the agent to `out`, or finds that it is there. The file appears whole or not at all. */
export const buildAgent = async (out: string, force = false): Promise<Built> => {
  const inputs = hashInputs();
  const version = versionOf(inputs);
  const stampPath = `${out}.stamp.json`;
  const done = (isNew: boolean): Built => ({
    out,
    version,
    sha256: sha256Of(out),
    sizeBytes: statSync(out).size,
    isNew,
  });
  if (!force && isCurrent(out, stampPath, inputs)) return done(false);
  // The executable carries its own file name, so it is built under that name in a folder of its own and then moved.
  const folder = join(dirname(out), `.${basename(out)}.building-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const building = join(folder, basename(out));
    const result = await Bun.build({
      entrypoints: [join(ROOT, "agent/main.ts")],
      compile: { target: TARGET, outfile: building, autoloadDotenv: false, autoloadBunfig: false },
      minify: true,
      bytecode: true,
      format: "esm",
      define: { VETBOX_AGENT_VERSION: JSON.stringify(version) },
    });
    if (!result.success) throw new Fault("tool-failed", { tool: "Bun.build", logs: result.logs.map(String) });
    chmodSync(building, 0o755);
    renameSync(building, out);
    const stamp: Stamp = { inputs, sha256: sha256Of(out) };
    writeFileSync(stampPath, `${JSON.stringify(stamp)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return done(true);
};

const command = defineCommand({
  meta: { name: "build:agent", description: "Compile the agent into one executable." },
  args: {
    out: { type: "string", description: "Where it goes", default: join(ROOT, "build/agent") },
    force: { type: "boolean", description: "Build even if nothing has changed", default: false },
  },
  run: async ({ args }) => {
    const startMs = performance.now();
    console.log(`agent: compiling for ${TARGET} with Bun ${Bun.version} …`);
    const built = await buildAgent(resolve(args.out), args.force);
    const how = built.isNew ? `built in ${((performance.now() - startMs) / 1000).toFixed(1)} s` : "unchanged, kept";
    console.log(`agent: ${built.out} ${built.version}, ${(built.sizeBytes / 1e6).toFixed(1)} MB, ${how}`);
    console.log(`agent: sha256 ${built.sha256}`);
  },
});

if (import.meta.main) await runMain(command);
