import { beforeAll, describe, expect, test } from "bun:test";
import { needPackages } from "../../../test/setup/packages.ts";
import { settle } from "../../fakes/clock.ts";
import { fakeContext } from "../../fakes/stage-context.ts";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import { type Exec, type ExecResult, systemExec } from "../../system/exec.ts";
import { loadFactsOf } from "../load.ts";
import { loadArgv } from "./commands.ts";
import { parseCpuList, parseSpeeds, readProcessors } from "./processors.ts";
import { runCpu } from "./run.ts";

const METRICS = `stress-ng: info:  [3185] setting to a 3 second run per stressor
stress-ng: info:  [3185] dispatching hogs: 2 cpu, 2 matrix
stress-ng: metrc: [3185] stressor       bogo ops real time  usr time  sys time   bogo ops/s     bogo ops/s
stress-ng: metrc: [3185]                           (secs)    (secs)    (secs)   (real time) (usr+sys time)
stress-ng: metrc: [3185] cpu                5026      3.00      3.00      0.00      1674.24        1673.92
stress-ng: metrc: [3185] matrix            11124      3.00      2.98      0.00      3706.85        3732.18
stress-ng: info:  [3185] successful run completed in 3.00s
`;
const CPU = "/sys/devices/system/cpu";
const report = (cpu: number, ranOn = cpu): ExecResult =>
  exited(JSON.stringify({ cpu, ranOn: [ranOn], rounds: 100, durationMs: 2000, miscomputes: [] }));

/** Two sockets of one processor each, measured and throttled as the table says. */
const FILES: Readonly<Record<string, string>> = {
  [`${CPU}/present`]: "0-1\n",
  [`${CPU}/online`]: "0-1\n",
  [`${CPU}/cpu0/topology/physical_package_id`]: "0\n",
  [`${CPU}/cpu1/topology/physical_package_id`]: "1\n",
  [`${CPU}/cpu0/thermal_throttle/core_throttle_count`]: "7\n",
  [`${CPU}/cpu0/thermal_throttle/package_throttle_count`]: "9\n",
  [`${CPU}/cpu0/cpufreq/base_frequency`]: "2200000\n",
  [`${CPU}/cpu1/acpi_cppc/nominal_freq`]: "2400\n",
  "/proc/cpuinfo":
    "processor\t: 0\ncpu MHz\t\t: 2600.000\nflags\t\t: fpu aperfmperf\n\nprocessor\t: 1\ncpu MHz\t\t: 2500.500\n",
  "/proc/meminfo": "MemTotal:       16000000 kB\nMemAvailable:   15000000 kB\n",
  "/sys/class/hwmon/hwmon0/name": "coretemp\n",
  "/sys/class/hwmon/hwmon0/temp1_input": "61000\n",
  "/sys/class/hwmon/hwmon0/temp1_label": "Core 0\n",
  "/sys/class/hwmon/hwmon0/temp1_crit": "100000\n",
};

const run = async (exec: Exec, files = FILES, during?: (files: Record<string, string>) => void) => {
  const now = { ...files };
  const confined: (string | undefined)[] = [];
  const system = fakeSystem({
    files: tableFiles(now),
    exec: async (invocation, signal) => {
      confined.push(invocation.confine?.name);
      await settle(); // the first sample is taken meanwhile
      during?.(now);
      return exec(invocation, signal);
    },
  });
  const context = fakeContext(system, { loadS: 3, expectedCpus: 2 });
  return { facts: await runCpu(context), artifacts: [...context.artifacts.keys()], confined };
};

const cpuOf = (argv: readonly string[]): number => Number(argv[argv.indexOf("--cpu") + 1]);
const healthy: Exec = async ({ argv }) => (argv[0] === "stress-ng" ? exited("", 0, METRICS) : report(cpuOf(argv)));

describe("runCpu", () => {
  test("loads all processors, asks each for known answers, and measures heat and speed meanwhile", async () => {
    const { facts, artifacts, confined } = await run(healthy);
    expect(facts).toEqual({
      order: { loadS: 3, expectedCpus: 2 },
      presentCount: 2,
      onlineCount: 2,
      lostCpus: [],
      load: {
        ...{ end: "exited", exitCode: 0, oomKilled: false, durationMs: 1, failures: [], kills: [] },
        stressors: [
          { name: "cpu", bogoOps: 5026, wallS: 3 },
          { name: "matrix", bogoOps: 11124, wallS: 3 },
        ],
      },
      canaries: [0, 1].map((cpu) => ({
        ...{ cpu, socket: cpu, end: "reported", rounds: 100, durationMs: 2000, miscomputes: [] },
      })),
      sockets: [
        {
          ...{ socket: 0, cpuCount: 1, coreThrottles: 0, packageThrottles: 0, baseMhz: 2200 },
          speedMhz: { min: 2600, mean: 2600, max: 2600, sampleCount: 1 },
        },
        {
          ...{ socket: 1, cpuCount: 1, baseMhz: 2400 },
          speedMhz: { min: 2500.5, mean: 2500.5, max: 2500.5, sampleCount: 1 },
        },
      ],
      temperatures: [
        {
          ...{ name: "coretemp Core 0", chip: "coretemp", isProcessor: true, criticalC: 100 },
          tempC: { min: 61, mean: 61, max: 61, sampleCount: 1 },
        },
      ],
    });
    expect(artifacts).toEqual(["stress-ng-cpu.txt"]);
    expect(confined.sort()).toEqual(["canary", "canary", "cpu"]);
  });

  test("counts throttling within the stage alone, and sees a processor go", async () => {
    const { facts } = await run(healthy, FILES, (files) => {
      files[`${CPU}/cpu0/thermal_throttle/core_throttle_count`] = "10\n";
      files[`${CPU}/online`] = "0\n";
    });
    expect(facts.sockets[0]).toMatchObject({ coreThrottles: 3, packageThrottles: 0 });
    expect(facts.lostCpus).toEqual([1]);
  });

  test("a canary that crashed, one that ran elsewhere and one that said nothing are told apart", async () => {
    const files = { ...FILES, [`${CPU}/present`]: "0-2", [`${CPU}/online`]: "0-2" };
    const crash: ExecResult = { ...exited(""), end: "signalled", exitCode: null, signal: "SIGILL" };
    const { facts } = await run(
      async ({ argv }) =>
        argv[0] === "stress-ng" ? exited("", 0, METRICS) : ([crash, report(1, 0), exited("", 1)][cpuOf(argv)] ?? crash),
      files,
    );
    expect(facts.canaries.map(({ end, reason }) => [end, reason])).toEqual([
      ["crashed", "SIGILL"],
      ["lost", "It ran on CPU 0"],
      ["lost", "It ended with exited 1"],
    ]);
  });
});

test("readProcessors: a machine that tells nothing has no processors", async () => {
  expect(await readProcessors(tableFiles({}))).toEqual({ presentCount: 0, online: [] });
});

test("parseCpuList: ranges and single ones; a list that is endless is cut", () => {
  expect(parseCpuList("0-2,8\n")).toEqual([0, 1, 2, 8]);
  expect(parseCpuList("")).toEqual([]);
  expect(parseCpuList("0-99999")).toHaveLength(8192);
});

test("parseSpeeds: a constant that nobody measures is no speed", () => {
  expect(parseSpeeds("processor\t: 0\ncpu MHz\t\t: 2100.000\nflags\t\t: fpu hypervisor\n").size).toBe(0);
});

describe("the real stress-ng", () => {
  beforeAll(() => needPackages(["stress-ng"]));

  test("is started as the plan says and its figures are read", async () => {
    const result = await systemExec({ argv: loadArgv(2), timeoutMs: 60_000 });
    const { stressors, ...facts } = loadFactsOf(result);
    expect(facts).toMatchObject({ end: "exited", exitCode: 0, oomKilled: false, failures: [] });
    expect(stressors.map(({ name }) => name)).toEqual(["cpu", "matrix"]);
    // How long each ran is the scheduler's: beside other work one begins late, and the end is the same for all.
    for (const { bogoOps, wallS } of stressors) expect([bogoOps > 0, wallS > 0]).toEqual([true, true]);
  }, 60_000);

  test("that does not know what it is asked for says so by its exit code", async () => {
    const result = await systemExec({ argv: ["stress-ng", "--cpu", "1", "--cpu-method", "none"], timeoutMs: 60_000 });
    expect(loadFactsOf(result).exitCode).toBe(1);
  });
});
