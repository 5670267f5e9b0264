import { expect, test } from "bun:test";
import { decodeServer } from "../declaration.ts";
import { renderDisks } from "../qemu-disks.ts";
import { type ChainFaults, renderChain } from "./disk-graph.ts";

const WELL: ChainFaults = { ioErrors: [], speed: undefined, stalled: false, dead: false };
const DISK = { node: "disk3", sizeBytes: 64 * 2 ** 20 };
const chainOf = (faults: Partial<ChainFaults>, number = 0) => renderChain(DISK, { ...WELL, ...faults }, number);

test("renderChain: a disk that is well has no filters, and sits on its image", () => {
  expect(chainOf({})).toEqual({ filters: [], group: null, topNode: "disk3-image" });
  expect(chainOf({ speed: {} })).toEqual(chainOf({}));
});

test("renderChain: each bad sector has a rule for each kind of request, also those counted from the end", () => {
  const { filters, topNode } = chainOf({ ioErrors: [{ at: -1024, length: 1024, on: "write" }] }, 2);
  const always = { event: "none", errno: 5, immediately: true, once: false };
  expect(filters).toEqual([
    {
      driver: "blkdebug",
      "node-name": "disk3-bad-2",
      image: "disk3-image",
      // 64 MiB are 131072 sectors
      "inject-error": [131_070, 131_071].flatMap((sector) =>
        ["write", "write-zeroes", "discard"].map((iotype) => ({ ...always, iotype, sector })),
      ),
    },
  ]);
  expect(topNode).toBe("disk3-bad-2");
});

test("renderChain: a limit is above the errors, and a stall is the strictest limit", () => {
  const { filters, group, topNode } = chainOf({ dead: true, speed: { iops: 50 } });
  expect(filters.map((filter) => [filter.driver, filter["image"] ?? filter["file"]])).toEqual([
    ["blkdebug", "disk3-image"],
    ["throttle", "disk3-bad-0"],
  ]);
  expect([group, topNode]).toEqual([
    { id: "disk3-speed-0", limits: { "bps-total": 0, "iops-total": 50 } },
    "disk3-slow-0",
  ]);
  expect(chainOf({ stalled: true, speed: { iops: 50 } }).group?.limits).toEqual({ "bps-total": 1, "iops-total": 1 });
});

test("renderDisks: a drive is a target's unit, on the port that it listens on", () => {
  const { disks } = decodeServer({
    name: "s1",
    firmware: "bios",
    disks: [{ serial: "D1", size: "1 MiB", bus: "sas", drive: {} }],
  });
  const none = { nic: () => undefined, disk: () => undefined };
  expect(renderDisks(disks, () => "/unused", none, new Map([["D1", 4711]]))).toEqual([
    ...["-device", "mptsas1068,id=sas0", "-blockdev"],
    '{"driver":"iscsi","node-name":"disk0","transport":"tcp","portal":"127.0.0.1:4711","target":"iqn.2024-01.test.vetbox:d1","lun":0}',
    ...["-device", "scsi-block,id=disk0-device,bus=sas0.0,scsi-id=0,drive=disk0"],
  ]);
});
