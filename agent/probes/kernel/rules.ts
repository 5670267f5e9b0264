/**
 * Which lines of the kernel log speak of broken hardware: a table, looked through from the top. Pure.
 *
 * Each pattern has a literal to start from and no nested repetition: it takes time in proportion to the line. The words are those of the
 * kernel's sources, whose file stands beside each row.
 */
import type { KernelFacts } from "../../wire/hardware/kernel.ts";

/** What a line is about. */
export type KernelErrorKind = KernelFacts["errors"][number]["kind"];

/** One row: what a line looks like, and what it says. */
export interface ErrorRule {
  readonly id: string;
  readonly pattern: RegExp;
  /** `null`: a line that looks bad and is none, or belongs to another line that is counted. */
  readonly kind: KernelErrorKind | null;
  /** From the match to what it is about. */
  component?(match: RegExpExecArray): string | undefined;
  /** Uncorrected: the hardware lost data. Absent where it did not. */
  grave?(match: RegExpExecArray): boolean;
}

const first = (prefix: string) => (match: RegExpExecArray) =>
  match[1] === undefined ? undefined : `${prefix}${match[1]}`;
const always = () => true;
const PCI = "[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]";

/** Bit 61 of a bank's status: the error was not corrected (Intel SDM volume 3, 16.3.2.2; AMD64 APM volume 2, 9.3.2). */
const isUncorrected = (status: string | undefined): boolean =>
  (Number.parseInt(status?.slice(0, 1) ?? "0", 16) & 2) !== 0;

/** arch/x86/kernel/cpu/mce/core.c, drivers/firmware/efi/cper.c, drivers/edac/mce_amd.c. */
const MACHINE_CHECKS: readonly ErrorRule[] = [
  {
    id: "mce-bank",
    pattern:
      /\[Hardware Error\]: CPU (\d{1,5}): Machine Check[^:]{0,12}: [0-9a-f]{1,16} Bank (\d{1,3}): ([0-9a-f]{16})/,
    kind: "machine-check",
    component: (match) => `CPU ${match[1]} bank ${match[2]}`,
    grave: (match) => isUncorrected(match[3]),
  },
  { id: "mce-logged", pattern: /\[Hardware Error\]: Machine check events logged/, kind: "machine-check" },
  { id: "mce-uncorrected", pattern: /\[Hardware Error\]: Uncorrected/, kind: "machine-check", grave: always },
  {
    // The firmware's record of the boot before this one (drivers/acpi/apei/bert.c), without the braces of a live event: history.
    id: "bert",
    pattern: /^\[Hardware Error\]: event severity: (?:fatal|recoverable)/,
    kind: "machine-check",
    component: () => "the boot before",
  },
  {
    id: "ghes-uncorrected",
    pattern: /^\{\d{1,9}\}\[Hardware Error\]: event severity: (?:fatal|recoverable)/,
    kind: "machine-check",
    grave: always,
  },
  { id: "ghes-corrected", pattern: /\[Hardware Error\]: event severity: corrected/, kind: "machine-check" },
  // Bank registers, addresses and the section of each event: they belong to the lines above.
  { id: "mce-details", pattern: /\[Hardware Error\]:/, kind: null },
];

/** drivers/edac/edac_mc.c, mm/memory-failure.c, mm/page_alloc.c. */
const MEMORY: readonly ErrorRule[] = [
  {
    id: "edac",
    pattern: /^EDAC MC(\d{1,4}): \d{1,9} (CE|UE)\b/,
    kind: "memory",
    component: (match) => / on ([^\s(]{1,120})/.exec(match.input)?.[1] ?? `memory controller ${match[1]}`,
    grave: (match) => match[2] === "UE",
  },
  {
    id: "hwpoison",
    pattern: /^Memory failure: 0x([0-9a-f]{1,16}):/,
    kind: "memory",
    component: first("page 0x"),
    grave: always,
  },
  { id: "bad-page", pattern: /^BUG: Bad page (?:state|map) in/, kind: "memory" },
];

/** drivers/pci/pcie/aer.c, dpc.c, drivers/pci/pci.c. */
const PCIE: readonly ErrorRule[] = [
  {
    id: "aer",
    pattern: new RegExp(`(${PCI}): PCIe Bus Error: severity=`),
    kind: "pcie",
    component: first(""),
  },
  {
    id: "aer-unrecovered",
    pattern: new RegExp(`(${PCI}): AER: (?:device|subordinate device) recovery failed`),
    kind: "pcie",
    component: first(""),
  },
  { id: "dpc", pattern: new RegExp(`(${PCI}): DPC: containment event`), kind: "pcie", component: first("") },
  {
    id: "link-limited",
    pattern: new RegExp(`(${PCI}): [0-9.]{1,9} Gb/s available PCIe bandwidth, limited by`),
    kind: "pcie-link",
    component: first(""),
  },
];

/** block/blk-core.c, fs/buffer.c, drivers/nvme/host/pci.c, drivers/ata/libata-eh.c, drivers/scsi. */
const DISKS: readonly ErrorRule[] = [
  { id: "floppy-and-optical", pattern: /error,? (?:on )?dev (?:fd|sr|loop|ram)\d/, kind: null },
  {
    id: "block",
    pattern:
      /\b(?:I\/O|critical medium|critical target|critical space allocation|protection|transport|timeout) error, dev ([a-z][A-Za-z0-9]{1,30}),/,
    kind: "disk",
    component: first(""),
  },
  { id: "buffer", pattern: /^Buffer I\/O error on dev ([a-z][A-Za-z0-9]{1,30}),/, kind: "disk", component: first("") },
  { id: "nvme-timeout", pattern: /^nvme (nvme\d{1,4}): I\/O .{0,80}timeout/, kind: "disk", component: first("") },
  {
    id: "nvme-dead",
    pattern:
      /^nvme (nvme\d{1,4}): (?:controller is down|Device not ready|Disabling device|Removing after probe failure|no available path)/,
    kind: "disk",
    component: first(""),
  },
  {
    id: "ata",
    pattern: /^(ata\d{1,4})(?:\.\d\d)?: (?:exception Emask|COMRESET failed|failed to IDENTIFY|revalidation failed)/,
    kind: "disk",
    component: first(""),
  },
  {
    id: "scsi-sense",
    pattern: /\[(sd[a-z]{1,4})\].{0,40}Sense Key : (?:Medium|Hardware) Error/,
    kind: "disk",
    component: first(""),
  },
];

/** net/sched/sch_generic.c, drivers/net/ethernet/intel. */
const NETWORK: readonly ErrorRule[] = [
  {
    // Since Linux 6.7 the device speaks for itself.
    id: "watchdog",
    pattern: / ([^\s:]{1,30}): NETDEV WATCHDOG: CPU: /,
    kind: "network",
    component: first(""),
  },
  {
    id: "watchdog-old",
    pattern: /NETDEV WATCHDOG: ([^\s:(]{1,30}) \(/,
    kind: "network",
    component: first(""),
  },
  {
    id: "tx-hang",
    pattern: new RegExp(`(${PCI}).{0,60}Detected (?:Tx|Hardware) Unit Hang`),
    kind: "network",
    component: first(""),
  },
];

/** NVIDIA's driver ("XID errors" in its documentation), drivers/gpu/drm/amd. */
const GPUS: readonly ErrorRule[] = [
  {
    id: "xid",
    pattern: new RegExp(`NVRM: Xid \\(PCI:(${PCI.replace("\\.[0-7]", "")})`),
    kind: "gpu",
    component: (match) => `${match[1]}.0`,
  },
  {
    id: "sxid",
    pattern: new RegExp(`nvidia-nvswitch\\d{1,3}: SXid \\(PCI:(${PCI})`),
    kind: "gpu",
    component: first(""),
  },
  {
    id: "gpu-lost",
    pattern: new RegExp(`NVRM: .{0,20}GPU (${PCI}).{0,60}has fallen off the bus`),
    kind: "gpu",
    component: first(""),
  },
  {
    id: "amdgpu",
    pattern: new RegExp(`amdgpu (${PCI}).{0,40}(?:ring \\S{1,20} timeout|GPU reset)`),
    kind: "gpu",
    component: first(""),
  },
];

/** kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h. */
const LOCKUPS: readonly ErrorRule[] = [
  { id: "soft-lockup", pattern: /BUG: soft lockup - CPU#(\d{1,5})/, kind: "cpu-lockup", component: first("CPU ") },
  {
    id: "hard-lockup",
    pattern: /Watchdog detected hard LOCKUP on cpu (\d{1,5})/,
    kind: "cpu-lockup",
    component: first("CPU "),
  },
  { id: "hung-task", pattern: /^INFO: task .{1,40} blocked for more than \d/, kind: "cpu-lockup" },
  { id: "rcu-stall", pattern: /\brcu.{0,20} (?:detected stalls|self-detected stall)/, kind: "cpu-lockup" },
];

/** arch/x86/kernel/cpu/mce/therm_throt.c (drivers/thermal/intel), drivers/thermal. */
const THERMAL: readonly ErrorRule[] = [
  {
    id: "throttled",
    pattern: /CPU(\d{1,5}): (?:Core|Package) temperature (?:is )?above threshold/,
    kind: "thermal",
    component: first("CPU "),
  },
  {
    id: "critical-temperature",
    pattern: /^thermal (thermal_zone\d{1,3}): .{0,40}critical temperature reached/,
    kind: "thermal",
    component: first(""),
  },
];

/** Firmware that breaks its own standards. Most servers do, and run for years: recorded, and no finding about the hardware. */
const FIRMWARE: readonly ErrorRule[] = [
  { id: "firmware-bug", pattern: /\[Firmware (?:Bug|Warn)\]/, kind: "firmware" },
  { id: "acpi", pattern: /^ACPI (?:BIOS )?(?:Error|Exception|Warning)\b/, kind: "firmware" },
];

/** Lines of level "error" on machines in good health; each with the reason why it says nothing about hardware. */
const HARMLESS: readonly ErrorRule[] = [
  // No PS/2 ports, which is usual (drivers/input/serio/i8042.c).
  { id: "no-ps2", pattern: /^i8042: (?:No controller found|Can't read CTR while initializing)/, kind: null },
  // The probe looks for a BMC at the standard ports of a machine without one (drivers/char/ipmi/ipmi_si_intf.c).
  { id: "no-bmc", pattern: /^ipmi_si: Unable to find any System Interface/, kind: null },
  // Switched off in the firmware's setup: a setting (arch/x86/kvm).
  {
    id: "no-virtualisation",
    pattern: /\b(?:kvm|VMX|SVM)\b.{0,40}(?:disabled by (?:bios|BIOS)|not supported|no hardware support)/,
    kind: null,
  },
  // A TPM that is off or not set up (drivers/char/tpm).
  { id: "tpm", pattern: /^(?:tpm|ima|integrity)\b.{0,120}(?:TPM|tpm)/, kind: null },
  // Keys of the firmware that the kernel will not take: secure boot, not hardware (certs, security/integrity).
  { id: "keys", pattern: /(?:Problem loading (?:in-kernel )?X\.509 certificate|Couldn't get size: 0x8)/, kind: null },
  // A chip's ports that ACPI holds already (drivers/mfd/lpc_ich.c, drivers/acpi/resource.c).
  { id: "acpi-conflict", pattern: /(?:resource|Resource) conflict/, kind: null },
  // Firmware files of devices that work with what they have (drivers/base/firmware_loader).
  { id: "firmware-file", pattern: /(?:Direct firmware load for|firmware: failed to load)/, kind: null },
  // A multi-path or a sensor driver for hardware that other boards of the family have.
  { id: "no-device", pattern: /^(?:ACPI PCC|pcc_cpufreq|intel_pch_thermal|sp5100_tco|iTCO_wdt|mei_me)\b/, kind: null },
];

/** All rows, in the order in which they are tried. */
export const ERROR_RULES: readonly ErrorRule[] = [
  ...MACHINE_CHECKS,
  ...MEMORY,
  ...PCIE,
  ...DISKS,
  ...NETWORK,
  ...GPUS,
  ...LOCKUPS,
  ...THERMAL,
  ...FIRMWARE,
  ...HARMLESS,
];
