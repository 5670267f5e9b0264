/** Runs lsblk, and looks into sysfs for what it leaves out. Nothing here opens a disk. */
import { readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import type { DiskFacts } from "../../wire/hardware/disks.ts";
import { type Probe, statusOfTool } from "../probe.ts";
import { type DiskAttributes, LSBLK_COLUMNS, parseDiskNames, parseLsblk } from "./parse.ts";

const TIMEOUT_MS = 30_000;
/** A kernel without block devices at all. */
const NO_BLOCK_LAYER = /failed to access sysfs directory/;

const attributesOf = async ({ files }: System, name: string): Promise<DiskAttributes> => {
  const at = (path: string) => readAttribute(files, `/sys/block/${name}/${path}`);
  return {
    // virtio keeps the serial at the disk, NVMe at its controller.
    serial: (await at("serial")) ?? (await at("device/serial")),
    firmware: (await at("device/firmware_rev")) ?? (await at("device/rev")),
    model: await at("device/model"),
  };
};

/** The disks. */
export const lsblkProbe: Probe<readonly DiskFacts[]> = {
  name: "lsblk",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => {
    const argv = ["lsblk", "-J", "-b", "-d", "-o", LSBLK_COLUMNS] as const;
    const result = await system.exec({ argv: [...argv], timeoutMs: TIMEOUT_MS }, signal);
    const raw = [{ name: "lsblk.json", text: result.stdout }];
    const bad = statusOfTool("lsblk", result, NO_BLOCK_LAYER);
    if (bad !== undefined) return { ...bad, raw };
    const attributes = new Map<string, DiskAttributes>();
    // A `!` in a kernel name stands for a slash, which sysfs writes the same way; anything else unusual is no name of a disk.
    for (const name of parseDiskNames(result.stdout))
      if (/^[A-Za-z0-9!_-]+$/.test(name)) attributes.set(name, await attributesOf(system, name));
    const facts = parseLsblk(result.stdout, attributes);
    return facts === null
      ? { status: "failed", reason: "lsblk did not print the JSON that was expected.", raw }
      : { status: "ok", facts, raw };
  },
};
