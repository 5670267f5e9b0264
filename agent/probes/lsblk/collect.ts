/** Runs lsblk, and looks into sysfs for what it leaves out: where a disk hangs, how fast, in which bay. Nothing here opens a disk. */
import { Fault } from "../../system/fault.ts";
import { type Files, readAttribute } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import { type Probe, statusOfTool } from "../probe.ts";
import { type BlockDisk, type DiskAttributes, LSBLK_COLUMNS, parseLsblk } from "./parse.ts";
import { bayOf, type DiskPath, parseDiskPath, parseLinkRate } from "./place.ts";

/** Twenty disks took a server of one busy core 19 s. */
const TIMEOUT_MS = 60_000;
/** A kernel without block devices at all. */
const NO_BLOCK_LAYER = /failed to access sysfs directory/;
const ENCLOSURES = "/sys/class/enclosure";

/** Names in a directory of sysfs. One that refuses to be read is as good as absent, as it is for a single attribute: the disks count more than their bays. */
const namesIn = async (files: Files, path: string): Promise<readonly string[]> => {
  try {
    return await files.list(path);
  } catch (error) {
    if (error instanceof Fault) return [];
    throw error;
  }
};

/** The slots of all enclosures by the path of the disk that sits in them (SES, the kernel's `ses` driver). */
const loadSlots = async ({ files }: System): Promise<ReadonlyMap<string, { slot: string; enclosure?: string }>> => {
  const slots = new Map<string, { slot: string; enclosure?: string }>();
  const enclosures = await namesIn(files, ENCLOSURES);
  for (const enclosure of enclosures) {
    // Its logical id stays when the numbers of SCSI addresses move.
    const id = (await readAttribute(files, `${ENCLOSURES}/${enclosure}/id`)) ?? enclosure;
    for (const slot of await namesIn(files, `${ENCLOSURES}/${enclosure}`)) {
      const path = await files.realPath(`${ENCLOSURES}/${enclosure}/${slot}/device`);
      if (path !== null) slots.set(path, enclosures.length > 1 ? { slot, enclosure: id } : { slot });
    }
  }
  return slots;
};

/** Phys of the port that a SAS drive hangs on: one, or several where the port is a wide one. */
const physOf = async ({ files }: System, { sasPortPath }: DiskPath): Promise<readonly string[]> =>
  sasPortPath === undefined ? [] : (await namesIn(files, sasPortPath)).filter((name) => name.startsWith("phy-"));

/** What an ATA link runs at, or the fastest of these phys. */
const linkRateOf = async ({ files }: System, { ataPort }: DiskPath, phys: readonly string[]) => {
  const rate = async (path: string) => parseLinkRate(await readAttribute(files, path)) ?? 0;
  if (ataPort !== undefined)
    return (await rate(`/sys/class/ata_link/${ataPort.replace("ata", "link")}/sata_spd`)) || undefined;
  const rates: number[] = [];
  for (const phy of phys) rates.push(await rate(`/sys/class/sas_phy/${phy}/negotiated_linkrate`));
  return Math.max(0, ...rates) || undefined;
};

/** The controllers of a subsystem; each of them is a function of its own. */
const controllersOf = async ({ files }: System, path: DiskPath): Promise<readonly string[]> => {
  if (path.nvmeController !== undefined) return [path.nvmeController];
  if (path.nvmeSubsystemPath === undefined) return [];
  return (await namesIn(files, path.nvmeSubsystemPath)).filter((name) => /^nvme\d+$/.test(name));
};

const attributesOf = async (
  system: System,
  name: string,
  slots: Awaited<ReturnType<typeof loadSlots>>,
): Promise<DiskAttributes> => {
  const { files } = system;
  const at = (path: string) => readAttribute(files, path);
  const block = `/sys/block/${name}`;
  const devicePath = await files.realPath(`${block}/device`);
  const path = parseDiskPath(devicePath);
  const nvmeControllers = await controllersOf(system, path);
  const [first] = nvmeControllers;
  const throughController =
    first === undefined || path.pciAddress !== undefined
      ? null
      : await files.realPath(`/sys/class/nvme/${first}/device`);
  const phys = await physOf(system, path);
  const sas = path.sasEndDevice === undefined ? undefined : `/sys/class/sas_device/${path.sasEndDevice}`;
  const seated = devicePath === null ? undefined : slots.get(devicePath);
  return {
    // virtio keeps the serial at the disk, NVMe at its controller.
    serial: (await at(`${block}/serial`)) ?? (await at(`${block}/device/serial`)),
    firmware: (await at(`${block}/device/firmware_rev`)) ?? (await at(`${block}/device/rev`)),
    model: await at(`${block}/device/model`),
    pciAddress: path.pciAddress ?? parseDiskPath(throughController).pciAddress,
    linkGbps: await linkRateOf(system, path, phys),
    bus: path.bus,
    bay: bayOf({
      slot: seated?.slot,
      enclosure: seated?.enclosure,
      sasBay: sas === undefined ? null : await at(`${sas}/bay_identifier`),
      sasPhy: phys[0],
      ataPortNumber: path.ataPort === undefined ? null : await at(`/sys/class/ata_port/${path.ataPort}/port_no`),
    }),
    ...(nvmeControllers.length === 0 ? {} : { nvmeControllers }),
  };
};

/** The disks. */
export const lsblkProbe: Probe<readonly BlockDisk[]> = {
  name: "lsblk",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => {
    const argv = ["lsblk", "-J", "-b", "-d", "-o", LSBLK_COLUMNS] as const;
    const result = await system.exec({ argv: [...argv], timeoutMs: TIMEOUT_MS }, signal);
    const raw = [{ name: "lsblk.json", text: result.stdout }];
    const bad = statusOfTool("lsblk", result, NO_BLOCK_LAYER);
    if (bad !== undefined) return { ...bad, raw };
    const listed = parseLsblk(result.stdout);
    if (!listed.ok) return { status: "failed", reason: `lsblk, ${listed.place}: ${listed.reason}`, raw };
    const slots = await loadSlots(system);
    const attributes = new Map<string, DiskAttributes>();
    // A `!` in a kernel name stands for a slash, which sysfs writes the same way; anything else unusual is no name of a disk.
    for (const { name } of listed.facts)
      if (/^[A-Za-z0-9!_-]+$/.test(name)) attributes.set(name, await attributesOf(system, name, slots));
    const placed = parseLsblk(result.stdout, attributes);
    return { status: "ok", facts: placed.ok ? placed.facts : listed.facts, raw };
  },
};
