/** The load against a stand-in of NVIDIA's library that is built here: no GPU is needed, and every fault can be had. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { needPackages } from "../../test/setup/packages.ts";
import { fakeSystem } from "../fakes/system.ts";
import { thisSystem } from "../system/system.ts";
import { buildStandIn, STAND_IN_GPUS, STAND_IN_UUIDS, type StandIn } from "./fakes/stand-in.ts";
import { CUDA_LIBRARY } from "./load-command.ts";
import type { LoadLine } from "./load-line.ts";
import { agentArgv, gpuLoadArgv, type LoadOutcome, type Patience, runGpuLoad } from "./run-load.ts";

const AGENT = [process.execPath, join(import.meta.dir, "../main.ts")] as const;
const [GPUS, UUIDS] = [STAND_IN_GPUS, STAND_IN_UUIDS];

let standIn: StandIn;
beforeAll(async () => {
  await needPackages(["gcc", "libc6-dev"]);
  standIn = buildStandIn();
}, 300_000);
afterAll(() => standIn[Symbol.dispose]());

const silent = new AbortController().signal;
const load = (
  gpu: 0 | 1,
  library: string,
  options: { onLine?: (line: LoadLine) => void; patience?: Patience } = {},
): Promise<LoadOutcome> =>
  runGpuLoad(
    thisSystem,
    AGENT,
    { pciAddress: GPUS[gpu], seconds: 0, memoryPercent: 95, library },
    { signal: silent, ...options },
  );

describe("runGpuLoad on the stand-in", () => {
  test("a healthy GPU arrives at the figures of TypeScript and C, with every pattern over nearly all of its memory", async () => {
    const kinds: string[] = [];
    const outcome = await load(1, standIn.libraryWith("devices 2"), { onLine: ({ kind }) => kinds.push(kind) });
    const testBytes = 16 * 2 ** 20;
    expect(outcome).toMatchObject({ end: "ended", mismatches: [] });
    expect(outcome.device).toEqual({
      ...{ kind: "device", pciAddress: GPUS[1], uuid: UUIDS[1], model: "Stand-In 1000", cudaVersion: "12.4" },
      ...{ computeCapability: "9.0", memoryBytes: 20 * 2 ** 20, testBytes, multiprocessors: 2 },
    });
    expect(outcome.last).toMatchObject({ passes: 6, verifiedBytes: 6 * testBytes, memoryMismatches: 0 });
    expect(outcome.last?.rounds).toBeGreaterThan(0);
    expect([kinds.at(0), kinds.at(-1)]).toEqual(["device", "end"]);
  });

  test("a thread that computes wrongly is found on its GPU, and the other one is healthy", async () => {
    const library = standIn.libraryWith("wrong 1 77");
    const bad = await load(1, library);
    expect([bad.end, bad.device?.uuid, bad.mismatches[0]?.what, bad.mismatches[0]?.place]).toEqual([
      ...["ended", UUIDS[1], "compute", 77],
    ]);
    const first = bad.mismatches[0];
    expect((first?.expected ?? 0) ^ (first?.found ?? 0)).toBe(4);
    expect(bad.last?.computeMismatches).toBeGreaterThanOrEqual(6); // once in every launch
    expect(await load(0, library)).toMatchObject({ end: "ended", mismatches: [], device: { uuid: UUIDS[0] } });
  });

  test("a bit that does not hold is found at its place by every pattern", async () => {
    const outcome = await load(0, standIn.libraryWith("flip 0 1234569"));
    expect(outcome).toMatchObject({ end: "ended", device: { pciAddress: GPUS[0] }, last: { memoryMismatches: 6 } });
    expect(outcome.mismatches.map(({ what, place, pattern }) => [what, place, pattern])).toEqual(
      ["address", "address inverted", "walking one", "walking zero", "0x55555555", "0xaaaaaaaa"].map((pattern) => [
        ...["memory", 1_234_568, pattern],
      ]),
    );
    for (const { expected, found } of outcome.mismatches) expect(expected ^ found).toBe(0x1000);
  });

  test.each([
    ["launch 1 700", 1, "cuCtxSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS (700)"],
    ["launch 1 719", 1, "cuCtxSynchronize: CUDA_ERROR_LAUNCH_FAILED (719)"],
    ["init 803", 0, "cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH (803)"],
    ["init 100", 0, "cuInit: CUDA_ERROR_NO_DEVICE (100)"],
    ["ptx 222", 0, "cuModuleLoadDataEx: CUDA_ERROR_UNSUPPORTED_PTX_VERSION (222)"],
    ["oom 0", 0, "cuMemAlloc_v2: CUDA_ERROR_OUT_OF_MEMORY (2)"],
    ["ptx 999", 0, "cuModuleLoadDataEx: unknown (999)"],
  ] as const)("%s: the call and the driver's name for it", async (faults, gpu, reason) => {
    expect(await load(gpu, standIn.libraryWith(faults))).toMatchObject({ end: "fault", reason });
  });

  test("a kernel that never ends is a stall, and its process is killed", async () => {
    const outcome = await load(1, standIn.libraryWith("hang 1"), {
      patience: { firstLineMs: 60_000, nextLineMs: 1_000 },
    });
    expect(outcome).toMatchObject({ end: "stalled", device: { uuid: UUIDS[1] } });
    expect(outcome.reason).toBe("The load said nothing for 1 s: its kernel or the driver hangs.");
  });

  test("a GPU that CUDA does not show is absent, and those that it shows are named", async () => {
    expect(await load(1, standIn.libraryWith("devices 1"))).toMatchObject({
      ...{ end: "absent", absent: { what: "device" }, mismatches: [] },
      reason: `CUDA's driver shows no GPU at ${GPUS[1]}; it shows ${GPUS[0]}.`,
    });
    expect((await load(1, standIn.libraryWith("devices 0"))).reason).toEndWith("it shows none.");
  });

  test("a library that is not there, or is another one, is absent", async () => {
    expect(await load(0, join(standIn.dir, "nowhere.so"))).toMatchObject({
      end: "absent",
      absent: { what: "library" },
    });
    expect(await load(0, "libc.so.6")).toMatchObject({ end: "absent", absent: { what: "library" } });
  });

  test("a cancelled load is killed and says so", async () => {
    const cancel = new AbortController();
    const running = runGpuLoad(
      thisSystem,
      AGENT,
      { pciAddress: GPUS[1], seconds: 3_600, memoryPercent: 95, library: standIn.libraryWith("devices 3") },
      { signal: cancel.signal, onLine: () => cancel.abort() },
    );
    expect(await running).toMatchObject({ end: "cancelled", device: { uuid: UUIDS[1] } });
  });
});

describe("runGpuLoad of a process that misbehaves", () => {
  const ending = (stdout: string, exitCode: number | null, signal: string | null = null) =>
    runGpuLoad(
      fakeSystem({
        exec: async ({ onText }) => {
          onText?.(stdout, "stdout");
          const how = { end: signal === null ? ("exited" as const) : ("signalled" as const), exitCode, signal };
          return { ...how, stdout, stderr: "Segmentation fault", truncated: false, durationMs: 1 };
        },
      }),
      ["vetbox-agent"],
      { pciAddress: GPUS[0], seconds: 1, memoryPercent: 95 },
      { signal: silent },
    );

  test("exit code 0 without a last word is no good end; nor is noise", async () => {
    expect(await ending("", 0)).toMatchObject({ end: "died" });
    expect(await ending('hello\n{"kind":"end"}\n{"kind":\n', 0)).toMatchObject({ end: "died", mismatches: [] });
  });

  test("a signal is told", async () => {
    const outcome = await ending("", null, "SIGSEGV");
    expect(outcome.reason).toBe("The load ended with SIGSEGV before its time. Segmentation fault");
  });

  test("the least and the most speed are those of whole seconds", async () => {
    const tick = (gflops: number, kind = "tick") =>
      JSON.stringify({
        ...{ kind, elapsedMs: 1, rounds: 1, computeMismatches: 0, memoryMismatches: 0, verifiedBytes: 0, passes: 0 },
        gflops,
      });
    const said = [tick(900), tick(880), tick(910), tick(3, "end")].join("\n");
    expect(await ending(`${said}\n`, 0)).toMatchObject({ end: "ended", leastGflops: 880, mostGflops: 910 });
  });
});

describe("gpuLoadArgv", () => {
  const load = { pciAddress: "0000:3b:00.0", seconds: 300, memoryPercent: 95 };

  test("is one command, of the program itself, compiled or not", () => {
    expect(gpuLoadArgv(agentArgv("/usr/bin/vetbox-agent", "/$bunfs/root/vetbox-agent"), load).join(" ")).toBe(
      "/usr/bin/vetbox-agent gpu-load --gpu 0000:3b:00.0 --seconds 300 --memory-percent 95",
    );
    expect(agentArgv("/usr/bin/bun", "/src/agent/main.ts")).toEqual(["/usr/bin/bun", "/src/agent/main.ts"]);
  });

  test("the library is named only where it is not NVIDIA's own", () => {
    expect(gpuLoadArgv(["a"], { ...load, library: "/x.so" }).slice(-2)).toEqual(["--library", "/x.so"]);
    expect(CUDA_LIBRARY).toBe("libcuda.so.1");
  });
});

describe("vetbox-agent gpu-load", () => {
  test.each([["x"], ["-1"], ["9999999"]])("refuses --seconds %s as a wrong word", async (seconds) => {
    const argv = [...AGENT, "gpu-load", "--gpu", GPUS[0], `--seconds=${seconds}`] as const;
    const result = await thisSystem.exec({ argv, timeoutMs: 20_000 });
    expect([result.exitCode, result.stdout]).toEqual([2, ""]);
    expect(result.stderr).toContain("--seconds: must be 0 to 604800");
  });

  test("ends when nobody reads it any more: an agent that was killed leaves no load behind", async () => {
    const argv = [...AGENT, "gpu-load", "--gpu", GPUS[0], "--seconds", "3600", "--library"];
    const child = Bun.spawn([...argv, standIn.libraryWith("devices 4")], { stdout: "pipe", stderr: "ignore" });
    const reader = child.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toStartWith('{"kind":"device"');
    await reader.cancel();
    expect(await child.exited).not.toBe(0);
  }, 30_000);
});
