import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../setup/packages.ts";
import { renderBootSector } from "./boot-sector.ts";
import { rackPaths, SCRATCH_ROOT } from "./paths.ts";
import { findServerQemus } from "./qemus.ts";
import { openRack } from "./rack.ts";
import { sweepRacks } from "./registry.ts";
import { findTraces, NO_TRACES } from "./traces.ts";
import { until } from "./until.ts";
import { RACK_PACKAGES } from "./verbs.ts";

const MAIN = join(import.meta.dir, "main.ts");
const RACK = join(import.meta.dir, "rack.ts");
const BOOT_MS = 120_000;
const POINT_MS = 60_000;

let root = "";
beforeAll(async () => {
  await needPackages(RACK_PACKAGES);
  root = await mkdtemp(join(tmpdir(), "vetbox-recovery-"));
}, 300_000);
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await sweepRacks(); // kept racks of tests that failed
});

/** Ids of their own for this process, so that two runs of the tests do not meet. */
const idOf = (letter: string): string => `${letter}${process.pid.toString(36)}`;

const rackCommand = async (dir: string, ...args: readonly string[]): Promise<{ exitCode: number; data: unknown }> => {
  const child = Bun.spawn([process.execPath, MAIN, ...args, "--rack", dir, "--json"], { stdout: "pipe" });
  const text = await new Response(child.stdout).text();
  return { exitCode: await child.exited, data: JSON.parse(text) };
};

/** Ends the process by `kill -9` the moment the point is reached; looks as often as it can. */
const killAt = async (child: Bun.Subprocess, point: () => boolean): Promise<void> => {
  const endMs = performance.now() + POINT_MS;
  while (!point() && child.exitCode === null && performance.now() < endMs)
    await new Promise<void>((resolve) => void setImmediate(resolve));
  child.kill("SIGKILL");
  await child.exited;
};

/** Waits for the end of all traces: another rack that is opened at this moment may be the one that clears them away. */
const allGone = (rack: Parameters<typeof findTraces>[0]): Promise<unknown> =>
  until("no traces", async () => Bun.deepEquals(await findTraces(rack), NO_TRACES), POINT_MS);

const files = (id: string) => rackPaths("/nowhere", id).files("s1");
const namespaces = (): readonly string[] => (existsSync("/run/netns") ? readdirSync("/run/netns") : []);

/** Where in the start of a server its starter is killed: what can be seen there for the first time. */
const START_POINTS: readonly (readonly [string, (id: string) => boolean])[] = [
  ["the server is claimed", (id) => existsSync(rackPaths("/nowhere", id).claim("s1"))],
  ["the segment is claimed", (id) => existsSync(rackPaths("/nowhere", id).segmentClaim)],
  ["there is the first namespace", (id) => namespaces().includes(`vb${id}-box`)],
  ["there are both namespaces", (id) => namespaces().includes(`vb${id}-sw`)],
  ["the tap script is there", (id) => existsSync(files(id).tapScript)],
  ["QEMU is called", (id) => findServerQemus(rackPaths("/nowhere", id).scratch, "s1").length > 0],
  ["QEMU has its sockets", (id) => existsSync(files(id).eventSocket)],
];

test.each(START_POINTS)(
  "main start, killed when %s: the next calls find what is true, go on, and clear all away",
  async (_name, point) => {
    const id = idOf("k");
    const dir = await mkdtemp(join(root, "start-"));
    {
      await using rack = await openRack({ dir, id, keep: true });
      const server = await rack.create({
        name: "s1",
        firmware: "bios",
        memoryMiB: 128,
        disks: [{ serial: "D1", size: "1 MiB", bus: "virtio" }],
        nics: [{ mac: "52:54:00:77:00:01" }],
        boot: ["disk"],
      });
      await server.writeDisk("D1", renderBootSector("KILLED BOOT OK", "halt"));
    }
    const child = Bun.spawn([process.execPath, MAIN, "start", "s1", "--rack", dir], {
      stdout: "ignore",
      stderr: "ignore",
    });
    await killAt(child, () => point(id));
    expect(child.signalCode).toBe("SIGKILL");

    expect(await rackCommand(dir, "list")).toMatchObject({ exitCode: 0, data: [{ name: "s1" }] });
    // Either the server came up although its starter died, and then it is running, or it did not, and then it can be started.
    const started = await rackCommand(dir, "start", "s1");
    if (started.exitCode !== 0) expect(started.data).toMatchObject({ error: { code: "running" } });
    {
      await using rack = await openRack({ dir, keep: true });
      const server = await rack.server("s1");
      await server.serialHas(/KILLED BOOT OK/, BOOT_MS);
      expect(findServerQemus(rack.paths.scratch, "s1")).toHaveLength(1);
      expect(await server.stop("cut")).toMatchObject({ reason: "power-cut" });
    }
    expect((await rackCommand(dir, "delete", "--all")).exitCode).toBe(0);
    expect(await findTraces({ id, dir })).toEqual(NO_TRACES);
  },
);

test("main create, killed while it makes the server: no half of it is ever seen, and the name is free", async () => {
  const dir = await mkdtemp(join(root, "create-"));
  const disks = Array.from({ length: 200 }, (_, i) => ({ serial: `D${i}`, size: "1 MiB", bus: "virtio" }));
  const file = join(dir, "servers.json");
  await Bun.write(file, JSON.stringify({ servers: [{ name: "s1", firmware: "uefi", disks }] }));
  const staging = join(dir, "staging");
  const child = Bun.spawn([process.execPath, MAIN, "create", file, "--rack", dir], {
    stdout: "ignore",
    stderr: "ignore",
  });
  await killAt(child, () => existsSync(staging) && readdirSync(staging).length > 0);
  expect(child.signalCode).toBe("SIGKILL");
  const { data } = await rackCommand(dir, "list");
  expect(readdirSync(staging)).toEqual([]);
  if (Array.isArray(data) && data.length === 0) expect((await rackCommand(dir, "create", file)).exitCode).toBe(0);
  expect(await rackCommand(dir, "list")).toMatchObject({
    data: [{ name: "s1", disks: disks.map(({ serial }) => serial) }],
  });
  expect((await rackCommand(dir, "delete", "--all")).exitCode).toBe(0);
});

test("openRack: everything of a rack whose process was killed is cleared away by the next rack that is opened", async () => {
  const [id, dir, other] = [idOf("o"), await mkdtemp(join(root, "owner-")), await mkdtemp(join(root, "other-"))];
  const program = `import { openRack } from ${JSON.stringify(RACK)};
    const rack = await openRack({ dir: ${JSON.stringify(dir)}, id: ${JSON.stringify(id)} });
    const names = ["s1", "s2"];
    const servers = await Promise.all(names.map((name) => rack.create({ name, firmware: "bios", memoryMiB: 128, disks: [{ serial: "D1", size: "1 MiB", bus: "virtio" }] })));
    await Promise.all(servers.map((server) => server.start()));
    await rack.powerByWake();
    const { box } = await rack.segment();
    box.spawn(["sleep", "infinity"], { stdout: "ignore", stderr: "ignore" });
    box.spawn(["sleep", "infinity"], { stdout: "ignore", stderr: "ignore", outlive: true });
    console.log("up");`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe" });
  expect(new TextDecoder().decode((await child.stdout.getReader().read()).value)).toBe("up\n");
  const before = await findTraces({ id, dir });
  expect(before.processes.filter((line) => line.startsWith("qemu-system"))).toHaveLength(2);
  await expect(openRack({ dir })).rejects.toMatchObject({ code: "taken" });
  child.kill("SIGKILL");
  await child.exited;
  const rack = await openRack({ dir: other });
  await allGone({ id, dir });
  expect(existsSync(join(dir, "servers"))).toBe(false);
  await rack[Symbol.asyncDispose]();
});

test("openRack: a kept rack whose directory is gone is cleared away with what runs in it", async () => {
  const [id, dir] = [idOf("g"), await mkdtemp(join(root, "gone-"))];
  {
    await using rack = await openRack({ dir, id, keep: true });
    await (await rack.create({ name: "s1", firmware: "bios", memoryMiB: 128 })).start();
  }
  expect((await findTraces({ id, dir })).processes).toHaveLength(1);
  await rm(dir, { recursive: true });
  await mkdir(join(root, "fresh"));
  await using _rack = await openRack({ dir: join(root, "fresh") });
  await allGone({ id, dir });
});

test("openRack: a process of a server that is not there is ended, one of a server that is there is not touched", async () => {
  const dir = await mkdtemp(join(root, "orphan-"));
  await using rack = await openRack({ dir });
  const [orphan, kept] = await Promise.all(
    ["s1", "s2"].map((name) => rack.create({ name, firmware: "bios", memoryMiB: 128 })),
  );
  await Promise.all([orphan?.start(), kept?.start()]);
  const process = kept?.process();
  await rm(rack.paths.server("s1"), { recursive: true });
  await using again = await openRack({ dir, keep: true });
  expect(orphan?.isRunning).toBe(false);
  expect((await again.server("s2")).process()).toEqual(process ?? null);
  expect(readdirSync(join(SCRATCH_ROOT, rack.id, "servers"))).toEqual(["s2"]);
});
