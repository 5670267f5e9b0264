/** Runs lspci, and reads each function's link from sysfs. */
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import type { PciFacts } from "../../wire/hardware/pci.ts";
import { type Probe, statusOfTool } from "../probe.ts";
import { type LinkAttributes, parseLspci } from "./parse.ts";

const TIMEOUT_MS = 20_000;
/** pciutils on a machine without a PCI bus. */
const NO_BUS = /Cannot find any working access method|Cannot open \/(?:proc|sys)\/bus\/pci/;

const linkOf = async ({ files }: System, address: string): Promise<LinkAttributes> => {
  const at = (name: string) => readAttribute(files, `/sys/bus/pci/devices/${address}/${name}`);
  const [currentSpeed, currentWidth, maxSpeed, maxWidth] = await Promise.all([
    at("current_link_speed"),
    at("current_link_width"),
    at("max_link_speed"),
    at("max_link_width"),
  ]);
  return { currentSpeed, currentWidth, maxSpeed, maxWidth };
};

/** The PCI functions. */
export const lspciProbe: Probe<readonly PciFacts[]> = {
  name: "lspci",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => {
    const result = await system.exec({ argv: ["lspci", "-vmm", "-D", "-nn"], timeoutMs: TIMEOUT_MS }, signal);
    const raw = [{ name: "lspci.txt", text: result.stdout }];
    const bad = statusOfTool("lspci", result, NO_BUS);
    if (bad !== undefined) return { ...bad, raw };
    const links = new Map<string, LinkAttributes>();
    for (const { address } of parseLspci(result.stdout)) links.set(address, await linkOf(system, address));
    return { status: "ok", facts: parseLspci(result.stdout, links), raw };
  },
};
