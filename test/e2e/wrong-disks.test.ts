/**
 * Nothing is wiped by mistake (D1 to D4), on a server whose disks are every kind of wrong: hashed before and after, not one byte may differ. Then an override wipes
 * what it names and is good for nothing else: what is in use by then, or is another disk by then, keeps every byte. The server is released, and nothing of the
 * hold is left.
 */
import { expect, test } from "bun:test";
import { stringify } from "yaml";
import type { RunView } from "../../appliance/core/views.ts";
import { SHORT_LIMITS } from "../box/short-limits.ts";
import { macOf, type VirtualServer } from "../box/virtual-server.ts";
import type { ServerDeclaration } from "../rack/declaration.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";
import { openSsh } from "./ssh.ts";

/** So many disks are looked at by firmware, kernel, udev and twice by the agent. */
const MANY_DISKS_LIMIT_MS = 2 * BOOT_LIMIT_MS;

type Disk = NonNullable<ServerDeclaration["disks"]>[number];

const MIB = 2 ** 20;
const SIZE_MIB = 24;
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
  disk("DATASWAP", "swap"),
  disk("DATALUKS", "luks"),
  disk("DATAGPT", "gpt"),
  disk("DATAVMFS", "vmfs"),
  disk("DATARANDOM", "random"),
  disk("DATATEXT", { kind: "text", at: 12 * MIB, text: "somebody's letters" }),
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

/** A byte that is written anywhere changes a disk's hash: a part of each disk is enough to tell. */
const LIMITS = { ...SHORT_LIMITS, storage: { ...SHORT_LIMITS.storage, samplePercent: 10 } };

const isHeld = ({ state, hold }: RunView): boolean => state === "FailedHolding" && hold?.installed === true;

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
      limits: LIMITS,
    }),
  };
};

/** Uses two of the disks as somebody on the console would: a file system, and swap. */
const USE_TWO = `
set -e
by_serial() { for b in /sys/block/sd*; do lsblk -dno SERIAL "/dev/\${b##*/}" | grep -qx "$1" && echo "/dev/\${b##*/}"; done; }
mkdir -p /tmp/m
mount -t ext4 -o ro,noload "$(by_serial DATAEXT4)" /tmp/m
busybox swapon "$(by_serial DATASWAP)"
echo used`;
/** And one is exchanged. These keep every byte. */
const IN_USE: readonly string[] = ["DATAEXT4", "DATASWAP", "DATALUKS"];

/** Says when the key is gone from the server; the connection outlives the key. */
const WAIT_FOR_KEY_TO_GO =
  "echo in; while [ -s /root/.ssh/authorized_keys ]; do sleep 0.05; done; echo the key is gone; sleep 60";

test(
  "data of eleven kinds, surprises, twins, other sizes, read-only and USB disks: nothing is written before an override, and then only what it names and nobody uses; Release removes the key and powers off",
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

    const held = await api.until(runId, "its first hold", isHeld, MANY_DISKS_LIMIT_MS);
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

    const ssh = await openSsh(place.segment, place.dir, await api.holdKey(runId));
    expect(await ssh.run(USE_TWO)).toMatchObject({ stdout: "used\n", exitCode: 0 });
    await placed.fault({ kind: "swap", disk: "DATALUKS", serial: "SWAPPEDIN", text: "another disk's data" });
    await api.overrideWipe(runId, serials);
    const again = await api.until(runId, "its second hold", isHeld, MANY_DISKS_LIMIT_MS);
    const storage = again.stages.find(({ state }) => state === "Storage");
    expect(storage?.attempts.map(({ reason, outcome }) => [reason, outcome])).toEqual([
      ["first", "measured"],
      ["override", "measured"],
    ]);
    const componentsOf = (some: readonly string[]) => new Set(some.map((serial) => `disk ${serial}`));
    const [ours, inUse] = [componentsOf(serials), componentsOf(IN_USE)];
    const bad = storage?.checks.filter(({ verdict }) => verdict === "FAIL" || verdict === "ERROR") ?? [];
    const ofOurs = bad.filter(({ component }) => ours.has(component));
    expect(ofOurs.filter(({ component }) => !inUse.has(component))).toEqual([]);
    expect(new Set(ofOurs.map(({ component }) => component))).toEqual(inUse);
    const wiped = [...serials.filter((serial) => !IN_USE.includes(serial)), BLANK.serial];
    expect((await changedSince(before)).toSorted()).toEqual(wiped.toSorted());

    const watcher = (await openSsh(place.segment, place.dir, await api.holdKey(runId))).start(WAIT_FOR_KEY_TO_GO);
    const output = watcher.stdout.pipeThrough(new TextDecoderStream()).getReader();
    expect((await output.read()).value).toContain("in");
    await api.decide(runId, "release");
    expect((await output.read()).value).toContain("the key is gone");
    expect(await placed.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
    expect(await api.run(runId)).toMatchObject({ state: "Released", hold: null });
    watcher.kill();
  },
  2 * TEST_LIMIT_MS,
);
