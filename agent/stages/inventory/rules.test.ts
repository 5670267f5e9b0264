import { describe, expect, test } from "bun:test";
import type { Check } from "../../wire/check.ts";
import { type Hardware, type Inventory, UNKNOWN_HARDWARE } from "../../wire/inventory.ts";
import { INVENTORY_RULES } from "./rules.ts";
import { judgeInventory } from "./summary.ts";

const GIB = 2 ** 30;

/** A server in good health, with a part of every kind that a rule looks at. */
const HEALTHY: Hardware = {
  ...UNKNOWN_HARDWARE,
  cpu: {
    socketCount: 2,
    coreCount: 20,
    threadCount: 40,
    microcode: ["0x2006e05"],
    sockets: [
      { slot: "CPU1", model: "Xeon Silver 4114", signature: "Stepping 4" },
      { slot: "CPU2", model: "Xeon Silver 4114", signature: "Stepping 4" },
    ],
  },
  memory: {
    installedBytes: 64 * GIB,
    visibleBytes: 62.6 * GIB,
    slotCount: 2,
    populatedCount: 2,
    dimms: [
      {
        slot: "A1",
        populated: true,
        ratedMtps: 2666,
        configuredMtps: 2400,
        correctedErrorCount: 0,
        uncorrectedErrorCount: 0,
      },
      { slot: "DIMM_A2", populated: true, correctedErrorCount: 0, uncorrectedErrorCount: 0 },
    ],
    controllers: [{ name: "mc0", correctedErrorCount: 0, uncorrectedErrorCount: 0 }],
  },
  pci: [
    { address: "0000:3a:00.0", classId: "0604", linkWidth: 8, maxLinkWidth: 16, linkSpeedGtps: 8, maxLinkSpeedGtps: 8 },
    {
      address: "0000:3b:00.0",
      classId: "0200",
      device: "NIC",
      upstream: "0000:3a:00.0",
      linkWidth: 8,
      maxLinkWidth: 8,
      linkSpeedGtps: 8,
      maxLinkSpeedGtps: 16,
    },
    // A network chip of two lanes on the one lane of its port.
    { address: "0000:00:1c.0", classId: "0604", linkWidth: 1, maxLinkWidth: 1, linkSpeedGtps: 5, maxLinkSpeedGtps: 8 },
    {
      address: "0000:01:00.0",
      classId: "0200",
      upstream: "0000:00:1c.0",
      linkWidth: 1,
      maxLinkWidth: 2,
      linkSpeedGtps: 5,
      maxLinkSpeedGtps: 5,
    },
    // A GPU that idles.
    {
      address: "0000:5e:00.0",
      classId: "0604",
      linkWidth: 16,
      maxLinkWidth: 16,
      linkSpeedGtps: 2.5,
      maxLinkSpeedGtps: 16,
    },
    {
      address: "0000:5f:00.0",
      classId: "0302",
      upstream: "0000:5e:00.0",
      linkWidth: 16,
      maxLinkWidth: 16,
      linkSpeedGtps: 2.5,
      maxLinkSpeedGtps: 16,
    },
  ],
  gpus: [
    { pciAddress: "0000:5f:00.0", uncorrectedErrorCount: 0, remappedRowsPending: false, remappedRowsFailed: false },
  ],
  psus: [{ name: "PSU 1", present: true, states: ["Presence detected"] }],
  fans: [{ name: "FAN1", rpm: 7420, healthy: true }],
  sensors: [
    { name: "PS1 Status", source: "ipmi", kind: "discrete", states: ["Presence detected"] },
    { name: "Inlet Temp", source: "ipmi", kind: "temperature", reading: 22, status: "ok" },
    { name: "Chassis Intru", source: "ipmi", kind: "discrete", states: ["General Chassis intrusion"] },
  ],
  bmc: { selEntryCount: 400, selUsedPercent: 89 },
  kernel: {
    taints: ["firmware workaround", "out-of-tree module"],
    errors: [
      { kind: "firmware", text: "[Firmware Bug]: TSC", count: 1 },
      { kind: "pcie-link", component: "0000:01:00.0", text: "limited", count: 1 },
      { kind: "other", text: "widget: failed", count: 1 },
    ],
  },
};

const inventoryWith = (hardware: Partial<Hardware>): Inventory => ({
  version: 1,
  hardware: { ...HEALTHY, ...hardware },
  probes: [],
});
const checksOf = (hardware: Partial<Hardware>): readonly Check[] => judgeInventory(inventoryWith(hardware));
const kernel = (...errors: Hardware["kernel"]["errors"]) => ({ kernel: { taints: [], errors } });
const gpu = (fields: Partial<Hardware["gpus"][number]>) => ({ gpus: [{ pciAddress: "0000:5f:00.0", ...fields }] });
const memory = (fields: Partial<Hardware["memory"]>) => ({ memory: { ...HEALTHY.memory, ...fields } });
const sensor = (fields: Partial<Hardware["sensors"][number]>) => ({
  sensors: [{ name: "FAN2", source: "ipmi" as const, kind: "fan" as const, ...fields }],
});

/** What makes each rule speak: the hardware, the rule, and its components. */
const SAMPLES: readonly (readonly [
  what: string,
  code: string,
  hardware: Partial<Hardware>,
  ...components: string[],
])[] = [
  [
    "uncorrected errors of a module",
    "memory-uncorrected",
    memory({ dimms: [{ slot: "A1", populated: true, uncorrectedErrorCount: 1 }] }),
    "DIMM A1",
  ],
  [
    "uncorrected errors in the log",
    "memory-uncorrected",
    kernel({ kind: "memory", component: "DIMM_A2", grave: true, text: "EDAC MC0: 1 UE", count: 1 }),
    "DIMM_A2",
  ],
  [
    "an uncorrected machine check in the log",
    "machine-check",
    {
      kernel: {
        taints: ["machine check"],
        errors: [{ kind: "machine-check", component: "CPU 4 bank 5", grave: true, text: "mce", count: 1 }],
      },
    },
    "CPU 4 bank 5",
  ],
  [
    "a machine check whose lines are gone",
    "machine-check",
    { kernel: { taints: ["machine check"], errors: [] } },
    "kernel",
  ],
  ["uncorrected errors of a GPU", "gpu-uncorrected", gpu({ uncorrectedErrorCount: 2 }), "GPU 0000:5f:00.0"],
  ["a GPU without spare rows", "gpu-row-remap-failed", gpu({ remappedRowsFailed: true }), "GPU 0000:5f:00.0"],
  [
    "a power supply without mains, once",
    "psu",
    {
      psus: [{ name: "PSU 2", states: ["Presence detected", "Power Supply AC lost"] }],
      sensors: [
        {
          name: "PS2 Status",
          source: "ipmi",
          kind: "discrete",
          status: "critical",
          states: ["Presence detected", "Power Supply AC lost"],
        },
      ],
    },
    "PSU 2",
  ],
  ["a fan that stands", "sensor-critical", sensor({ reading: 0, status: "critical" }), "sensor FAN2"],
  [
    "a voltage beyond all bounds",
    "sensor-critical",
    sensor({ kind: "voltage", reading: 0.5, status: "non-recoverable" }),
    "sensor FAN2",
  ],
  [
    "corrected errors of modules, placed and not, and of a controller",
    "memory-corrected",
    memory({
      dimms: [{ slot: "DIMM_A2", populated: true, correctedErrorCount: 3 }],
      controllers: [
        { name: "mc0", correctedErrorCount: 3, uncorrectedErrorCount: 0 },
        {
          name: "mc1",
          correctedErrorCount: 2,
          uncorrectedErrorCount: 0,
          unplaced: [{ label: "CPU_SrcID#0_MC#1", correctedErrorCount: 2, uncorrectedErrorCount: 0 }],
        },
      ],
    }),
    "DIMM_A2",
    "memory at CPU_SrcID#0_MC#1",
  ],
  [
    "corrected errors that have no module's name",
    "memory-corrected",
    memory({ controllers: [{ name: "mc0", correctedErrorCount: 5, uncorrectedErrorCount: 0 }] }),
    "memory controller mc0",
  ],
  ["a row that waits for a reset", "gpu-row-remap-pending", gpu({ remappedRowsPending: true }), "GPU 0000:5f:00.0"],
  [
    "a temperature near its limit",
    "sensor-warning",
    sensor({ kind: "temperature", reading: 81, status: "warning" }),
    "sensor FAN2",
  ],
  [
    "a processor that throttles",
    "throttled",
    kernel({ kind: "thermal", component: "CPU 5", text: "hot", count: 7 }),
    "CPU 5",
  ],
  [
    "errors that the kernel reports",
    "kernel-error",
    kernel(
      { kind: "disk", component: "sda", text: "I/O error", count: 3 },
      { kind: "machine-check", component: "the boot before", text: "fatal", count: 1 },
      { kind: "cpu-lockup", text: "stuck", count: 1 },
    ),
    "sda",
    "the boot before",
    "kernel log",
  ],
  [
    "a part of the kernel that died",
    "kernel-taint",
    { kernel: { taints: ["kernel died", "user request"], errors: [] } },
    "kernel",
  ],
  [
    "a link that lost half of its lanes, and one at half its speed",
    "pcie-link",
    {
      pci: [
        { address: "0000:3a:00.0", classId: "0604", linkWidth: 4, maxLinkWidth: 16, maxLinkSpeedGtps: 16 },
        { address: "0000:3b:00.0", classId: "0302", upstream: "0000:3a:00.0", linkWidth: 4, maxLinkWidth: 8 },
        { address: "0000:3b:00.1", classId: "0403", upstream: "0000:3a:00.0", linkWidth: 4, maxLinkWidth: 8 },
        { address: "0000:3c:00.0", classId: "0108", upstream: "0000:3a:00.0", linkSpeedGtps: 8, maxLinkSpeedGtps: 16 },
      ],
    },
    "PCI 0000:3b:00.0",
    "PCI 0000:3c:00.0",
  ],
  ["microcode of two revisions", "cpu-mixed", { cpu: { ...HEALTHY.cpu, microcode: ["0x1", "0x2"] } }, "CPU"],
  [
    "processors of two kinds and steppings",
    "cpu-mixed",
    {
      cpu: {
        ...HEALTHY.cpu,
        sockets: [
          { slot: "CPU1", model: "4114", signature: "Stepping 4" },
          { slot: "CPU2", model: "4116", signature: "Stepping 7" },
        ],
      },
    },
    "CPU",
    "CPU",
  ],
  ["a module that nobody sees", "memory-missing", memory({ visibleBytes: 47 * GIB }), "memory"],
  ["an event log that is nearly full", "sel-full", { bmc: { selUsedPercent: 90 } }, "BMC"],
];

describe("INVENTORY_RULES", () => {
  test("codes differ, and every rule has a sample here", () => {
    const codes = INVENTORY_RULES.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect([...new Set(SAMPLES.map(([, code]) => `inventory.${code}`))].sort()).toEqual([...codes].sort());
  });

  test("a server in good health makes none of them speak", () => {
    expect(checksOf({})).toEqual([]);
  });

  for (const [what, code, hardware, ...components] of SAMPLES)
    test(`${code}: ${what}`, () => {
      expect(checksOf(hardware).map((check) => [check.code, check.component])).toEqual(
        components.map((component) => [`inventory.${code}`, component]),
      );
    });

  test("what fails a stage is lost data and what calls itself broken, no more", () => {
    expect(INVENTORY_RULES.filter(({ verdict }) => verdict === "FAIL").map(({ code }) => code)).toEqual([
      "inventory.memory-uncorrected",
      "inventory.machine-check",
      "inventory.gpu-uncorrected",
      "inventory.gpu-row-remap-failed",
      "inventory.psu",
      "inventory.sensor-critical",
    ]);
  });

  test("a finding says what was measured and what to do", () => {
    expect(checksOf(memory({ visibleBytes: 47 * GIB }))).toEqual([
      {
        code: "inventory.memory-missing",
        verdict: "WARN",
        component: "memory",
        message: "64 GiB are installed, but the kernel sees 47 GiB.",
        measured: "27 % missing",
        limit: "at most 10 %",
        action: "Seat the modules again; look for mirroring, sparing or a limit in the BIOS setup.",
      },
    ]);
    expect(checksOf(sensor({ reading: 0, status: "critical" }))[0]?.message).toBe("The sensor is critical: 0 rpm.");
  });

  for (const [installed, visible, isMissing] of [
    [2, 1.51, false],
    [2, 1.49, true],
    [6, 4.81, false],
    [8, 6.79, true],
    [16, 14.09, false],
    [17, 15.29, true],
  ] as const)
    test(`${visible} of ${installed} GiB are ${isMissing ? "too few" : "enough"}`, () => {
      const checks = checksOf(memory({ installedBytes: installed * GIB, visibleBytes: visible * GIB }));
      expect(checks.map(({ code }) => code)).toEqual(isMissing ? ["inventory.memory-missing"] : []);
    });
});
