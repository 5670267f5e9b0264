import { describe, expect, test } from "bun:test";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import { runProbe } from "../probe.ts";
import { kernelProbe } from "./collect.ts";
import { parseDmesg } from "./parse.ts";
import { ERROR_RULES } from "./rules.ts";
import { parseTaints } from "./taints.ts";

const errorsOf = (text: string) => {
  const parsed = parseDmesg(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.facts;
};
/** One message of level "warning". */
const of = (message: string) =>
  errorsOf(`<4>[   12.345678] ${message}\n`).map(({ kind, component, grave }) => [kind, component, grave ?? false]);

/** A line for each row of the table, in its order, with what it says: kind, component, grave; nothing for a row that belongs to no error. */
const SAMPLES: readonly (readonly [
  rule: string,
  line: string,
  error?: readonly [string, string | undefined, boolean],
])[] = [
  [
    "mce-bank",
    "mce: [Hardware Error]: CPU 4: Machine Check: 0 Bank 5: bea0000000000108",
    ["machine-check", "CPU 4 bank 5", true],
  ],
  ["mce-logged", "mce: [Hardware Error]: Machine check events logged", ["machine-check", undefined, false]],
  ["mce-uncorrected", "[Hardware Error]: Uncorrected, software restartable error.", ["machine-check", undefined, true]],
  ["bert", "[Hardware Error]: event severity: fatal", ["machine-check", "the boot before", false]],
  ["ghes-uncorrected", "{2}[Hardware Error]: event severity: recoverable", ["machine-check", undefined, true]],
  ["ghes-corrected", "{1}[Hardware Error]: event severity: corrected", ["machine-check", undefined, false]],
  ["mce-details", "mce: [Hardware Error]: TSC 0 ADDR 1ffffa0d8f6a4 SYND 4d000000 IPID 500b000000000"],
  [
    "edac",
    "EDAC MC1: 1 UE memory read error on CPU_SrcID#0_MC#1_Chan#0_DIMM#0 (channel:0 slot:0)",
    ["memory", "CPU_SrcID#0_MC#1_Chan#0_DIMM#0", true],
  ],
  [
    "hwpoison",
    "Memory failure: 0x12af3c: recovery action for dirty LRU page: Recovered",
    ["memory", "page 0x12af3c", true],
  ],
  ["bad-page", "BUG: Bad page state in process swapper/0  pfn:00001", ["memory", undefined, false]],
  [
    "aer",
    "nvme 0000:3b:00.0: PCIe Bus Error: severity=Correctable, type=Physical Layer, (Receiver ID)",
    ["pcie", "0000:3b:00.0", false],
  ],
  ["aer-unrecovered", "pcieport 0000:3a:00.0: AER: device recovery failed", ["pcie", "0000:3a:00.0", false]],
  [
    "dpc",
    "pcieport 0000:3a:00.0: DPC: containment event, status:0x1f01 source:0x0000",
    ["pcie", "0000:3a:00.0", false],
  ],
  [
    "link-limited",
    "pci 0000:01:00.0: 4.000 Gb/s available PCIe bandwidth, limited by 5.0 GT/s PCIe x1 link at 0000:00:1c.0",
    ["pcie-link", "0000:01:00.0", false],
  ],
  ["floppy-and-optical", "I/O error, dev fd0, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0"],
  ["block", "critical medium error, dev sdb, sector 918274 op 0x0:(READ) flags 0x0", ["disk", "sdb", false]],
  ["buffer", "Buffer I/O error on dev nvme0n1, logical block 0, async page read", ["disk", "nvme0n1", false]],
  [
    "nvme-timeout",
    "nvme nvme1: I/O tag 12 (300c) opcode 0x2 (I/O Cmd) QID 3 timeout, aborting req_op:READ(0)",
    ["disk", "nvme1", false],
  ],
  ["nvme-dead", "nvme nvme0: Device not ready; aborting reset, CSTS=0x1", ["disk", "nvme0", false]],
  ["ata", "ata3.00: exception Emask 0x0 SAct 0x10 SErr 0x0 action 0x0", ["disk", "ata3", false]],
  ["scsi-sense", "sd 0:0:1:0: [sdb] tag#18 Sense Key : Medium Error [current]", ["disk", "sdb", false]],
  [
    "watchdog",
    "ixgbe 0000:19:00.0 eno1: NETDEV WATCHDOG: CPU: 14: transmit queue 3 timed out 5120 ms",
    ["network", "eno1", false],
  ],
  ["watchdog-old", "NETDEV WATCHDOG: eno2 (igb): transmit queue 1 timed out 5004 ms", ["network", "eno2", false]],
  ["tx-hang", "e1000e 0000:00:1f.6 eno2: Detected Hardware Unit Hang:", ["network", "0000:00:1f.6", false]],
  [
    "xid",
    "NVRM: Xid (PCI:0000:3b:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
    ["gpu", "0000:3b:00.0", false],
  ],
  [
    "sxid",
    "nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 28006, Non-fatal, Link 46 MC TS crumbstore MCTO",
    ["gpu", "0000:c1:00.0", false],
  ],
  ["gpu-lost", "NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus.", ["gpu", "0000:3b:00.0", false]],
  ["amdgpu", "amdgpu 0000:83:00.0: amdgpu: GPU reset begin!", ["gpu", "0000:83:00.0", false]],
  ["soft-lockup", "watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:88]", ["cpu-lockup", "CPU 3", false]],
  ["hard-lockup", "watchdog: Watchdog detected hard LOCKUP on cpu 7", ["cpu-lockup", "CPU 7", false]],
  ["hung-task", "INFO: task jbd2/sda1-8:301 blocked for more than 120 seconds.", ["cpu-lockup", undefined, false]],
  ["rcu-stall", "rcu: INFO: rcu_preempt self-detected stall on CPU", ["cpu-lockup", undefined, false]],
  [
    "throttled",
    "CPU5: Package temperature above threshold, cpu clock throttled (total events = 1)",
    ["thermal", "CPU 5", false],
  ],
  [
    "critical-temperature",
    "thermal thermal_zone0: acpitz: critical temperature reached",
    ["thermal", "thermal_zone0", false],
  ],
  ["firmware-bug", "[Firmware Bug]: TSC doesn't count with P0 frequency!", ["firmware", undefined, false]],
  [
    "acpi",
    "ACPI BIOS Error (bug): Could not resolve symbol [\\_SB.PMI0], AE_NOT_FOUND",
    ["firmware", undefined, false],
  ],
  ["no-ps2", "i8042: No controller found"],
  ["no-bmc", "ipmi_si: Unable to find any System Interface(s)"],
  ["no-virtualisation", "kvm_amd: kvm: SVM disabled by BIOS"],
  ["tpm", "tpm tpm0: A TPM error (256) occurred attempting to read a pcr value"],
  ["keys", "integrity: Problem loading X.509 certificate -65"],
  ["acpi-conflict", "lpc_ich 0000:00:1f.0: I/O space for GPIO has a resource conflict"],
  ["firmware-file", "r8169 0000:02:00.0: Direct firmware load for rtl_nic/rtl8168g-2.fw failed with error -2"],
  ["no-device", "ACPI PCC probe failed."],
];

describe("ERROR_RULES", () => {
  test("each row has a sample, in the table's order", () => {
    expect(SAMPLES.map(([rule]) => rule)).toEqual(ERROR_RULES.map(({ id }) => id));
  });

  for (const [rule, line, error] of SAMPLES)
    test(`${rule} is the first row that knows its line`, () => {
      expect(ERROR_RULES.find(({ pattern }) => pattern.test(line))?.id).toBe(rule);
      // As an error of the kernel: what belongs to nothing must not become an unknown error either.
      expect(
        errorsOf(`<3>[    1.000000] ${line}\n`).map(({ kind, component, grave }) => [kind, component, grave ?? false]),
      ).toEqual(error === undefined ? [] : [[...error]]);
    });

  test("a bank whose error was corrected is not grave", () => {
    expect(of("mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 7: 9c20004000010092")).toEqual([
      ["machine-check", "CPU 0 bank 7", false],
    ]);
    expect(of("EDAC MC0: 3 CE memory scrubbing error on DIMM_A1 (channel:1)")).toEqual([["memory", "DIMM_A1", false]]);
  });

  test("good news is no error", () => {
    for (const line of [
      "EDAC MC0: Giving out device to module skx_edac controller Skylake Socket#0 IMC#0",
      "nvme nvme0: 32/0/0 default/read/poll queues",
      "pcieport 0000:00:1c.0: AER: enabled with IRQ 122",
      "mce: CPU0: Thermal monitoring enabled (TM1)",
      "sd 0:0:0:0: [sda] Write cache: enabled, read cache: enabled, doesn't support DPO or FUA",
      "ata5: SATA link down (SStatus 0 SControl 300)",
      "rcu: Hierarchical SRCU implementation.",
    ])
      expect(of(line)).toEqual([]);
  });
});

describe("parseDmesg", () => {
  const line = "EDAC MC0: 1 CE memory read error on DIMM_B2 (channel:1)";
  const found = [{ kind: "memory" as const, component: "DIMM_B2", text: line, count: 1 }];

  for (const [option, text] of [
    ["-r", `<4>[    5.123456] ${line}\n`],
    ["-r of a kernel that names the caller", `<4>[    5.123456][   T88] ${line}\n`],
    ["-x", `kern  :warn  : [    5.123456] ${line}\n`],
    ["none", `[    5.123456] ${line}\n`],
    ["-T", `[Thu Aug  6 10:00:00 2026] ${line}\n`],
    ["-J", JSON.stringify({ dmesg: [{ pri: 4, time: 5.123456, msg: line }] }, null, 3)],
  ] as const)
    test(`reads the output with option ${option}`, () => {
      expect(errorsOf(text)).toEqual(found);
    });

  test("equal kinds about the same component are counted, and told by their first line", () => {
    const log = ["1", "2", "3"].map((n) => `<3>[    ${n}.000000] I/O error, dev sda, sector ${n}000 op 0x0:(READ)`);
    const other = "<3>[    4.000000] I/O error, dev sdb, sector 7 op 0x0:(READ)";
    expect(errorsOf([...log, other].join("\n")).map(({ component, count, text }) => [component, count, text])).toEqual([
      ["sda", 3, "I/O error, dev sda, sector 1000 op 0x0:(READ)"],
      ["sdb", 1, "I/O error, dev sdb, sector 7 op 0x0:(READ)"],
    ]);
  });

  test("an unknown line is an error when the kernel says so, and alike when only numbers differ", () => {
    expect(
      errorsOf("<3>[    1.0] widget 7: failed\n<3>[    1.1] widget 12: failed\n<4>[    1.2] gadget: failed\n"),
    ).toEqual([{ kind: "other", text: "widget 7: failed", count: 2 }]);
  });

  test("what a program writes into the log is not the kernel's word", () => {
    expect(errorsOf(`<28>[    5.0] ${line}\ndaemon:err   : [    5.1] ${line}\n`)).toEqual([]);
  });

  test("a flood of unknown errors does not push out a known one", () => {
    const words = Array.from({ length: 500 }, (_, i) => `<3>[    1.0] ${"x".repeat(i % 250)}${i < 250 ? "a" : "b"}`);
    const errors = errorsOf([...words, `<4>[    9.0] ${line}`].join("\n"));
    expect([errors.length, errors[0]?.kind]).toEqual([200, "memory"]);
  });

  test("what is no log is not understood", () => {
    for (const text of ["", "dmesg: read kernel buffer failed: Operation not permitted\n", '{"lsblk":[]}', "{"])
      expect(parseDmesg(text)).toMatchObject({ ok: false, place: expect.stringMatching(/^line 1/) });
  });
});

describe("parseTaints", () => {
  test("names the bits", () => {
    // 2^4 + 2^11 + 2^30
    expect(parseTaints("1073743888\n")).toEqual(["machine check", "firmware workaround", "bit 30"]);
    expect([parseTaints("0\n"), parseTaints(null), parseTaints("x")]).toEqual([[], [], []]);
  });
});

describe("kernelProbe", () => {
  const files = tableFiles({
    "/proc/sys/kernel/osrelease": "6.12.43+deb13-amd64\n",
    "/proc/sys/kernel/tainted": "16\n",
  });
  const state = { release: "6.12.43+deb13-amd64", taints: ["machine check"] };
  const probe = (stdout: string, exitCode = 0, stderr = "") =>
    runProbe(
      kernelProbe,
      fakeSystem({ files, exec: async () => exited(stdout, exitCode, stderr) }),
      new AbortController().signal,
    );

  test("has release, taints and errors", async () => {
    const { report, facts } = await probe("<3>[    1.0] I/O error, dev sda, sector 1 op 0x0\n");
    expect(report.status).toBe("ok");
    expect(facts).toEqual({
      ...state,
      errors: [{ kind: "disk", component: "sda", text: "I/O error, dev sda, sector 1 op 0x0", count: 1 }],
    });
  });

  test("a log that was cleared has no errors; one that may not be read leaves the rest", async () => {
    expect(await probe("")).toMatchObject({ report: { status: "ok" }, facts: { ...state, errors: [] } });
    expect(await probe("", 1, "dmesg: read kernel buffer failed: Operation not permitted\n")).toMatchObject({
      report: { status: "failed" },
      facts: { ...state, errors: [] },
    });
  });
});
