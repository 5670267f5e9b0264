/** Reads sysfs and procfs: network interfaces, memory that the kernel sees, microcode. */
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import type { NicFacts } from "../../wire/hardware/network.ts";
import type { Probe } from "../probe.ts";
import { type NicAttributes, parseCpuinfo, parseMemTotal, parseNic } from "./parse.ts";

/** What the kernel's own files say. */
export interface SysfsFacts {
  readonly nics: readonly Omit<NicFacts, "boot">[];
  readonly visibleBytes: number | undefined;
  readonly microcode: string | undefined;
}

/** One interface; null when it has no hardware behind it (bridges, loopback, bonds). */
const nicOf = async ({ files }: System, name: string): Promise<NicAttributes | null> => {
  const base = `/sys/class/net/${name}`;
  const devicePath = await files.realPath(`${base}/device`);
  if (devicePath === null) return null;
  const at = (attribute: string) => readAttribute(files, `${base}/${attribute}`);
  return {
    name,
    devicePath,
    driverPath: await files.realPath(`${base}/device/driver`),
    address: await at("address"),
    operstate: await at("operstate"),
    speed: await at("speed"),
    duplex: await at("duplex"),
  };
};

/** The kernel's own files. */
export const sysfsProbe: Probe<SysfsFacts> = {
  name: "sysfs",
  timeoutMs: 10_000,
  collect: async (system) => {
    const nics: NicAttributes[] = [];
    for (const name of await system.files.list("/sys/class/net")) {
      const nic = await nicOf(system, name);
      if (nic !== null) nics.push(nic);
    }
    const meminfo = (await system.files.readText("/proc/meminfo")) ?? "";
    const cpuinfo = (await system.files.readText("/proc/cpuinfo")) ?? "";
    const facts: SysfsFacts = {
      nics: nics.map(parseNic),
      visibleBytes: parseMemTotal(meminfo),
      microcode: parseCpuinfo(cpuinfo, "microcode"),
    };
    const raw = [{ name: "sysfs.json", text: `${JSON.stringify({ nics, meminfo: meminfo.split("\n") }, null, 2)}\n` }];
    return { status: "ok", facts, raw };
  },
};
