/** Attributes of sysfs and procfs to facts: network interfaces, memory that the kernel sees, microcode. Pure and total. */
import type { NicFacts } from "../../wire/hardware/network.ts";
import { cleanLabel, cleanText, leadingCount, present } from "../label.ts";

/** What sysfs says about one network interface; null where it says nothing. */
export interface NicAttributes {
  readonly name: string;
  readonly address: string | null;
  /** Where `device` leads. */
  readonly devicePath: string | null;
  /** Where `device/driver` leads. */
  readonly driverPath: string | null;
  readonly operstate: string | null;
  readonly speed: string | null;
  readonly duplex: string | null;
}

const MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** The kernel's MAC for an interface that has none is all zeros. */
const macOf = (raw: string | null): string | undefined => {
  const mac = raw?.toLowerCase() ?? "";
  return MAC.test(mac) && mac !== "00:00:00:00:00:00" ? mac : undefined;
};

/** The last PCI address on the way to a device. A virtio NIC hangs one level below its PCI function. */
const pciAddressOf = (devicePath: string | null): string | undefined =>
  devicePath
    ?.split("/")
    .filter((part) => /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part))
    .at(-1);

/** `up` and `down` are known; `unknown`, `dormant` and the like are not. */
const linkOf = (operstate: string | null): boolean | undefined =>
  operstate === "up" ? true : operstate === "down" || operstate === "lowerlayerdown" ? false : undefined;

/** Reads one interface's attributes. */
export const parseNic = (nic: NicAttributes): Omit<NicFacts, "boot"> => {
  const mac = macOf(nic.address);
  const speed = leadingCount(nic.speed ?? undefined); // -1 while the link is down
  return {
    name: cleanText(nic.name, 64),
    ...present({
      mac,
      driver: cleanLabel(nic.driverPath?.split("/").at(-1)),
      pciAddress: pciAddressOf(nic.devicePath),
      linkUp: linkOf(nic.operstate),
      speedMbps: speed === 0 ? undefined : speed,
      duplex: cleanLabel(nic.duplex),
    }),
  };
};

/** `MemTotal` of `/proc/meminfo`, in bytes. */
export const parseMemTotal = (meminfo: string): number | undefined => {
  const kib = leadingCount(/^MemTotal:(.{0,40})/m.exec(meminfo)?.[1]);
  return kib === undefined ? undefined : kib * 1024;
};

/** One field of the first processor in `/proc/cpuinfo`: `microcode`, `model name`. */
export const parseCpuinfo = (cpuinfo: string, field: "microcode" | "model name"): string | undefined => {
  for (const line of cpuinfo.slice(0, 65_536).split("\n")) {
    const at = line.indexOf(":");
    if (at > 0 && line.slice(0, at).trim() === field) return cleanLabel(line.slice(at + 1));
  }
  return undefined;
};
