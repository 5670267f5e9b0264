/**
 * Finds the disk that is meant, now, by what it says of itself, and refuses every disk that is not surely it or that anything may be using.
 *
 * A kernel name is never believed: it moves between boots, and within one when a disk is pulled and another put in. What is compared is the serial number, the
 * size to the byte and, where both have one, the worldwide name. None of these refusals can be overridden.
 */
import { cleanLabel } from "../probes/label.ts";
import type { System } from "../system/system.ts";
import type { DiskTarget } from "../wire/order.ts";
import type { DiskRefusalCode } from "../wire/wipe.ts";
import { type DiskAnswer, given, refused } from "./answer.ts";
import { type BlockView, describeBlock, loadBlock, loadBlocks, wwnKey } from "./block.ts";
import { askReservation } from "./reservation.ts";
import { loadSurroundings, mountsOf, ownNames, type Surroundings } from "./surroundings.ts";
import { refusalOfAttachment } from "./transport.ts";

/** A machine whose disks may be opened. */
export interface DiskSystem extends System {
  /** Where the nodes of devices are: `/dev`. */
  readonly deviceRoot: string;
}

/** Who a disk is expected to be: the part of an order's target that names it. */
export type DiskName = Pick<DiskTarget, "serial" | "sizeBytes" | "wwn" | "behind">;

interface Look {
  readonly block: BlockView;
  readonly target: DiskName;
  readonly around: Surroundings;
}

/** The first row that answers decides. Rows that need no effect; the transport and the reservation come after them. */
const CHECKS: readonly (readonly [DiskRefusalCode, (look: Look) => string | undefined])[] = [
  [
    "size-mismatch",
    ({ block, target }) => (block.sizeBytes === target.sizeBytes ? undefined : `expected ${target.sizeBytes} bytes`),
  ],
  ["wwn-mismatch", ({ block, target }) => wwnDifference(block, target)],
  [
    "not-a-whole-disk",
    ({ block }) => (block.devicePath === null ? "it is made of other devices or of memory" : undefined),
  ],
  ["removable-or-usb", ({ block }) => (block.removable ? "the kernel calls it removable" : undefined)],
  ["read-only", ({ block }) => (block.readOnly ? "the kernel calls it read-only" : undefined)],
  ["boot-medium", ({ block, around }) => sayAny("the kernel was started from", ownNames(block, around.bootNames))],
  ["mounted", ({ block, around }) => sayAny("mounted on", mountsOf(block, around))],
  ["swap", ({ block, around }) => sayAny("swap on", ownNames(block, around.swaps))],
  ["held", ({ block }) => sayAny("held by", block.holders)],
];

const sayAny = (words: string, names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `${words} ${names.slice(0, 8).join(", ")}`;

const wwnDifference = (block: BlockView, target: DiskName): string | undefined => {
  const expected = wwnKey(target.wwn);
  if (expected === undefined || block.wwn === undefined || expected === block.wwn) return undefined;
  return `worldwide name ${block.wwn}, expected ${expected}`;
};

/** Everything about one block device that the kernel knows without asking the device. Pure. */
export const refusalOf = (look: Look): ReturnType<typeof refused> | undefined => {
  for (const [code, find] of CHECKS) {
    const said = find(look);
    if (said !== undefined) return refused(code, `${describeBlock(look.block)}: ${said}`);
  }
  return undefined;
};

/** Of the block devices those that the serial number means; two are one too many. */
const pickBySerial = (blocks: readonly BlockView[], target: DiskName): DiskAnswer<BlockView> => {
  // Both ends are cleaned alike; a serial that says nothing (`0000`, blank) means no disk at all.
  const wanted = cleanLabel(target.serial);
  const found = wanted === undefined ? [] : blocks.filter(({ serial }) => serial === wanted);
  const [only, other] = found;
  if (only === undefined) {
    return target.behind === undefined
      ? refused("not-found", `no block device has the serial ${target.serial}`)
      : refused("controller-hidden", `${target.serial} is a drive of a RAID controller (${target.behind})`);
  }
  if (other === undefined) return given(only);
  const names = found.map(describeBlock).join("; ");
  const same = only.wwn !== undefined && found.every(({ wwn }) => wwn === only.wwn);
  return same ? refused("multipath", `one disk by several paths: ${names}`) : refused("duplicate-serial", names);
};

/** Whether another host holds the disk. ATA has no reservations, NVMe drives with a second controller are refused anyway. */
const refusalByReservation = async (
  { exec, deviceRoot }: DiskSystem,
  block: BlockView,
  signal: AbortSignal,
): Promise<ReturnType<typeof refused> | undefined> => {
  if (block.place.ataPort !== undefined || !/\/target\d+:\d+:\d+\//.test(block.devicePath ?? "")) return undefined;
  const answer = await askReservation(exec, `${deviceRoot}/${block.name}`, signal);
  if (answer === "free") return undefined;
  return answer === "held"
    ? refused("reserved", `${describeBlock(block)}: a SCSI persistent reservation is held`)
    : refused("unreadable", `${describeBlock(block)}: whether it is reserved could not be asked`);
};

/** All refusals of one block device, cheap ones first. */
const refusalByHost = async (
  system: DiskSystem,
  block: BlockView,
  target: DiskName,
): Promise<ReturnType<typeof refused> | undefined> => {
  const around = await loadSurroundings(system.files);
  if (around === null) return refused("unreadable", "the kernel does not say what is mounted");
  return refusalOf({ block, target, around }) ?? (await refusalOfAttachment(system.files, block));
};

/** What a read of sysfs or procfs threw: then something that decides is not known. */
const unreadable = (error: unknown): ReturnType<typeof refused> =>
  refused("unreadable", error instanceof Error ? error.message : String(error));

/** The disk that is meant, looked up now; or why it is left alone. */
export const findTarget = async (
  system: DiskSystem,
  target: DiskName,
  signal: AbortSignal,
): Promise<DiskAnswer<BlockView>> => {
  try {
    const found = pickBySerial(await loadBlocks(system.files), target);
    if (!found.ok) return found;
    const refusal =
      (await refusalByHost(system, found.value, target)) ?? (await refusalByReservation(system, found.value, signal));
    return refusal ?? found;
  } catch (error) {
    return unreadable(error);
  }
};

/**
 * Looks again at exactly the device that is open, by its number: the same disk, and still free? A name is not asked. The reservation is not asked again,
 * because it would refuse the write itself.
 */
export const recheckOpened = async (
  system: DiskSystem,
  devNumber: string,
  before: BlockView,
  target: DiskName,
): Promise<DiskAnswer<BlockView>> => {
  try {
    const block = await loadBlock(system.files, `/sys/dev/block/${devNumber}`);
    if (block === null) return refused("not-a-whole-disk", `${devNumber} is no whole disk`);
    if (!isSameBlock(block, before))
      return refused("swapped", `${describeBlock(block)}; it was ${describeBlock(before)}`);
    const again = pickBySerial(await loadBlocks(system.files), target);
    if (!again.ok) return again;
    if (!isSameBlock(again.value, block))
      return refused("swapped", `the serial is that of ${describeBlock(again.value)}`);
    return (await refusalByHost(system, block, target)) ?? given(block);
  } catch (error) {
    return unreadable(error);
  }
};

/** Whether two looks saw one and the same disk, and not another one in its place. */
export const isSameBlock = (a: BlockView, b: BlockView): boolean =>
  a.devNumber === b.devNumber &&
  a.diskSeq === b.diskSeq &&
  a.serial === b.serial &&
  a.sizeBytes === b.sizeBytes &&
  a.wwn === b.wwn;
