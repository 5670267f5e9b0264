/** Runs lspci, and reads each function's link, driver and place from sysfs. */
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import { type Probe, statusOfTool } from "../probe.ts";
import { type PciAttributes, type PciFunction, parseLspci } from "./parse.ts";

const TIMEOUT_MS = 45_000;
/** pciutils on a machine without a PCI bus. */
const NO_BUS = /Cannot find any working access method|Cannot open \/(?:proc|sys)\/bus\/pci/;

/** The driver is taken from here and not from `lspci -k`, which wants the modules' index of libkmod to print one. */
const attributesOf = async ({ files }: System, address: string): Promise<PciAttributes> => {
  const base = `/sys/bus/pci/devices/${address}`;
  const at = (name: string) => readAttribute(files, `${base}/${name}`);
  const [currentSpeed, currentWidth, maxSpeed, maxWidth, driverPath, devicePath] = await Promise.all([
    at("current_link_speed"),
    at("current_link_width"),
    at("max_link_speed"),
    at("max_link_width"),
    files.realPath(`${base}/driver`),
    files.realPath(base),
  ]);
  return { currentSpeed, currentWidth, maxSpeed, maxWidth, driverPath, devicePath };
};

/** The PCI functions. */
export const lspciProbe: Probe<readonly PciFunction[]> = {
  name: "lspci",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => {
    const result = await system.exec({ argv: ["lspci", "-vmm", "-D", "-nn"], timeoutMs: TIMEOUT_MS }, signal);
    const raw = [{ name: "lspci.txt", text: result.stdout }];
    const bad = statusOfTool("lspci", result, NO_BUS);
    if (bad !== undefined) return { ...bad, raw };
    if (result.stdout.trim() === "") return { status: "device-absent", reason: "The PCI bus has no device.", raw };
    const listed = parseLspci(result.stdout);
    if (!listed.ok) return { status: "failed", reason: `lspci, ${listed.place}: ${listed.reason}`, raw };
    const attributes = new Map<string, PciAttributes>();
    for (const { address } of listed.facts) attributes.set(address, await attributesOf(system, address));
    const placed = parseLspci(result.stdout, attributes);
    return { status: "ok", facts: placed.ok ? placed.facts : listed.facts, raw };
  },
};
