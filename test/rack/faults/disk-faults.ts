/** Faults of disks while the server runs: another chain of filters, or the device taken out. */
import { existsSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { Fault } from "../../../agent/system/fault.ts";
import { type DiskSpec, diskKey } from "../declared-disk.ts";
import type { FaultSpec } from "../declared-faults.ts";
import { placeOn } from "../declared-fields.ts";
import { diskDevice, placeDisks, renderDiskDevices, warningBits } from "../qemu-disks.ts";
import { RackRefusal } from "../refusal.ts";
import { until } from "../until.ts";
import { type ChainFaults, type DiskNodes, renderChain, renderImageNode, renderTopNode } from "./disk-graph.ts";
import { type DiskState, loadDiskState, saveDiskState } from "./disk-state.ts";
import { type FaultPlace, needMonitor } from "./place.ts";

type FaultOf<K extends FaultSpec["kind"]> = Extract<FaultSpec, { readonly kind: K }>;

/** A guest that is busy may take a while to let go of a device: Linux waits 5 s before it powers a slot off. */
const VANISH_TIMEOUT_MS = 60_000;
/** What `heal` makes true. */
const WELL: ChainFaults = { ioErrors: [], speed: undefined, stalled: false, dead: false };

interface Found {
  readonly disk: DiskSpec;
  readonly nodes: DiskNodes;
  readonly index: number;
}

const findDisk = ({ spec, paths }: FaultPlace, key: string): Found => {
  const at = spec.disks.findIndex((disk) => diskKey(disk) === key);
  const [disk, place] = [spec.disks[at], placeDisks(spec.disks)[at]];
  if (disk === undefined || place === undefined) throw new RackRefusal("unknown", `${spec.name}: has no disk ${key}`);
  const image = paths.files(spec.name).disk(key);
  return {
    disk,
    index: place.index,
    nodes: { node: place.node, image, sizeBytes: disk.size, readOnly: disk.readOnly ?? false },
  };
};

const refuseDrive = ({ disk }: Found): void => {
  if (disk.drive !== undefined)
    throw new RackRefusal("invalid", `the disk ${diskKey(disk)} has a drive: its faults are of the kind "drive"`);
};

/** Takes the filters of a chain away that nothing sits on any more. */
const dropChain = async ({ qmp }: FaultPlace, nodes: DiskNodes, { faults, chain }: DiskState): Promise<void> => {
  const { filters, group } = renderChain(nodes, faults, chain);
  for (const filter of filters.toReversed()) await qmp.execute("blockdev-del", { "node-name": filter["node-name"] });
  if (group !== null) await qmp.execute("object-del", { id: group.id });
};

/** Sets a disk upon another chain. */
const changeChain = async (
  place: FaultPlace,
  key: string,
  change: (now: ChainFaults) => ChainFaults,
): Promise<void> => {
  const { qmp } = place;
  const found = findDisk(place, key);
  refuseDrive(found);
  const before = await loadDiskState(place, key);
  const after: DiskState = { ...before, faults: change(before.faults), chain: before.chain + 1 };
  const chain = renderChain(found.nodes, after.faults, after.chain);
  if (chain.group !== null) await qmp.execute("object-add", { "qom-type": "throttle-group", ...chain.group });
  for (const filter of chain.filters) await qmp.execute("blockdev-add", filter);
  await qmp.execute("blockdev-reopen", { options: [renderTopNode(found.nodes, chain)] });
  await saveDiskState(place, key, after);
  await dropChain(place, found.nodes, before);
};

/** Buses whose disks come and go; others only from a slot. */
const HOT_BUSES: readonly DiskSpec["bus"][] = ["scsi", "sas", "usb"];

const isGone = async ({ qmp }: FaultPlace, device: string): Promise<boolean> => {
  const devices = await qmp.execute("qom-list", { path: "/machine/peripheral" });
  return Array.isArray(devices) && !devices.some(({ name }) => name === device);
};

/** A device holds its node a moment longer than its name. */
const dropNode = ({ qmp }: FaultPlace, node: string): Promise<true> =>
  until(
    `${node} free`,
    () =>
      qmp.execute("blockdev-del", { "node-name": node }).then(
        () => true as const,
        (cause: unknown) => {
          if (cause instanceof Fault && String(cause.context["detail"]).endsWith("is in use")) return null;
          throw cause;
        },
      ),
    VANISH_TIMEOUT_MS,
  );

/** Takes the device out, and its nodes with it. */
const vanish = async (place: FaultPlace, key: string): Promise<Found> => {
  const found = findDisk(place, key);
  const { disk, nodes } = found;
  refuseDrive(found);
  if (!HOT_BUSES.includes(disk.bus) && disk.slot === undefined)
    throw new RackRefusal(
      "invalid",
      `a ${disk.bus} disk can only be "dead"${disk.bus === "sata" ? "" : ", or vanish from a slot"}`,
    );
  const before = await loadDiskState(place, key);
  const device = diskDevice(nodes.node);
  await place.qmp.execute("device_del", { id: device });
  await until(`${key} gone`, () => isGone(place, device), VANISH_TIMEOUT_MS);
  await saveDiskState(place, key, { ...before, isThere: false });
  await dropNode(place, nodes.node);
  await dropChain(place, nodes, before);
  await dropNode(place, `${nodes.node}-image`);
  return found;
};

/** Puts another disk in the place: of the same size, with its own image. */
const swap = async (place: FaultPlace, { disk: key, serial, text }: FaultOf<"swap">): Promise<void> => {
  const image = place.paths.files(place.spec.name).disk(serial);
  if (existsSync(image)) throw new RackRefusal("taken", `${place.spec.name}: there is a disk ${serial}`);
  const { disk, nodes, index } = await vanish(place, key);
  await writeFile(image, text ?? "");
  await using file = await open(image, "r+");
  await file.truncate(disk.size);
  const other: DiskNodes = { ...nodes, image };
  const well: DiskState = { faults: WELL, chain: 0, isThere: true };
  await place.qmp.execute("blockdev-add", renderImageNode(other));
  await place.qmp.execute("blockdev-add", renderTopNode(other, renderChain(other, WELL, 0)));
  const devices = renderDiskDevices(
    { ...disk, serial, faults: { ...WELL, warnings: [] } },
    { node: nodes.node, index, bootIndex: undefined },
  );
  for (const device of devices) await needMonitor(place.qmp, `device_add ${device}`);
  await saveDiskState(place, key, well);
};

const warn = async (place: FaultPlace, { disk: key, warnings }: FaultOf<"nvme-warning">): Promise<void> => {
  const { disk, nodes } = findDisk(place, key);
  if (disk.bus !== "nvme") throw new RackRefusal("invalid", "only an nvme disk has warnings");
  const path = `/machine/peripheral/${diskDevice(nodes.node)}`;
  await place.qmp.execute("qom-set", { path, property: "smart_critical_warning", value: warningBits({ warnings }) });
};

const addError = async (place: FaultPlace, { disk, at, length, on }: FaultOf<"io-error">): Promise<void> => {
  const start = placeOn(at, findDisk(place, disk).disk.size);
  if (start < 0 || start + length > findDisk(place, disk).disk.size)
    throw new RackRefusal("invalid", "is not on the disk", "at");
  await changeChain(place, disk, (now) => ({ ...now, ioErrors: [...now.ioErrors, { at: start, length, on }] }));
};

const stall = (place: FaultPlace, { disk: key }: FaultOf<"stall">): Promise<void> => {
  if (findDisk(place, key).disk.bus !== "virtio")
    throw new RackRefusal("invalid", "only a virtio disk can be stalled", "disk");
  return changeChain(place, key, (now) => ({ ...now, stalled: true }));
};

/** Every fault of a disk, by its kind. */
export const DISK_FAULTS = {
  "io-error": addError,
  speed: (place: FaultPlace, { disk, bytesPerS, iops }: FaultOf<"speed">) =>
    changeChain(place, disk, (now) => ({ ...now, speed: { bytesPerS, iops } })),
  stall,
  dead: (place: FaultPlace, { disk }: FaultOf<"dead">) => changeChain(place, disk, (now) => ({ ...now, dead: true })),
  heal: (place: FaultPlace, { disk }: FaultOf<"heal">) => changeChain(place, disk, () => WELL),
  vanish: async (place: FaultPlace, { disk }: FaultOf<"vanish">) => void (await vanish(place, disk)),
  swap,
  "nvme-warning": warn,
} as const;
