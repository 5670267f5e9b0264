/**
 * `bun run check`: lint, types, builds and every test, those on virtual servers included. The last line is `N passed, N failed`.
 *
 * A step (lint, types, a build) counts as one; a skipped test, a file without tests and a crash count as failed.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type FileRun, runFiles, type SuiteRules } from "./setup/suite.ts";
import { sumTallies } from "./setup/tally.ts";

const HELP = `Usage: bun run check [--only unit|rack]

Lints, checks types, builds the agent and the live image if they are out of date, and runs all tests.
The output of every test file is kept in build/check.

  --only unit   lint, types and the tests that need neither root nor a virtual server; builds nothing
  --only rack   builds, and the tests of images, networks, browser and virtual servers (needs root)
  --help        this text`;

type Part = "unit" | "rack";

interface CheckStep {
  readonly title: string;
  readonly part: Part;
  readonly command: readonly string[];
}

const STEPS: readonly CheckStep[] = [
  { title: "lint", part: "unit", command: ["node_modules/.bin/biome", "check", "--error-on-warnings", "."] },
  { title: "types", part: "unit", command: ["node_modules/.bin/tsc", "--noEmit", "-p", "."] },
  { title: "build agent", part: "rack", command: [process.execPath, "agent/build.ts"] },
  { title: "build image", part: "rack", command: [process.execPath, "live-image/build.ts"] },
];

const TEST_FILES = new Bun.Glob("{agent,appliance,board,live-image,web,test}/**/*.test.{ts,tsx}");
const BUILT_OR_BORROWED = /(^|\/)(build|node_modules)\//;
/** Tests that need root: they boot virtual servers, build images, open a browser or a broker, make networks, loop devices or cgroups. */
const RACK =
  /^(live-image\/|test\/(board|browser|e2e|mqtt|network|pxe|rack|site)\/|agent\/(disks|stages\/storage)\/|agent\/system\/cgroups\.)/;
/** Those of them that look for whatever was left behind on the machine, also of others. */
const ALONE = /^test\/rack\/(main|rack|recovery)\./;
/** Those that measure a network or draw pages: they share the machine, but not with emulated servers. */
const LIGHT = /^test\/(browser|network|site)\//;

/** These take a minute or more each. Begun first, none of them is what everything waits for at the end. */
const LONG = /^(test\/(e2e|rack\/guest)\/|test\/simulation\/simulation\.|live-image\/build\.)/;

const LOG_DIR = "build/check";
const ALONE_RULES: SuiteRules = { width: 1, testTimeoutMs: 600_000, fileTimeoutMs: 1_200_000, logDir: LOG_DIR };

interface Group {
  readonly name: string;
  readonly part: Part;
  readonly has: (file: string) => boolean;
  readonly rules: SuiteRules;
}

/** In the order in which they run; each file is in one of them. */
const GROUPS: readonly Group[] = [
  {
    ...{ name: "unit tests", part: "unit", has: (file) => !RACK.test(file) },
    rules: {
      ...ALONE_RULES,
      width: Math.max(2, availableParallelism()),
      testTimeoutMs: 120_000,
      fileTimeoutMs: 600_000,
    },
  },
  {
    ...{ name: "tests that want the machine for themselves", part: "rack", rules: ALONE_RULES },
    has: (file) => ALONE.test(file),
  },
  {
    ...{ name: "tests without virtual servers", part: "rack", rules: { ...ALONE_RULES, width: 2 } },
    has: (file) => LIGHT.test(file),
  },
  {
    ...{ name: "tests of the rack", part: "rack", rules: { ...ALONE_RULES, width: 2 } },
    has: (file) => RACK.test(file) && !ALONE.test(file) && !LIGHT.test(file),
  },
];

const seconds = (durationMs: number): string => `${(durationMs / 1000).toFixed(1)} s`;

const sayRun = (run: FileRun): void => {
  const mark = run.failed === 0 ? "  ok  " : "  FAIL";
  const reason = run.reason === null ? "" : ` (${run.reason})`;
  console.log(`${mark} ${run.file}  ${run.passed} passed, ${run.failed} failed${reason}  ${seconds(run.durationMs)}`);
  // At once: whoever watches a check of half an hour can begin to look, and a log that was cut short still has it.
  if (run.failed > 0) console.log(`\n${run.output.trim()}\n`);
};

/** Runs a step and shows what it prints only if it fails. */
const runStep = async (wanted: CheckStep): Promise<FileRun> => {
  console.log(`\n${wanted.title}: ${wanted.command.slice(-3).join(" ")}`);
  const startedMs = performance.now();
  const child = Bun.spawn([...wanted.command], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const passed = (await child.exited) === 0;
  const run: FileRun = {
    file: wanted.title,
    passed: passed ? 1 : 0,
    failed: passed ? 0 : 1,
    reason: null,
    durationMs: performance.now() - startedMs,
    output: `${stdout}${stderr}`,
  };
  sayRun(run);
  return run;
};

const runTests = async (part: Part): Promise<readonly FileRun[]> => {
  const found = (await Array.fromAsync(TEST_FILES.scan("."))).filter((file) => !BUILT_OR_BORROWED.test(file));
  const files = found.sort((a, b) => Number(LONG.test(b)) - Number(LONG.test(a)) || (a < b ? -1 : 1));
  const runs: FileRun[] = [];
  for (const { name, has, rules } of GROUPS.filter((group) => group.part === part)) {
    const own = files.filter(has);
    console.log(`\n${name}: ${own.length} files, ${rules.width} at once`);
    runs.push(...(await runFiles(own, rules, sayRun)));
  }
  return runs;
};

const partsOf = (only: string | undefined): readonly Part[] => {
  if (only === undefined) return ["unit", "rack"];
  if (only === "unit" || only === "rack") return [only];
  throw new Error(`--only takes "unit" or "rack", not ${JSON.stringify(only)}`);
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { only: { type: "string" }, help: { type: "boolean" } } });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const startedMs = performance.now();
  const runs: FileRun[] = [];
  const runSteps = async (part: Part): Promise<void> => {
    for (const wanted of STEPS.filter((step) => step.part === part)) runs.push(await runStep(wanted));
  };
  const parts = partsOf(values.only);
  // What the rack boots is built meanwhile: much of that is waiting for downloads.
  const building = parts.includes("rack") ? runSteps("rack") : Promise.resolve();
  if (parts.includes("unit")) {
    await runSteps("unit");
    runs.push(...(await runTests("unit")));
  }
  await building;
  if (parts.includes("rack")) runs.push(...(await runTests("rack")));
  for (const run of runs.filter((one) => one.failed > 0))
    console.log(`\n  FAIL ${run.file}: ${run.reason ?? `${run.failed} failed`}`);
  const { passed, failed } = sumTallies(runs);
  console.log(`\n${seconds(performance.now() - startedMs)} in all`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
