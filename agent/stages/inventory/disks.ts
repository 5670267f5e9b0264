/**
 * Disks of the inventory: what the kernel lists, joined with what each drive says of itself. Pure.
 *
 * A drive's report belongs to the disk of the same kernel name (for NVMe: of the same controller), else to those of the same serial number, else
 * of the same WWN. A report that belongs to none is a disk of its own: a drive that only its RAID controller shows, or one without a namespace.
 * Two disks with one serial number stay two: that is how a second path or a forged number looks, and both are worth seeing.
 *
 * Which source wins: the kernel for size, sectors, WWN, place and running link, because that is what everything else will meet; the drive for
 * serial number, model, firmware, rotation and its own limits, because udev cuts them to the lengths of SCSI; nvme-cli fills what is left.
 */
import { cleanLabel, present } from "../../probes/label.ts";
import type { BlockDisk } from "../../probes/lsblk/parse.ts";
import type { NvmeDrive, NvmeHealth } from "../../probes/nvme/parse.ts";
import type { DriveReport } from "../../probes/smartctl/collect.ts";
import type { SmartctlFacts } from "../../probes/smartctl/parse.ts";
import type { DiskFacts, DriveHealth } from "../../wire/hardware/disks.ts";
import { assemblePci } from "./pci.ts";
import type { ProbeFacts } from "./probes.ts";

/** What the disks are made of. */
type DiskSources = Pick<ProbeFacts, "lsblk" | "smartctl" | "nvme" | "lspci" | "smbios">;

/** One disk with everything that speaks of it. */
interface Joined {
  readonly block?: BlockDisk;
  readonly drive?: SmartctlFacts;
  readonly nvme?: NvmeDrive;
  readonly health?: NvmeHealth | undefined;
}

const serialKey = (serial: string | undefined): string | undefined => cleanLabel(serial)?.toLowerCase();
/** `0x5002…`, `naa.5002…` and `eui.0025…` by their digits alone. */
const wwnKey = (wwn: string | undefined): string | undefined =>
  cleanLabel(wwn)
    ?.toLowerCase()
    .replace(/^(?:0x|naa\.|eui\.|nvme\.)/, "");

/** `/dev/nvme0` is `nvme0`. A drive behind a RAID controller is asked through a node that is not its own. */
const nodeOf = (drive: SmartctlFacts): string | undefined =>
  drive.behind === undefined ? /^\/dev\/([A-Za-z0-9]+)$/.exec(drive.device ?? "")?.[1] : undefined;

/** A namespace of that controller. Where sysfs did not say which one leads to it, the numbers of both are the same. */
const isOfController = (block: BlockDisk, controller: string): boolean =>
  block.nvmeControllers === undefined
    ? block.name.startsWith(`${controller}n`)
    : block.nvmeControllers.includes(controller);

/** The disks that a drive's report is about. */
const blocksOf = (
  blocks: readonly BlockDisk[],
  node: string | undefined,
  serial: string | undefined,
  wwn: string | undefined,
): readonly BlockDisk[] => {
  const ways: readonly ((block: BlockDisk) => boolean)[] = [
    (block) => node !== undefined && (block.name === node || (/^nvme\d+$/.test(node) && isOfController(block, node))),
    (block) => serialKey(serial) !== undefined && serialKey(serial) === serialKey(block.serial),
    (block) => wwnKey(wwn) !== undefined && wwnKey(wwn) === wwnKey(block.wwn),
  ];
  for (const way of ways) {
    const found = blocks.filter(way);
    if (found.length > 0) return found;
  }
  return [];
};

const healthOf = (seen: ProbeFacts["nvme"], drive: NvmeDrive): NvmeHealth | undefined =>
  drive.controllers.map((name) => seen?.health[name]).find((health) => health !== undefined);

/** Every disk with its reports; then the reports that belong to no disk of the kernel. */
const join = ({ lsblk, smartctl, nvme }: DiskSources): readonly Joined[] => {
  const blocks = lsblk ?? [];
  const drives = (smartctl ?? []).flatMap(({ facts }: DriveReport) => (facts === undefined ? [] : [facts]));
  const byName = new Map<string, Joined>(blocks.map((block) => [block.name, { block }]));
  const alone: Joined[] = [];
  for (const drive of drives) {
    const own = blocksOf(blocks, nodeOf(drive), drive.serial, drive.wwn);
    // The first report stays: a drive of its own name comes before the same one behind its controller.
    for (const { name } of own) byName.set(name, { drive, ...byName.get(name) });
    if (own.length === 0) alone.push({ drive });
  }
  for (const drive of nvme?.drives ?? []) {
    const health = healthOf(nvme, drive);
    const names = new Set(drive.namespaces.map(({ name }) => name));
    const own = blocks.filter(({ name }) => names.has(name));
    const same = own.length > 0 ? own : blocksOf(blocks, drive.controllers[0], drive.serial, undefined);
    for (const { name } of same) byName.set(name, { nvme: drive, health, ...byName.get(name) });
    if (same.length > 0) continue;
    const index = alone.findIndex((one) => one.drive !== undefined && isSameDrive(one.drive, drive));
    if (index === -1) alone.push({ nvme: drive, health });
    else alone[index] = { nvme: drive, health, ...alone[index] };
  }
  return [...byName.values(), ...alone];
};

const isSameDrive = (drive: SmartctlFacts, nvme: NvmeDrive): boolean =>
  nvme.controllers.includes(nodeOf(drive) ?? "") ||
  (serialKey(drive.serial) !== undefined && serialKey(drive.serial) === serialKey(nvme.serial));

/** 0 °C is what drives report that do not measure. */
const tempOf = (value: number | null | undefined): number | undefined => value || undefined;

const driveHealth = ({ drive, health }: Joined): DriveHealth | undefined => {
  const facts = present({
    passed: drive?.passed ?? (health === undefined ? undefined : health.criticalWarning === 0),
    tempC: tempOf(drive?.temperatureC) ?? tempOf(health?.temperatureC),
    powerOnHours: drive?.powerOnHours ?? health?.powerOnHours,
    wearPercent: drive?.wearPercent ?? health?.usedPercent,
    shortTestMinutes: drive?.ata?.shortTestMinutes,
    longTestMinutes: drive?.ata?.extendedTestMinutes ?? drive?.scsi?.extendedTestMinutes,
  });
  return Object.keys(facts).length > 0 ? facts : undefined;
};

/** The way to the host counts (a SATA drive in a USB case is a USB disk), but for SAS controllers, which carry SATA drives as well. */
const transportOf = ({ block, drive, nvme }: Joined): string | undefined => {
  const ways = block?.transport;
  if (ways === "sas" || ways === undefined)
    return drive?.transport ?? ways ?? (nvme === undefined ? undefined : "nvme");
  return ways;
};

const rotationOf = ({ block, drive }: Joined): boolean | undefined =>
  drive?.rotationRpm === undefined ? block?.rotational : drive.rotationRpm > 0;

/** A disk without a block device of its own is named by its node, where it has one: an NVMe drive without namespace is `nvme0`. */
const nameOf = ({ block, drive, nvme }: Joined): string | undefined =>
  block?.name ??
  nvme?.namespaces[0]?.name ??
  nvme?.controllers[0] ??
  (drive === undefined || nodeOf(drive) === undefined ? undefined : cleanLabel(nodeOf(drive), 64));

const sizeOf = ({ block, drive, nvme }: Joined): number =>
  block?.sizeBytes || drive?.capacityBytes || nvme?.namespaces[0]?.sizeBytes || 0;

const sectorsOf = ({ block, drive, nvme }: Joined) => ({
  logicalSectorBytes: block?.logicalSectorBytes ?? drive?.logicalSectorBytes ?? nvme?.namespaces[0]?.sectorBytes,
  physicalSectorBytes: block?.physicalSectorBytes ?? drive?.physicalSectorBytes,
});

const factsOf = (joined: Joined, slots: ReadonlyMap<string, string>, behind: string | undefined): DiskFacts => {
  const { block, drive, nvme } = joined;
  const pciAddress = block?.pciAddress ?? nvme?.pciAddress;
  const transport = transportOf(joined);
  return {
    sizeBytes: sizeOf(joined),
    ...present({
      name: nameOf(joined),
      serial: cleanLabel(drive?.serial) ?? nvme?.serial ?? block?.serial,
      wwn: block?.wwn ?? drive?.wwn,
      vendor: cleanLabel(drive?.vendor) ?? block?.vendor,
      model: cleanLabel(drive?.product) ?? cleanLabel(drive?.model) ?? nvme?.model ?? block?.model,
      firmware: cleanLabel(drive?.firmware) ?? nvme?.firmware ?? block?.firmware,
      rotational: rotationOf(joined),
      rpm: drive?.rotationRpm || undefined,
      formFactor: cleanLabel(drive?.formFactor),
      transport,
      readOnly: block?.readOnly,
      removable: block?.removable,
      ...sectorsOf(joined),
      linkGbps: block?.linkGbps ?? drive?.linkGbps,
      maxLinkGbps: drive?.maxLinkGbps,
      pciAddress,
      // The slot of a controller is no bay of a disk; that of an NVMe drive is.
      bay: block?.bay ?? (transport === "nvme" ? slots.get(pciAddress ?? "") : undefined),
      behind,
      health: driveHealth(joined),
    }),
  };
};

/** Digits count as numbers, and `sdz` comes before `sdaa`: the order in which the kernel names them. */
const sortKey = ({ name, behind }: DiskFacts): string =>
  [name === undefined ? "~" : name, behind ?? ""]
    .map((part) =>
      part
        .replace(/^(sd|vd|hd|xvd)([a-z]{1,4})/, (_, bus: string, letters: string) => bus + letters.padStart(4, "`"))
        .replace(/\d+/g, (digits) => digits.padStart(8, "0")),
    )
    .join(" ");

/** The disks, one for each drive or volume, by name; those without a name behind them. */
export const assembleDisks = (sources: DiskSources): DiskFacts[] => {
  const slots = new Map(
    assemblePci(sources).flatMap(({ address, slot }) => (slot === undefined ? [] : [[address, slot]])),
  );
  const disks = join(sources);
  const nodes = new Set(disks.flatMap(({ drive }) => (drive?.behind === undefined ? [] : [drive.device])));
  const behindOf = ({ drive }: Joined): string | undefined => {
    if (drive?.behind === undefined) return undefined;
    // Two controllers both have a drive 8.
    return nodes.size > 1 ? `${drive.behind} of ${drive.device}` : drive.behind;
  };
  const keyed = disks.map((disk) => factsOf(disk, slots, behindOf(disk))).map((disk) => [sortKey(disk), disk] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, disk]) => disk);
};
