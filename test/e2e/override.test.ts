/**
 * An override wipes the disks that a person named and is good for nothing else (D3, D4): what is in use by then, or is another disk by then, keeps every byte.
 * The server that is held for it is released, and nothing of the hold is left.
 */
import { expect, test } from "bun:test";
import { stringify } from "yaml";
import { SHORT_LIMITS } from "../box/short-limits.ts";
import { macOf, type VirtualServer } from "../box/virtual-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";
import { openSsh } from "./ssh.ts";

const MIB = 2 ** 20;
const SIZE_MIB = 40;
const NUMBER = 62;

/** Named by the spec, and not blank. */
const DATA = ["DATAEXT4", "DATASWAP", "DATALUKS", "DATARANDOM"] as const;
const BLANK = "BLANKGOOD";

const server = (): VirtualServer => {
  const mac = macOf(NUMBER);
  const disk = (serial: string, content: "ext4" | "swap" | "luks" | "random" | "zeros") =>
    ({ serial, size: `${SIZE_MIB} MiB`, bus: "scsi", rotational: false, content }) as const;
  return {
    mac,
    declaration: {
      ...{ name: "override", firmware: "bios", nics: [{ mac }] },
      disks: [
        disk("DATAEXT4", "ext4"),
        disk("DATASWAP", "swap"),
        disk("DATALUKS", "luks"),
        disk("DATARANDOM", "random"),
        disk(BLANK, "zeros"),
      ],
    },
    specYaml: stringify({
      disks: [...DATA, BLANK].map((serial) => ({ serial, sizeBytes: SIZE_MIB * MIB })),
      limits: SHORT_LIMITS,
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

/** Says when the key is gone from the server; the connection outlives the key. */
const WAIT_FOR_KEY_TO_GO =
  "echo in; while [ -s /root/.ssh/authorized_keys ]; do sleep 0.05; done; echo the key is gone; sleep 60";

test(
  "an override wipes what it names; a disk that is mounted, used as swap or exchanged since keeps every byte and is told; Release removes the key and powers off",
  async () => {
    await using place = await openPlace();
    const declared = server();
    const placed = await place.place(declared);
    const hashAll = async (): Promise<ReadonlyMap<string, string>> =>
      new Map(await Promise.all([...DATA, BLANK].map(async (key) => [key, await placed.diskHash(key)] as const)));
    const changedSince = async (before: ReadonlyMap<string, string>): Promise<readonly string[]> =>
      [...(await hashAll())].filter(([key, hash]) => before.get(key) !== hash).map(([key]) => key);
    const { api } = place.box;
    const before = await hashAll();
    const runId = await place.run(declared, declared.specYaml, { destructive: true, stages: ["Storage"] });
    const held = await api.until(runId, "its first hold", (run) => run.hold?.installed === true, BOOT_LIMIT_MS);
    expect(held.failure).toMatchObject({ state: "Storage", code: "unexpected-data" });
    expect(await changedSince(before)).toEqual([]);

    const ssh = await openSsh(place.segment, place.dir, await api.holdKey(runId));
    expect(await ssh.run(USE_TWO)).toMatchObject({ stdout: "used\n", exitCode: 0 });
    await placed.fault({ kind: "swap", disk: "DATALUKS", serial: "SWAPPEDIN", text: "another disk's data" });

    await api.overrideWipe(runId, DATA);
    const again = await api.until(runId, "its second hold", (run) => run.state === "FailedHolding", BOOT_LIMIT_MS);
    const storage = again.stages.find(({ state }) => state === "Storage");
    expect(storage?.attempts.map(({ reason, outcome }) => [reason, outcome])).toEqual([
      ["first", "measured"],
      ["override", "measured"],
    ]);
    const bad = storage?.checks.filter(({ verdict }) => verdict === "FAIL" || verdict === "ERROR") ?? [];
    expect(new Set(bad.map(({ component }) => component))).toEqual(
      new Set(["disk DATAEXT4", "disk DATASWAP", "disk DATALUKS"]),
    );
    expect(new Set(await changedSince(before))).toEqual(new Set(["DATARANDOM", BLANK]));

    await api.until(runId, "its key", (run) => run.hold?.installed === true, BOOT_LIMIT_MS);
    const watcher = (await openSsh(place.segment, place.dir, await api.holdKey(runId))).start(WAIT_FOR_KEY_TO_GO);
    const output = watcher.stdout.pipeThrough(new TextDecoderStream()).getReader();
    expect((await output.read()).value).toContain("in");
    await api.decide(runId, "release");
    expect((await output.read()).value).toContain("the key is gone");
    expect(await placed.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
    expect(await api.run(runId)).toMatchObject({ state: "Released", hold: null });
    watcher.kill();
  },
  TEST_LIMIT_MS,
);
