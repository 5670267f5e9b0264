/** Reads sysfs and procfs: network interfaces, memory that the kernel sees. */
import { dirname } from "node:path";
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import type { Probe } from "../probe.ts";
import { type NicAttributes, type NicSeen, parseMemTotal, parseNic } from "./parse.ts";

/** What the kernel's own files say. */
export interface SysfsFacts {
  readonly nics: readonly NicSeen[];
  readonly visibleBytes: number | undefined;
}

/** One interface; null when it has no hardware behind it (bridges, loopback, bonds). */
const nicOf = async ({ files }: System, name: string): Promise<NicAttributes | null> => {
  const base = `/sys/class/net/${name}`;
  const devicePath = await files.realPath(`${base}/device`);
  if (devicePath === null) return null;
  const at = (attribute: string) => readAttribute(files, `${base}/${attribute}`);
  const to = (link: string) => files.realPath(`${base}/device/${link}`);
  const busPath = await to("subsystem");
  // An interface of a USB device lies one level below the device that has a name.
  const usb = (attribute: string) =>
    busPath?.endsWith("/usb") ? readAttribute(files, `${dirname(devicePath)}/${attribute}`) : null;
  return {
    name,
    devicePath,
    busPath,
    driverPath: await to("driver"),
    physicalFunctionPath: await to("physfn"),
    address: await at("address"),
    bondedAddress: await at("bonding_slave/perm_hwaddr"),
    operstate: await at("operstate"),
    speed: await at("speed"),
    duplex: await at("duplex"),
    devPort: await at("dev_port"),
    physPortName: await at("phys_port_name"),
    usbManufacturer: await usb("manufacturer"),
    usbProduct: await usb("product"),
  };
};

/** The kernel's own files. */
export const sysfsProbe: Probe<SysfsFacts> = {
  name: "sysfs",
  timeoutMs: 30_000,
  collect: async (system) => {
    const nics: NicAttributes[] = [];
    for (const name of await system.files.list("/sys/class/net")) {
      const nic = await nicOf(system, name);
      if (nic !== null) nics.push(nic);
    }
    const meminfo = (await system.files.readText("/proc/meminfo")) ?? "";
    const facts: SysfsFacts = {
      nics: nics.map(parseNic),
      visibleBytes: parseMemTotal(meminfo),
    };
    const raw = [{ name: "sysfs.json", text: `${JSON.stringify({ nics, meminfo: meminfo.split("\n") }, null, 2)}\n` }];
    return { status: "ok", facts, raw };
  },
};
