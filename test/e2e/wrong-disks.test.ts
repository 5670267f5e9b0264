/**
 * Nothing is wiped by mistake (D1, D2), on a server whose disks are every kind of wrong: hashed before and after, not one byte may differ.
 */
import { expect, test } from "bun:test";
import { stringify } from "yaml";
import { SHORT_LIMITS } from "../box/short-limits.ts";
import { macOf, type VirtualServer } from "../box/virtual-server.ts";
import type { ServerDeclaration } from "../rack/declaration.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";

/** So many disks are looked at by firmware, kernel, udev and twice by the agent. */
const MANY_DISKS_LIMIT_MS = 2 * BOOT_LIMIT_MS;

type Disk = NonNullable<ServerDeclaration["disks"]>[number];

const MIB = 2 ** 20;
const SIZE_MIB = 40;
const NUMBER = 61;

const disk = (serial: string, content: Disk["content"] = [], more: Partial<Disk> = {}): Disk => ({
  ...{ serial, size: `${SIZE_MIB} MiB`, bus: "scsi", rotational: false, content },
  ...more,
});

/** Disks that the spec names by serial and size, and that hold something. */
const WITH_DATA: readonly Disk[] = [
  disk("DATAEXT4", { kind: "ext4", label: "mailstore", host: "mail-03" }),
  disk("DATALVM", { kind: "lvm", label: "vg0" }),
  disk("DATAMDEND", "md-at-end"),
  disk("DATAZFSEND", "zfs-at-end"),
  disk("DATALUKS", "luks"),
  disk("DATAGPT", "gpt"),
  disk("DATAVMFS", "vmfs"),
  disk("DATARANDOM", "random"),
  disk("DATATEXT", { kind: "text", at: 20 * MIB, text: "somebody's letters" }),
  disk("DATALAST", { kind: "text", at: SIZE_MIB * MIB - 512, text: "the last sector" }),
];

/** Disks that no override can open, and why. */
const UNTOUCHABLE = {
  surprise: disk("NOTINSPEC", "random"),
  kindOnly: disk("BYITSKIND", "random", { model: "VB KIND" }),
  otherSize: disk("OTHERSIZE", "random"),
  readOnly: disk("READONLY", "random", { readOnly: true }),
  usb: disk("USBSTICK", "random", { bus: "usb", removable: true, rotational: undefined }),
  twinA: disk("TWIN", "random", { label: "twin-a" }),
  twinB: disk("TWIN", "random", { label: "twin-b" }),
} as const satisfies Record<string, Disk>;

/** It is named, it is blank: the one disk that would be written at once. */
const BLANK = disk("BLANKGOOD");

const keyOf = ({ label, serial }: Disk): string => label ?? serial;

const wrongServer = (): VirtualServer => {
  const mac = macOf(NUMBER);
  const named = (serial: string, more: object = {}) => ({ serial, sizeBytes: SIZE_MIB * MIB, ...more });
  return {
    mac,
    declaration: {
      ...{ name: "wrong", firmware: "bios", memoryMiB: 1280, nics: [{ mac }] },
      disks: [...WITH_DATA, ...Object.values(UNTOUCHABLE), BLANK],
    },
    specYaml: stringify({
      disks: [
        ...[...WITH_DATA, BLANK].map(({ serial }) => named(serial)),
        named(UNTOUCHABLE.readOnly.serial),
        named(UNTOUCHABLE.usb.serial),
        named(UNTOUCHABLE.twinA.serial),
        { serial: UNTOUCHABLE.otherSize.serial, sizeBytes: { equals: 2 * SIZE_MIB * MIB, severity: "info" } },
        { count: 1, model: "VB KIND" },
      ],
      limits: SHORT_LIMITS,
    }),
  };
};

test(
  "data of ten kinds on one disk each, surprises, twins, other sizes, read-only and USB disks: nothing at all is written, and no other words than the very serials allow it",
  async () => {
    await using place = await openPlace();
    const server = wrongServer();
    const placed = await place.place(server);
    const keys = [...WITH_DATA, ...Object.values(UNTOUCHABLE), BLANK].map(keyOf);
    const hashAll = async (): Promise<ReadonlyMap<string, string>> =>
      new Map(await Promise.all(keys.map(async (key) => [key, await placed.diskHash(key)] as const)));
    const changedSince = async (before: ReadonlyMap<string, string>): Promise<readonly string[]> =>
      [...(await hashAll())].filter(([key, hash]) => before.get(key) !== hash).map(([key]) => key);
    const { api } = place.box;
    const before = await hashAll();
    const runId = await place.run(server, server.specYaml, { destructive: true, stages: ["Storage"] });

    const held = await api.until(runId, "its first hold", (run) => run.hold?.installed === true, MANY_DISKS_LIMIT_MS);
    expect(held.failure).toMatchObject({ state: "Storage", code: "unexpected-data" });
    expect(held.refusedDisks.map(({ serial }) => serial).toSorted()).toEqual(
      WITH_DATA.map(({ serial }) => serial).toSorted(),
    );
    const found = new Map(held.refusedDisks.map((one) => [one.serial, one.found.join(" ")]));
    expect(found.get("DATAEXT4")).toMatch(/ext4.*mailstore/);
    expect(found.get("DATALVM")).toContain("LVM");
    expect(found.get("DATAZFSEND")).toMatch(/zfs/i);
    expect(await changedSince(before)).toEqual([]);

    // Not by other names, not by fewer, not by more.
    const serials = WITH_DATA.map(({ serial }) => serial);
    for (const wrong of [serials.slice(1), [...serials, BLANK.serial], [...serials, "NOTINSPEC"], ["DATAEXT4"]])
      await expect(api.overrideWipe(runId, wrong)).rejects.toThrow("Name exactly the disks that hold data");

    await api.decide(runId, "release");
  },
  TEST_LIMIT_MS,
);
