/** Finds an ordered disk again among what smartctl and the kernel say is there. By its serial; names are of this boot only. Pure. */
import { cleanLabel } from "../../probes/label.ts";
import type { BlockDisk } from "../../probes/lsblk/parse.ts";
import type { DriveAddress } from "../../probes/smartctl/argv.ts";
import type { DriveReport } from "../../probes/smartctl/collect.ts";
import type { DiskTarget } from "../../wire/order.ts";
import type { Access } from "./facts.ts";

/** Everything that was seen. */
export interface Seen {
  readonly reports: readonly DriveReport[];
  readonly blocks: readonly BlockDisk[];
  /** Why the lists cannot be trusted to be whole; null when they can. */
  readonly trouble: string | null;
}

/** Where a drive is, or why it cannot be asked. `ask`: it has a node of which smartctl's scan knows nothing. */
export type Found =
  | { readonly kind: "report"; readonly report: DriveReport }
  | { readonly kind: "ask"; readonly address: DriveAddress }
  | { readonly kind: "none"; readonly access: Access };

const key = (serial: string | null | undefined): string | undefined => cleanLabel(serial)?.toLowerCase();
const wwnKey = (wwn: string | undefined): string | undefined =>
  cleanLabel(wwn)
    ?.toLowerCase()
    .replace(/^(?:0x|naa\.|eui\.|nvme\.)/, "");

const none = (status: Access["status"], reason: string): Found => ({ kind: "none", access: { status, reason } });

/** Keeps those that fit; all when none does, because not every source says it. */
const prefer = <T>(some: readonly T[], fits: (one: T) => boolean): readonly T[] => {
  const fitting = some.filter(fits);
  return fitting.length > 0 ? fitting : some;
};

/** Reports with the target's serial, the ones that fit its other marks best. */
const reportsOf = (target: DiskTarget, reports: readonly DriveReport[]): readonly DriveReport[] => {
  const same = reports.filter(({ facts }) => facts !== undefined && key(facts.serial) === key(target.serial));
  const ofWwn = prefer(same, ({ facts }) => target.wwn !== undefined && wwnKey(facts?.wwn) === wwnKey(target.wwn));
  return prefer(ofWwn, ({ facts }) => facts?.capacityBytes === target.sizeBytes);
};

/** One drive, seen on two paths or both by itself and through its controller. */
const isOneDrive = (reports: readonly DriveReport[]): boolean => {
  const [wwns, sizes] = [
    new Set(reports.map(({ facts }) => wwnKey(facts?.wwn))),
    new Set(reports.map(({ facts }) => facts?.capacityBytes)),
  ];
  const ways = new Set(reports.map(({ facts }) => facts?.behind !== undefined));
  return sizes.size === 1 && ((wwns.size === 1 && !wwns.has(undefined)) || ways.size > 1);
};

/** The node through which smartctl asks a disk of the kernel: for NVMe its controller's. */
const nodesOf = ({ name, nvmeControllers }: BlockDisk): readonly string[] =>
  [...(nvmeControllers ?? []), name.replace(/^(nvme\d+)n\d+$/, "$1"), name].map((node) => `/dev/${node}`);

const WORDS: Readonly<Record<Exclude<DriveReport["status"], "ok">, Access["status"]>> = {
  "timed-out": "silent",
  "device-absent": "unopened",
  failed: "unopened",
};

/** What a report comes to for the disk that it is about. */
export const accessOf = ({ status, reason = "" }: DriveReport, target: DiskTarget): Access => {
  if (status === "ok") return { status: "ok", reason: "" };
  const short = reason.slice(0, 500);
  if (target.class === "virtual" && status === "device-absent") return { status: "virtual", reason: short };
  // Bytes that are no report are our tools' trouble until it is shown that they are the drive's.
  return /^line \d/.test(reason) ? { status: "failed", reason: short } : { status: WORDS[status], reason: short };
};

/** Where the ordered disk is. */
export const findDrive = (target: DiskTarget, { reports, blocks, trouble }: Seen): Found => {
  const own = reportsOf(target, reports);
  const best = prefer(own, ({ facts }) => facts?.behind === target.behind?.split(" ", 1)[0]);
  const [report] = best;
  if (report !== undefined)
    return own.length === 1 || isOneDrive(own)
      ? { kind: "report", report }
      : none("ambiguous", `${own.length} drives give this serial: ${own.map(({ device }) => device).join(", ")}.`);
  const block = blocks.find(({ serial }) => key(serial) === key(target.serial));
  const nodes = block === undefined ? [] : nodesOf(block);
  const unread = reports.find(({ device, status }) => status !== "ok" && nodes.includes(device));
  if (unread !== undefined) return { kind: "report", report: unread };
  const [node] = nodes;
  if (node !== undefined) return { kind: "ask", address: { device: node, type: "auto" } };
  if (trouble !== null) return none("failed", trouble.slice(0, 500));
  const known = new Set(blocks.flatMap((one) => (key(one.serial) === undefined ? [] : nodesOf(one))));
  // A node of the kernel's that has another serial is not it; a drive behind a controller shares its controller's.
  const late = reports.find(
    ({ status, device, type }) => status === "timed-out" && (type.includes(",") || !known.has(device)),
  );
  return late === undefined
    ? none("gone", "Neither the kernel nor smartctl has a drive with this serial any more.")
    : none("silent", `It may be ${late.device}, which did not answer: ${late.reason ?? ""}`.slice(0, 500));
};
