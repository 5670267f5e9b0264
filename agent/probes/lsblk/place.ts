/** Where a disk hangs, by the path that sysfs gives it. Pure and total. */
import { cleanLabel, leadingCount, present } from "../label.ts";

/** What the path of a block device's `device` link tells. */
export interface DiskPath {
  /** The last PCI function on the way: its controller, or the drive itself for NVMe. */
  readonly pciAddress?: string;
  /** Name of the ATA port: `ata3`. */
  readonly ataPort?: string;
  /** Path of the SAS port that the drive hangs on, expanders passed, and the name of the drive there. */
  readonly sasPortPath?: string;
  readonly sasEndDevice?: string;
  /** The NVMe controller; a subsystem of several controllers has the list of them instead. */
  readonly nvmeController?: string;
  readonly nvmeSubsystemPath?: string;
  /** A bus that only the path tells. */
  readonly bus?: "virtio" | "usb";
}

const PCI = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;

const lastMatch = (parts: readonly string[], pattern: RegExp): number =>
  parts.findLastIndex((part) => pattern.test(part));

/** Takes the path apart: `/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0`. */
export const parseDiskPath = (path: string | null): DiskPath => {
  const parts = (path ?? "").slice(0, 4_096).split("/");
  const partAt = (index: number): string | undefined => (index === -1 ? undefined : parts[index]);
  const pathTo = (index: number): string | undefined =>
    index === -1 ? undefined : parts.slice(0, index + 1).join("/");
  const bus = parts.some((part) => /^virtio\d+$/.test(part))
    ? "virtio"
    : parts.some((part) => /^usb\d+$/.test(part))
      ? "usb"
      : undefined;
  return present({
    // What hangs on USB has no PCI function of its own.
    pciAddress: bus === "usb" ? undefined : partAt(lastMatch(parts, PCI)),
    ataPort: partAt(lastMatch(parts, /^ata\d+$/)),
    sasPortPath: pathTo(lastMatch(parts, /^port-[\d:]+$/)),
    sasEndDevice: partAt(lastMatch(parts, /^end_device-[\d:]+$/)),
    nvmeController: partAt(lastMatch(parts, /^nvme\d+$/)),
    nvmeSubsystemPath: pathTo(lastMatch(parts, /^nvme-subsys\d+$/)),
    bus,
  } as const);
};

/** `6.0 Gbps` of ATA, `12.0 Gbit` of SAS, `<unknown>` or `Phy disabled` of neither. */
export const parseLinkRate = (text: string | null): number | undefined => {
  const digits = /^(\d{1,3}(?:\.\d{1,2})?) Gb/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
};

/** Which of these a disk sits in, as far as the kernel knows. */
export interface BayClues {
  /** Name of the enclosure's slot, and the enclosure's own where the server has several. */
  readonly slot: string | undefined;
  readonly enclosure: string | undefined;
  /** `bay_identifier` of the SAS transport; the kernel refuses to read it where there is none. */
  readonly sasBay: string | null;
  /** Name of the phy of the controller (`phy-0:3`) or the expander (`phy-0:1:3`). */
  readonly sasPhy: string | undefined;
  /** Number of the port on its ATA controller. */
  readonly ataPortNumber: string | null;
}

/** The number of the host adapter is left out: it moves with the order in which drivers load, and the disk's PCI address says more. */
const phyWords = (name: string | undefined): string | undefined => {
  const [, expander, phy] = /^phy-\d{1,5}:(?:(\d{1,5}):)?(\d{1,5})$/.exec(name ?? "") ?? [];
  if (phy === undefined) return undefined;
  return expander === undefined ? `SAS phy ${phy}` : `SAS expander ${expander} phy ${phy}`;
};

/** Words for the bay: the enclosure's own first, because they are printed on it; then the port of the controller. */
export const bayOf = (clues: BayClues): string | undefined => {
  if (clues.slot !== undefined) return cleanLabel([clues.enclosure, clues.slot].filter(Boolean).join(" "));
  const bay = leadingCount(clues.sasBay ?? undefined);
  if (bay !== undefined) return `bay ${bay}`;
  const port = leadingCount(clues.ataPortNumber ?? undefined);
  return phyWords(clues.sasPhy) ?? (port === undefined ? undefined : `SATA port ${port}`);
};
