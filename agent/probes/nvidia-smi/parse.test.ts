import { describe, expect, test } from "bun:test";
import { loadSamples } from "../../fakes/samples.ts";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import type { Exec, ExecResult } from "../../system/exec.ts";
import { runProbe } from "../probe.ts";
import { nvidiaSmiProbe } from "./collect.ts";
import { busIdOf } from "./columns.ts";
import { parseNvidiaSmi } from "./parse.ts";

const sample = (name: string): string => loadSamples("nvidia-smi").find((one) => one.name === name)?.text ?? "";

describe("parseNvidiaSmi", () => {
  test("reads GPUs by the header; what stands in brackets is no value", () => {
    expect(parseNvidiaSmi(sample("two-gpus.txt"))).toEqual({
      ok: true,
      facts: [
        {
          pciAddress: "0000:3b:00.0",
          model: "Tesla T4",
          uuid: "GPU-6d0b8a44-13c2-4c7e-9b1f-0f3c2a9e7711",
          serial: "0324018045603",
          vbios: "90.04.38.00.03",
          driverVersion: "550.163.01",
          memoryBytes: 16_106_127_360,
          ecc: true,
          tempC: 41,
          powerW: 27.14,
          powerLimitW: 70,
          uncorrectedErrorCount: 0,
        },
        {
          pciAddress: "0000:af:00.0",
          model: "NVIDIA RTX A4000",
          uuid: "GPU-0c9be713-55aa-4e0d-8d52-b3a7714f02de",
          vbios: "94.04.55.00.05",
          driverVersion: "550.163.01",
          memoryBytes: 17_171_480_576,
          tempC: 38,
          powerLimitW: 140,
        },
      ],
    });
  });

  test("remapped rows are told by a number or by a word", () => {
    const rows = (pending: string, failure: string) =>
      parseNvidiaSmi(
        `gpu_bus_id, remapped_rows.pending, remapped_rows.failure\n00000000:3B:00.0, ${pending}, ${failure}\n`,
      );
    const gpu = { pciAddress: "0000:3b:00.0" };
    expect(rows("1", "0")).toEqual({
      ok: true,
      facts: [{ ...gpu, remappedRowsPending: true, remappedRowsFailed: false }],
    });
    expect(rows("No", "Yes")).toEqual({
      ok: true,
      facts: [{ ...gpu, remappedRowsPending: false, remappedRowsFailed: true }],
    });
    expect(rows("[N/A]", "[N/A]")).toEqual({ ok: true, facts: [gpu] });
  });

  test("no devices are no GPUs; an error message is none of its tables", () => {
    expect(parseNvidiaSmi("No devices were found\n")).toEqual({ ok: true, facts: [] });
    for (const text of [
      "",
      "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
      "a, b\n1, 2\n",
    ])
      expect(parseNvidiaSmi(text)).toMatchObject({ ok: false, place: "line 1" });
  });
});

describe("busIdOf", () => {
  test("writes an address as the kernel does", () => {
    expect(["00000000:3B:00.0", "3B:00.0", "00010000:01:00.0", "no", undefined].map(busIdOf)).toEqual([
      "0000:3b:00.0",
      "0000:3b:00.0",
      "10000:01:00.0",
      undefined,
      undefined,
    ]);
  });
});

describe("nvidiaSmiProbe", () => {
  const silent = new AbortController().signal;
  const withGpu = tableFiles({
    "/sys/bus/pci/devices/0000:3b:00.0/vendor": "0x10de\n",
    "/sys/bus/pci/devices/0000:3b:00.0/class": "0x030200\n",
  });
  const probe = (exec: Exec, files = withGpu) => runProbe(nvidiaSmiProbe, fakeSystem({ exec, files }), silent);
  const answering =
    (gpus: ExecResult, rows: ExecResult): Exec =>
    async ({ argv }) =>
      argv[1]?.startsWith("--query-gpu=") ? gpus : rows;

  test("joins the GPUs with their remapped rows", async () => {
    const exec = answering(exited(sample("two-gpus.txt")), exited(sample("remapped-rows.txt")));
    const { report, facts } = await probe(exec);
    expect(report.status).toBe("ok");
    expect(
      facts?.map(({ pciAddress, model, remappedRowsPending }) => [pciAddress, model, remappedRowsPending]),
    ).toEqual([
      ["0000:3b:00.0", "Tesla T4", undefined],
      ["0000:af:00.0", "NVIDIA RTX A4000", true],
    ]);
  });

  test("a driver that does not know remapped rows still has its GPUs", async () => {
    const { report, facts } = await probe(
      answering(exited(sample("two-gpus.txt")), exited('Option "--query-remapped-rows=…" is not recognized.\n', 2)),
    );
    expect([report.status, facts?.length]).toEqual(["ok", 2]);
  });

  test("without an NVIDIA GPU nothing is asked; the sound of a GPU is none", async () => {
    const sound = tableFiles({
      "/sys/bus/pci/devices/0000:3b:00.1/vendor": "0x10de\n",
      "/sys/bus/pci/devices/0000:3b:00.1/class": "0x040300\n",
    });
    const { report } = await runProbe(nvidiaSmiProbe, fakeSystem({ files: sound }), silent);
    expect(report).toMatchObject({ status: "device-absent", reason: "There is no NVIDIA GPU on the PCI bus." });
  });

  for (const words of [
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that it is running.\n",
    "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 550.163\n",
    "No devices were found\n",
  ])
    test(`"${words.slice(0, 40)}" is an absent device`, async () => {
      const { report } = await probe(async () => exited(words, 9));
      expect(report).toMatchObject({ status: "device-absent", reason: words.split("\n")[0] ?? "" });
    });

  test("a GPU whose tool is not installed is told as that", async () => {
    const { report } = await probe(async () => ({ ...exited(""), end: "absent", exitCode: null }));
    expect(report.status).toBe("tool-absent");
  });
});
