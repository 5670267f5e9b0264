/** The whole stage on two GPUs that a stand-in of NVIDIA's library plays; nvidia-smi and the kernel log are played by the test. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import * as v from "valibot";
import { needPackages } from "../../../test/setup/packages.ts";
import { buildStandIn, STAND_IN_GPUS, STAND_IN_UUIDS, type StandIn } from "../../cuda/fakes/stand-in.ts";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import { systemClock } from "../../system/clock.ts";
import type { Exec, ExecResult } from "../../system/exec.ts";
import { systemExec } from "../../system/exec.ts";
import type { Check } from "../../wire/check.ts";
import { resolveLimits } from "../limits.ts";
import type { StageContext } from "../runner.ts";
import type { GpuFacts, GpuOrder } from "./facts.ts";
import { GPU_LIMITS } from "./limits.ts";
import { createGpuRunner } from "./run.ts";
import { gpu } from "./spec.ts";

const AGENT = [process.execPath, join(import.meta.dir, "../../main.ts")] as const;
const [FIRST, SECOND] = STAND_IN_GPUS;
const ORDER: GpuOrder = { loadS: 1, memoryPercent: 95, burnS: 5, diagnosisLevel: 2, gpus: [FIRST, SECOND] };

let standIn: StandIn;
beforeAll(async () => {
  await needPackages(["gcc", "libc6-dev"]);
  standIn = buildStandIn();
}, 300_000);
afterAll(() => standIn[Symbol.dispose]());

const onBus = (address: string, vendor = "0x10de", classId = "0x030200") => ({
  [`/sys/bus/pci/devices/${address}/vendor`]: `${vendor}\n`,
  [`/sys/bus/pci/devices/${address}/class`]: `${classId}\n`,
});
const BOTH = { ...onBus(FIRST), ...onBus(SECOND), ...onBus("0000:03:00.0", "0x1a03", "0x030000") };

const HEADER =
  "pci.bus_id, name, uuid, mig.mode.current, temperature.gpu, temperature.gpu.tlimit, utilization.gpu, pcie.link.gen.current, pcie.link.gen.max, pcie.link.width.current, pcie.link.width.max, ecc.errors.uncorrected.volatile.total, clocks_event_reasons.active";
const rowOf = (place: 0 | 1, errors: number, mig = "Disabled") =>
  `${STAND_IN_GPUS[place].toUpperCase()}, Stand-In 1000, ${STAND_IN_UUIDS[place]}, ${mig}, 55, 30, 100, 4, 4, 16, 16, ${errors}, 0x0000000000000004`;
const table = (...rows: readonly string[]) => `${[HEADER, ...rows].join("\n")}\n`;

interface Played {
  /** nvidia-smi's table before and after the load. */
  readonly before?: ExecResult;
  readonly after?: ExecResult;
  readonly logAfter?: string;
}

/** Answers nvidia-smi and dmesg from the table, and runs the load itself. */
const playing = ({ before = exited(table(rowOf(0, 0), rowOf(1, 0))), after = before, logAfter = "" }: Played): Exec => {
  let [asked, logs] = [0, 0];
  return async (invocation, signal) => {
    const [tool, question = ""] = invocation.argv;
    if (tool === "dmesg") {
      logs += 1;
      return exited(logs === 1 ? "" : logAfter);
    }
    if (tool !== "nvidia-smi") return systemExec(invocation, signal);
    if (invocation.argv.includes("-l")) {
      invocation.onText?.(table(rowOf(0, 0), rowOf(1, 0)), "stdout");
      await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
      return { ...exited(""), end: "aborted" };
    }
    if (question.startsWith("--query-remapped-rows")) return exited("", 2);
    if (!question.includes("persistence_mode")) return exited(table(rowOf(0, 0)));
    asked += 1;
    return asked === 1 ? before : after;
  };
};

const run = async (faults: string, exec: Exec, files = BOTH as Readonly<Record<string, string>>, order = ORDER) => {
  const artifacts = new Map<string, string>();
  const notes: string[] = [];
  const context: StageContext<GpuOrder> = {
    ...{
      system: { ...fakeSystem({ exec, files: tableFiles(files) }), clock: systemClock },
      order,
      grant: null,
      bootMac: null,
    },
    signal: new AbortController().signal,
    progress: (_ratio, note) => notes.push(note ?? ""),
    artifact: (name, content) => artifacts.set(name, String(content)),
    log: () => undefined,
    farewell: exec,
    attempt: 1,
  };
  const facts: GpuFacts = await createGpuRunner({ agent: AGENT, library: standIn.libraryWith(faults) })(context);
  expect(v.parse(gpu.facts, facts)).toEqual(facts);
  const checks = gpu.judge(facts, resolveLimits(GPU_LIMITS, "quick"));
  return { facts, artifacts, notes, checks, bad: badOf(checks) };
};
const badOf = (checks: readonly Check[]) =>
  checks
    .filter(({ verdict }) => verdict === "FAIL" || verdict === "ERROR" || verdict === "WARN")
    .map((check) => [check.code, check.verdict, check.component]);

const NAMES = [`GPU ${FIRST} (${STAND_IN_UUIDS[0]})`, `GPU ${SECOND} (${STAND_IN_UUIDS[1]})`] as const;
/** The stand-in's 20 MiB are 16 MiB under test, which is told. */
const SMALL = NAMES.map((name) => ["gpu.memory-coverage", "PASS", name]);

describe("the GPU stage", () => {
  test("two healthy GPUs pass, with samples, chart and both answers of nvidia-smi as artifacts", async () => {
    const { bad, facts, artifacts, checks } = await run("devices 2", playing({}));
    expect(bad.filter(([code]) => code !== "gpu.speed-spread")).toEqual([]); // two processes share one processor
    expect(facts.gpus.map(({ load }) => [load?.end, load?.passes])).toEqual([
      ["ended", expect.any(Number)],
      ["ended", expect.any(Number)],
    ]);
    expect(checks.map(({ code, verdict, component }) => [code, verdict, component])).toEqual(
      expect.arrayContaining([...SMALL, ["gpu.compute", "PASS", NAMES[1]], ["gpu.link", "PASS", NAMES[0]]]),
    );
    expect([...artifacts.keys()].sort()).toEqual([
      "gpu.csv",
      "gpu.svg",
      "nvidia-smi-after.csv",
      "nvidia-smi-before.csv",
    ]);
    expect(artifacts.get("gpu.csv")).toContain(`,${SECOND},55,`);
  });

  test("a GPU that computes wrongly fails, by name, and the other passes", async () => {
    const { bad } = await run("wrong 1 77", playing({}));
    expect(bad).toContainEqual(["gpu.compute", "FAIL", NAMES[1]]);
    expect(bad.filter(([, , name]) => name === NAMES[0]).filter(([code]) => code !== "gpu.speed-spread")).toEqual([]);
  });

  test("a bit that does not hold, and an error that only the board's own count saw", async () => {
    const after = exited(table(rowOf(0, 0), rowOf(1, 1)));
    const { bad } = await run("flip 0 77", playing({ after }));
    expect(bad).toContainEqual(["gpu.memory", "FAIL", NAMES[0]]);
    expect(bad).toContainEqual(["gpu.ecc-uncorrected", "FAIL", NAMES[1]]);
  });

  test("a GPU that falls off the bus: the load's fault, the driver's silence and its Xid", async () => {
    const after = exited(table(rowOf(0, 0)));
    const logAfter = "<3>[  9.0] NVRM: Xid (PCI:0000:9F:00): 79, pid='<unknown>', GPU has fallen off the bus.\n";
    const { bad } = await run("launch 1 719", playing({ after, logAfter }));
    expect(bad).toEqual(
      expect.arrayContaining([
        ["gpu.presence", "FAIL", NAMES[1]],
        ["gpu.compute", "FAIL", NAMES[1]],
        ["gpu.xid", "FAIL", NAMES[1]],
      ]),
    );
    expect(bad.filter(([, , name]) => name === NAMES[0])).toEqual([]);
  });

  test("a GPU in instances is not loaded, and says why", async () => {
    const { checks } = await run("devices 2", playing({ before: exited(table(rowOf(0, 0), rowOf(1, 0, "Enabled"))) }));
    expect(checks.find(({ code, component }) => code === "gpu.compute" && component === NAMES[1])).toMatchObject({
      ...{ verdict: "SKIPPED", message: expect.stringContaining("MIG") },
    });
  });

  test("without a GPU no tool is run and one check says so", async () => {
    const never: Exec = async ({ argv }) => {
      throw new Error(`unplanned: ${argv.join(" ")}`);
    };
    const { checks } = await run("devices 0", never, onBus("0000:03:00.0", "0x1a03", "0x030000"), {
      ...ORDER,
      gpus: [],
    });
    expect(checks.map(({ code, verdict, component }) => [code, verdict, component])).toEqual([
      ["gpu.presence", "SKIPPED", "GPUs"],
    ]);
  });

  const silentDriver = (result: ExecResult, lockdown: string) =>
    run("devices 0", playing({ before: result }), { ...BOTH, "/sys/kernel/security/lockdown": lockdown });
  const NO_DRIVER = exited("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", 9);

  test("an image without a driver, Secure Boot, and a driver that is broken are told apart", async () => {
    const absent: ExecResult = { ...exited(""), end: "absent", exitCode: null };
    const verdicts = async (result: ExecResult, lockdown: string) => {
      const { checks } = await silentDriver(result, lockdown);
      return checks.map(({ verdict, message }) => [verdict, message]);
    };
    expect(await verdicts(absent, "[none] integrity confidentiality\n")).toEqual(
      Array(2).fill(["SKIPPED", "The live image has no NVIDIA driver, so nothing was measured."]),
    );
    expect(await verdicts(NO_DRIVER, "none [integrity] confidentiality\n")).toEqual(
      Array(2).fill(["SKIPPED", expect.stringContaining("Secure Boot")]),
    );
    expect(await verdicts(NO_DRIVER, "[none] integrity confidentiality\n")).toEqual(
      Array(2).fill(["ERROR", expect.stringContaining("couldn't communicate")]),
    );
  });
});
