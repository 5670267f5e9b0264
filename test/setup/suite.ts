/** Runs test files, each in a `bun test` of its own: a file that crashes, leaks or hangs costs its own tests and nobody else's. */
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseTally, type Tally } from "./tally.ts";

/** How a group of files is run. */
export interface SuiteRules {
  /** Files at once. */
  readonly width: number;
  readonly testTimeoutMs: number;
  /** After this the file's process is killed. */
  readonly fileTimeoutMs: number;
  /** Where each file's whole output is kept. */
  readonly logDir: string;
}

/** One file's run. */
export interface FileRun extends Tally {
  readonly file: string;
  readonly durationMs: number;
  /** Everything that it printed. */
  readonly output: string;
}

/** Runs every file and tells `onDone` of each as it ends. The answer is in the order of `files`. */
export const runFiles = async (
  files: readonly string[],
  rules: SuiteRules,
  onDone: (run: FileRun) => void,
): Promise<readonly FileRun[]> => {
  mkdirSync(rules.logDir, { recursive: true });
  const runs: FileRun[] = [];
  const waiting = files.entries(); // one iterator for all lanes: each file is taken once
  const lane = async (): Promise<void> => {
    for (const [place, file] of waiting) {
      const run = await runFile(file, rules);
      runs[place] = run;
      onDone(run);
    }
  };
  await Promise.all(Array.from({ length: rules.width }, lane));
  return runs;
};

const runFile = async (file: string, rules: SuiteRules): Promise<FileRun> => {
  const startedMs = performance.now();
  const log = join(rules.logDir, file.replaceAll("/", "."));
  // Files instead of pipes: a process that outlives its test would hold a pipe open, and the check would wait for it.
  const [out, err] = [openSync(`${log}.out`, "w"), openSync(`${log}.err`, "w")];
  const child = Bun.spawn([process.execPath, "test", `--timeout=${rules.testTimeoutMs}`, `./${file}`], {
    stdin: "ignore",
    stdout: out,
    stderr: err,
    timeout: rules.fileTimeoutMs,
    killSignal: "SIGKILL",
    // CI makes Bun refuse to write a missing snapshot instead of passing with it.
    env: { ...process.env, CI: "true" },
  });
  const exitCode = await child.exited;
  closeSync(out);
  closeSync(err);
  const stderr = readFileSync(`${log}.err`, "utf8");
  return {
    file,
    ...parseTally(stderr, exitCode),
    durationMs: performance.now() - startedMs,
    output: `${readFileSync(`${log}.out`, "utf8")}${stderr}`,
  };
};
