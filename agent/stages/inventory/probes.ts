/** Every probe of Inventory, by the name under which the assembly finds its facts. A new probe is one line here. */
import { cpuinfoProbe } from "../../probes/cpuinfo/collect.ts";
import { dmidecodeProbe } from "../../probes/dmidecode/collect.ts";
import { edacProbe } from "../../probes/edac/collect.ts";
import { ethtoolProbe } from "../../probes/ethtool/collect.ts";
import { hwmonProbe } from "../../probes/hwmon/collect.ts";
import { ipmitoolProbe } from "../../probes/ipmitool/collect.ts";
import { kernelProbe } from "../../probes/kernel/collect.ts";
import { lldpProbe } from "../../probes/lldp/collect.ts";
import { lsblkProbe } from "../../probes/lsblk/collect.ts";
import { lscpuProbe } from "../../probes/lscpu/collect.ts";
import { lshwProbe } from "../../probes/lshw/collect.ts";
import { lspciProbe } from "../../probes/lspci/collect.ts";
import { nvidiaSmiProbe } from "../../probes/nvidia-smi/collect.ts";
import { nvmeProbe } from "../../probes/nvme/collect.ts";
import type { Probe } from "../../probes/probe.ts";
import { smartctlProbe } from "../../probes/smartctl/collect.ts";
import { sysfsProbe } from "../../probes/sysfs/collect.ts";

/** The probes; all of them run at once, each under its own deadline. */
export const PROBES = {
  smbios: dmidecodeProbe,
  lscpu: lscpuProbe,
  cpuinfo: cpuinfoProbe,
  lsblk: lsblkProbe,
  smartctl: smartctlProbe,
  nvme: nvmeProbe,
  lspci: lspciProbe,
  sysfs: sysfsProbe,
  ethtool: ethtoolProbe,
  lldp: lldpProbe,
  lshw: lshwProbe,
  kernel: kernelProbe,
  edac: edacProbe,
  hwmon: hwmonProbe,
  ipmi: ipmitoolProbe,
  nvidia: nvidiaSmiProbe,
} as const;

/** A probe's place in the table. */
export type ProbeKey = keyof typeof PROBES;

/** What the probes read; undefined where one read nothing. */
export type ProbeFacts = {
  readonly [Key in ProbeKey]: (typeof PROBES)[Key] extends Probe<infer Facts> ? Facts | undefined : never;
};
