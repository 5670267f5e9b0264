import { describe, expect, test } from "bun:test";
import { loadSamples } from "../../fakes/samples.ts";
import { exited, fakeSystem } from "../../fakes/system.ts";
import type { Exec } from "../../system/exec.ts";
import { refusedColumn, SAMPLE_COLUMNS, withoutColumn } from "./columns.ts";
import { parseNvidiaSmi } from "./parse.ts";
import { corruptInforoms, type GpuSample, readGpuStates, sampleEveryS, sampleGpus } from "./state.ts";

const sample = (name: string): string => loadSamples("nvidia-smi").find((one) => one.name === name)?.text ?? "";
const silent = new AbortController().signal;
const refusing = (column: string) => exited(`Field "${column}" is not a valid field to query.\n\n`, 2);

describe("parseNvidiaSmi", () => {
  test("reads all that the stage asks for; what a board does not have is absent", () => {
    const parsed = parseNvidiaSmi(sample("state.txt"));
    expect(parsed.ok && parsed.facts[0]).toEqual({
      ...{ pciAddress: "0000:17:00.0", index: 0, model: "NVIDIA H100 80GB HBM3", vbios: "96.00.5E.00.01" },
      ...{ uuid: "GPU-91a4d4a1-7a1f-4a62-9d3c-25d1ab0fb8f3", serial: "1653922001234", driverVersion: "560.35.03" },
      ...{ pstate: "P0", persistence: true, mig: false, memoryBytes: 81_559 * 2 ** 20, usedBytes: 77_311 * 2 ** 20 },
      ...{ ecc: true, tempC: 61, memoryTempC: 72, tempMarginC: 26, powerW: 684.12, powerLimitW: 700 },
      ...{ smClockMHz: 1755, memoryClockMHz: 2619, maxSmClockMHz: 1980, busyPercent: 100 },
      ...{ linkGen: 5, maxLinkGen: 5, linkWidth: 16, maxLinkWidth: 16, clockReasons: 4 },
      ...{ correctedErrorCount: 0, correctedErrorsEverCount: 3, uncorrectedErrorCount: 0 },
      ...{ uncorrectedErrorsEverCount: 0, inforom: "G520.0200.00.05", recoveryAction: "None" },
    });
    expect(parsed.ok && parsed.facts[1]).toEqual({
      ...{ pciAddress: "0000:b4:00.0", index: 1, model: "NVIDIA GeForce RTX 3090", vbios: "94.02.4B.00.0B" },
      ...{ uuid: "GPU-2d0b8a44-13c2-4c7e-9b1f-0f3c2a9e0042", driverVersion: "560.35.03", pstate: "P2" },
      ...{ persistence: false, memoryBytes: 24_576 * 2 ** 20, usedBytes: 23_001 * 2 ** 20, tempC: 83 },
      ...{ powerW: 349.8, powerLimitW: 350, smClockMHz: 1410, memoryClockMHz: 9501, maxSmClockMHz: 2100 },
      ...{ busyPercent: 100, linkGen: 1, maxLinkGen: 4, linkWidth: 16, maxLinkWidth: 16, clockReasons: 0x44 },
      inforom: "G001.0000.03.03",
    });
  });

  test("a call that repeats itself gives a GPU as often as it was asked", () => {
    const parsed = parseNvidiaSmi(sample("samples.txt"));
    expect(parsed.ok && parsed.facts.map(({ pciAddress, powerW }) => [pciAddress, powerW])).toEqual([
      ["0000:17:00.0", 72.9],
      ["0000:b4:00.0", 21.04],
      ["0000:17:00.0", 612.44],
      ["0000:b4:00.0", 344.27],
      ["0000:17:00.0", 684.12],
      ["0000:b4:00.0", 349.8],
    ]);
  });
});

describe("refused columns", () => {
  test("are named by nvidia-smi, and asked for by their older name or not at all", () => {
    expect(refusedColumn('Field "gpu_recovery_action" is not a valid field to query.\n')).toBe("gpu_recovery_action");
    expect(refusedColumn(sample("state.txt"))).toBeUndefined();
    expect(withoutColumn(["a", "clocks_event_reasons.active", "b"], "clocks_event_reasons.active")).toEqual([
      ...["a", "clocks_throttle_reasons.active", "b"],
    ]);
    expect(withoutColumn(["a", "inforom.img", "b"], "inforom.img")).toEqual(["a", "b"]);
  });
});

describe("corruptInforoms", () => {
  test("are said beside the table", () => {
    expect(corruptInforoms(`${sample("state.txt")}WARNING: infoROM is corrupted at gpu 00000000:B4:00.0\n`)).toEqual([
      "0000:b4:00.0",
    ]);
    expect(corruptInforoms(sample("state.txt"))).toEqual([]);
  });
});

describe("readGpuStates", () => {
  test("joins the GPUs with their remapped rows", async () => {
    const exec: Exec = async ({ argv }) =>
      exited(sample(argv[1]?.startsWith("--query-gpu=") ? "state.txt" : "remapped-rows-state.txt"));
    const { gpus, reason } = await readGpuStates(fakeSystem({ exec }), silent);
    expect(reason).toBeUndefined();
    expect(gpus[0]).toMatchObject({
      remappedUncorrectableCount: 2,
      remappedRowsPending: true,
      remappedRowsFailed: false,
    });
    expect(gpus[1]).not.toHaveProperty("remappedRowsFailed");
  });

  test("asks again without what an older driver refuses", async () => {
    const asked: string[] = [];
    const exec: Exec = async ({ argv }) => {
      const columns = argv[1] ?? "";
      asked.push(columns);
      if (columns.includes("rows")) return exited("", 2);
      if (columns.includes("clocks_event_reasons")) return refusing("clocks_event_reasons.active");
      if (columns.includes("gpu_recovery_action")) return refusing("gpu_recovery_action");
      return exited(sample("state.txt"));
    };
    const { gpus } = await readGpuStates(fakeSystem({ exec }), silent);
    expect(gpus.length).toBe(2);
    expect(asked.length).toBe(4);
    expect(asked[2]).toContain("clocks_throttle_reasons.active");
  });

  test("a driver that refuses for ever is asked a bounded number of times", async () => {
    let calls = 0;
    const exec: Exec = async ({ argv }) => {
      calls += 1;
      return refusing(argv[1]?.split("=")[1]?.split(",")[0] ?? "");
    };
    const { gpus, reason } = await readGpuStates(fakeSystem({ exec }), silent);
    expect([gpus.length, calls]).toEqual([0, 13]);
    expect(reason).toStartWith("nvidia-smi ended with code 2");
  });

  test("a tool that is not installed is told as that; one that finds nothing has no GPUs", async () => {
    const absent: Exec = async () => ({ ...exited(""), end: "absent", exitCode: null });
    expect(await readGpuStates(fakeSystem({ exec: absent }), silent)).toMatchObject({ gpus: [], toolAbsent: true });
    const none: Exec = async () => exited("No devices were found\n", 6);
    expect((await readGpuStates(fakeSystem({ exec: none }), silent)).reason).toContain("No devices were found");
  });
});

describe("sampleGpus", () => {
  test("gives samples as they come, also where lines come in pieces, and ends with its signal", async () => {
    const stop = new AbortController();
    const samples: GpuSample[] = [];
    const exec: Exec = async ({ argv, onText }) => {
      if (!argv.includes("-l")) return exited(sample("samples.txt"));
      expect(argv.join(" ")).toBe(`nvidia-smi --query-gpu=${SAMPLE_COLUMNS.join(",")} --format=csv,nounits -l 1`);
      const text = sample("samples.txt");
      for (let at = 0; at < text.length; at += 97) onText?.(text.slice(at, at + 97), "stdout");
      onText?.("noise of the driver\n", "stderr");
      stop.abort();
      return { ...exited(""), end: "aborted" };
    };
    const ended = await sampleGpus(fakeSystem({ exec }), stop.signal, {
      seconds: 60,
      onSample: (one) => samples.push(one),
    });
    expect(ended).toBeUndefined();
    expect(samples.map(({ gpu }) => gpu.tempC)).toEqual([34, 38, 52, 64, 61, 83]);
    // All came at once; each has the time at which it was taken.
    expect(samples.map(({ atMs }) => atMs)).toEqual([0, 11, 1_000, 1_011, 2_001, 2_012]);
  });

  test("an end of its own has a reason", async () => {
    const lost = "Unable to determine the device handle for GPU0000:17:00.0: GPU is lost.\n";
    const exec: Exec = async () => exited(lost, 15);
    const ended = await sampleGpus(fakeSystem({ exec }), silent, { seconds: 60, onSample: () => undefined });
    expect(ended).toBe(`nvidia-smi ended with code 15: ${lost.trim()}`);
  });

  test("sampleEveryS: every second up to four hours, then no more samples than those have", () => {
    expect([60, 14_400, 43_200, 86_400].map(sampleEveryS)).toEqual([1, 1, 3, 6]);
  });
});
