import { describe, expect, test } from "bun:test";
import type { EdacController } from "../../probes/edac/parse.ts";
import { parseSdr } from "../../probes/ipmitool/sdr.ts";
import type { MemoryFacts } from "../../wire/hardware/board.ts";
import type { SensorFacts } from "../../wire/hardware/management.ts";
import type { PciFacts } from "../../wire/hardware/pci.ts";
import { listFirmware } from "./firmware.ts";
import { assembleGpus, computeGpuCount } from "./gpus.ts";
import { assembleBmc, assembleFans, assembleSensors } from "./management.ts";
import { withErrorCounts } from "./memory-errors.ts";

const sdrOf = (text: string) => {
  const parsed = parseSdr(text);
  return parsed.ok ? parsed.facts : [];
};
const kernelFan: SensorFacts = { name: "it87 fan1", source: "hwmon", kind: "fan", reading: 900 };
const kernelTemp: SensorFacts = { name: "coretemp Core 0", source: "hwmon", kind: "temperature", reading: 40 };

describe("assembleBmc", () => {
  test("a BMC that did not say who it is is none", () => {
    expect(assembleBmc({ ipmi: undefined })).toBeUndefined();
    expect(assembleBmc({ ipmi: { lan: { address: "10.0.0.9" } } })).toBeUndefined();
  });

  test("serials are those of the server's own FRU device", () => {
    expect(
      assembleBmc({
        ipmi: {
          controller: { firmware: "4.40" },
          fru: [
            { name: "PSU1", id: 1, boardSerial: "OTHER" },
            { name: "Builtin FRU Device", id: 0, boardSerial: "B1", chassisSerial: "C1", productSerial: "P1" },
          ],
          sel: { selEntryCount: 3 },
          guid: {},
        },
      }),
    ).toEqual({ firmware: "4.40", selEntryCount: 3, boardSerial: "B1", chassisSerial: "C1", productSerial: "P1" });
  });
});

describe("assembleFans and assembleSensors", () => {
  const sdr = sdrOf("FAN1             | 41h | ok  | 29.1 | 7420 RPM\n");

  test("fans are the BMC's, or the kernel's where the BMC knows none", () => {
    expect(assembleFans({ ipmi: { sdr }, hwmon: [kernelFan] })).toEqual([{ name: "FAN1", rpm: 7420, healthy: true }]);
    expect(assembleFans({ ipmi: undefined, hwmon: [kernelTemp, kernelFan] })).toEqual([
      { name: "it87 fan1", rpm: 900 },
    ]);
  });

  test("sensors are both's", () => {
    expect(assembleSensors({ ipmi: { sdr }, hwmon: [kernelTemp] }).map(({ name }) => name)).toEqual([
      "FAN1",
      "coretemp Core 0",
    ]);
  });
});

const pci = (address: string, classId: string, vendorId: string, device: string): PciFacts => ({
  address,
  classId,
  vendorId,
  vendor: vendorId,
  device,
});

describe("assembleGpus", () => {
  const functions = [
    pci("0000:03:00.0", "0300", "1a03", "ASPEED Graphics Family"),
    pci("0000:3b:00.0", "0302", "10de", "GA102GL"),
    pci("0000:3b:00.1", "0403", "10de", "GA102 Audio"),
    pci("0000:19:00.0", "0200", "8086", "NIC"),
  ];

  test("display functions are GPUs, the driver's words come first, and one that is off the bus stays", () => {
    const nvidia = [
      { pciAddress: "0000:3b:00.0", model: "NVIDIA RTX A4000", ecc: true },
      { pciAddress: "0000:af:00.0", model: "NVIDIA RTX A4000" },
    ];
    expect(assembleGpus(functions, { nvidia })).toEqual([
      { pciAddress: "0000:03:00.0", vendor: "1a03", model: "ASPEED Graphics Family" },
      { pciAddress: "0000:3b:00.0", vendor: "10de", model: "NVIDIA RTX A4000", ecc: true },
      { pciAddress: "0000:af:00.0", model: "NVIDIA RTX A4000" },
    ]);
  });

  test("the console's graphics are no GPU that computes", () => {
    expect(computeGpuCount(functions)).toBe(1);
  });
});

describe("listFirmware", () => {
  test("each component with a version, by what stays the same from boot to boot", () => {
    expect(
      listFirmware({
        board: { biosVersion: "2.2.11" },
        bmc: { firmware: "4.40" },
        cpu: { socketCount: 2, coreCount: 2, threadCount: 2, microcode: ["0x1", "0x2"], sockets: [] },
        disks: [
          { name: "sda", serial: "S1", firmware: "F1", sizeBytes: 1 },
          { name: "sdb", wwn: "0x5", firmware: "F2", sizeBytes: 1 },
          { name: "sdc", serial: "S3", sizeBytes: 1 },
        ],
        nics: [{ name: "eno1", mac: "24:6e:96:a1:5c:10", firmware: "218", boot: false }],
        gpus: [{ pciAddress: "0000:3b:00.0", vbios: "94" }],
      }),
    ).toEqual([
      { component: "BIOS", version: "2.2.11" },
      { component: "BMC", version: "4.40" },
      { component: "CPU microcode", version: "0x1" },
      { component: "CPU microcode", version: "0x2" },
      { component: "disk S1", version: "F1" },
      { component: "disk 0x5", version: "F2" },
      { component: "NIC 24:6e:96:a1:5c:10", version: "218" },
      { component: "GPU 0000:3b:00.0", version: "94" },
    ]);
  });
});

describe("withErrorCounts", () => {
  const memory: MemoryFacts = {
    slotCount: 3,
    populatedCount: 2,
    dimms: [
      { slot: "A1", bank: "NODE 1", populated: true },
      { slot: "DIMM_B2", populated: true },
      { slot: "DIMM_B3", populated: false },
    ],
  };
  const controller = (...modules: readonly (readonly [label: string, corrected: number, uncorrected: number])[]) => {
    const facts: EdacController = {
      name: "mc0",
      correctedErrorCount: modules.reduce((sum, [, corrected]) => sum + corrected, 0),
      uncorrectedErrorCount: 0,
      modules: modules.map(([label, correctedErrorCount, uncorrectedErrorCount]) => ({
        label,
        correctedErrorCount,
        uncorrectedErrorCount,
      })),
    };
    return facts;
  };

  test("without a driver that counts nobody counts", () => {
    expect(withErrorCounts(memory, undefined)).toBe(memory);
  });

  test("counts go to the slot of that name: exactly, by its letters, or with its bank", () => {
    const joined = withErrorCounts(memory, [controller(["dimm-b2", 2, 0], ["NODE 1 A1", 3, 1], ["DIMM B2", 1, 0])]);
    expect(joined.dimms).toEqual([
      { slot: "A1", bank: "NODE 1", populated: true, correctedErrorCount: 3, uncorrectedErrorCount: 1 },
      { slot: "DIMM_B2", populated: true, correctedErrorCount: 3, uncorrectedErrorCount: 0 },
      { slot: "DIMM_B3", populated: false },
    ]);
    expect(joined.controllers).toEqual([{ name: "mc0", correctedErrorCount: 6, uncorrectedErrorCount: 0 }]);
  });

  test("errors of a name that is no slot's stay with the controller; a name without errors is not worth telling", () => {
    const label = "CPU_SrcID#0_MC#1_Chan#0_DIMM#0";
    const joined = withErrorCounts(memory, [
      controller([label, 4, 0], ["CPU_SrcID#0_MC#1_Chan#1_DIMM#0", 0, 0], ["DIMM_B3", 1, 0]),
    ]);
    expect(joined.dimms).toEqual(memory.dimms);
    expect(joined.controllers?.[0]?.unplaced).toEqual([
      { label, correctedErrorCount: 4, uncorrectedErrorCount: 0 },
      // An empty slot has no errors; whatever the driver means by it, it is not that.
      { label: "DIMM_B3", correctedErrorCount: 1, uncorrectedErrorCount: 0 },
    ]);
  });
});
