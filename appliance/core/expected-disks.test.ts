/** Which disks a run touches, and which of them it may write to. */
import { describe, expect, test } from "bun:test";
import type { DiskFacts } from "../../agent/wire/hardware/disks.ts";
import { UNKNOWN_HARDWARE } from "../../agent/wire/inventory.ts";
import { diskClassOf, disksOfSpec, expectedDisks } from "./expected-disks.ts";
import { parseSpec, type Spec } from "./spec/spec.ts";

const DISK: DiskFacts = {
  ...{ name: "sda", serial: "S1", sizeBytes: 480_103_981_056, model: "SAMSUNG MZ7LH480", transport: "sata" },
  ...{ rotational: false, wwn: "0x5002538e00000001", pciAddress: "0000:00:17.0" },
};

const specOf = (yaml: string): Spec => {
  const spec = parseSpec(yaml);
  if (!spec.ok) throw new Error(spec.refusal.detail);
  return spec.value;
};

const targets = (yaml: string | null, disks: readonly DiskFacts[], destructive = true) =>
  expectedDisks(yaml === null ? null : specOf(yaml), { ...UNKNOWN_HARDWARE, disks: [...disks] }, destructive).map(
    ({ serial, mayWrite, whyNot }) => [serial, mayWrite, whyNot ?? null],
  );

const NAMED = "disks: [{ serial: S1, size: 480 GB }]";

describe("expectedDisks", () => {
  test("lets a disk be written that the spec names by serial and size, and gives all that finds it again", () => {
    expect(expectedDisks(specOf(NAMED), { ...UNKNOWN_HARDWARE, disks: [DISK] }, true)).toEqual([
      {
        ...{ serial: "S1", sizeBytes: 480_103_981_056, class: "ssd", mayWrite: true },
        ...{ wwn: "0x5002538e00000001", model: "SAMSUNG MZ7LH480", pciAddress: "0000:00:17.0" },
      },
    ]);
  });

  test.each([
    ["the run is not destructive", NAMED, [DISK], false, "the run is not destructive"],
    ["there is no spec", null, [DISK], true, "the host has no expected spec"],
    [
      "the spec wants its kind only",
      "disks: [{ count: 1, size: 480 GB }]",
      [DISK],
      true,
      "the expected spec does not name it by its serial",
    ],
    [
      "the spec names it by its WWN",
      'disks: [{ wwn: "0x5002538e00000001", size: 480 GB }]',
      [DISK],
      true,
      "the expected spec does not name it by its serial",
    ],
    ["the spec gives no size", "disks: [{ serial: S1 }]", [DISK], true, "the expected spec does not give its size"],
    [
      "it is smaller",
      NAMED,
      [{ ...DISK, sizeBytes: 240_057_409_536 }],
      true,
      "it has another size than the expected spec says",
    ],
    [
      "it has another WWN",
      'disks: [{ serial: S1, size: 480 GB, wwn: "0x5002538e00000002" }]',
      [DISK],
      true,
      "it has another WWN than the expected spec says",
    ],
    ["it is read-only", NAMED, [{ ...DISK, readOnly: true }], true, "it is read-only"],
    ["it is removable", NAMED, [{ ...DISK, removable: true }], true, "it is removable"],
    ["it is on USB", NAMED, [{ ...DISK, transport: "usb" }], true, "it is removable"],
    ["a controller hides it", NAMED, [{ ...DISK, behind: "megaraid,3" }], true, "it is behind a RAID controller"],
  ] as const)("never lets a disk be written when %s", (_why, yaml, disks, destructive, whyNot) => {
    expect(targets(yaml, disks, destructive)).toEqual([["S1", false, whyNot]]);
  });

  test("never lets two disks with one serial be written", () => {
    const twins = [DISK, { ...DISK, name: "sdb" }];
    expect(targets(NAMED, twins)).toEqual([
      ["S1", false, "another disk gives the same serial"],
      ["S1", false, "another disk gives the same serial"],
    ]);
  });

  test("leaves out what the spec does not expect, and what has no serial", () => {
    const stick: DiskFacts = { name: "sdz", serial: "USB9", sizeBytes: 16e9, transport: "usb", removable: true };
    expect(targets(NAMED, [stick, { ...DISK, serial: "OTHER" }])).toEqual([]);
    const { serial: _, ...nameless } = DISK;
    expect(targets(NAMED, [nameless])).toEqual([]);
    expect(targets("disks: []", [DISK])).toEqual([]);
    expect(targets(null, [stick])).toEqual([]);
    // A firmware or a bay that is another one makes no other disk of it.
    expect(
      targets("disks: [{ count: 1, model: SAMSUNG MZ7LH480, firmware: HXT7904Q }]", [
        { ...DISK, firmware: "HXT7404Q" },
      ]),
    ).toHaveLength(1);
  });
});

test("disksOfSpec tells the disks of a host that was never looked at, as far as the spec does", () => {
  const spec = specOf(
    "disks: [{ serial: S1, size: 480 GB, rotational: true }, { serial: S2 }, { count: 2, size: 1 TB }]",
  );
  expect(disksOfSpec(spec, true)).toMatchObject([{ serial: "S1", class: "hdd", mayWrite: true }]);
  expect(disksOfSpec(spec, false)).toMatchObject([
    { serial: "S1", mayWrite: false, whyNot: "the run is not destructive" },
  ]);
  expect(disksOfSpec(null, true)).toEqual([]);
});

test.each([
  ["virtio", {}, "virtual"],
  ["sata", { model: "QEMU HARDDISK", rotational: true }, "virtual"],
  ["nvme", { rotational: false }, "nvme"],
  ["sas", { rotational: true }, "hdd"],
  ["sata", { rotational: false }, "ssd"],
] as const)("diskClassOf a %s disk with %p is %s", (transport, more, kind) => {
  expect(diskClassOf({ sizeBytes: 1, transport, ...more })).toBe(kind);
});
