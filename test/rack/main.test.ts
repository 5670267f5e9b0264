import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../setup/packages.ts";
import { renderBootSector } from "./boot-sector.ts";
import { openRack } from "./rack.ts";
import { sweepRacks } from "./registry.ts";
import { findTraces, NO_TRACES } from "./traces.ts";
import { RACK_PACKAGES, VERBS } from "./verbs.ts";

const MAIN = join(import.meta.dir, "main.ts");
const BOOT_MS = 120_000;

let root = "";
beforeAll(async () => {
  await needPackages(RACK_PACKAGES);
  root = await mkdtemp(join(tmpdir(), "vetbox-main-"));
}, 300_000);
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
  await sweepRacks(); // kept racks of tests that failed
});

const run = async (args: readonly string[], stdin = "") => {
  const child = Bun.spawn([process.execPath, MAIN, ...args], {
    stdin: Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { exitCode: await child.exited, stdout, stderr };
};

const DECLARED = `servers:
  - { name: s1, firmware: bios, memoryMiB: 128, boot: [disk], disks: [{ serial: D1, size: 1 MiB, bus: virtio }] }
  - { name: s2, firmware: uefi, nics: [{ mac: "52:54:00:77:00:02" }] }
`;

test("main --help names every verb", async () => {
  const { exitCode, stdout } = await run(["--help"]);
  expect(exitCode).toBe(0);
  for (const { usage } of Object.values(VERBS)) expect(stdout).toContain(usage);
});

test.each([
  [["list"], "--rack DIR is needed"],
  [["fly", "--rack", "DIR"], "there is no verb fly"],
  [["toString", "--rack", "DIR"], "there is no verb toString"],
  [["list", "--rack", "DIR", "--cut"], "list takes no --cut"],
  [["list", "--rack", "DIR", "--colour"], "--colour"],
  [["start", "--rack", "DIR"], "a server's name is needed"],
  [["stop", "s9", "--rack", "DIR"], "there is no server s9"],
  [["console", "--rack", "DIR"], "one server's name is needed"],
  [["create", "none.yaml", "--rack", "DIR"], "none.yaml: there is no such file"],
  [["fault", "s1", "--rack", "DIR"], "a kind of fault"],
  [["fault", "s9", "heal", "disk=D1", "--rack", "DIR"], "there is no server s9"],
  [["list", "--rack", "DIR", "--id", "Not/An/Id"], "id: must be 1 to 8"],
])("main %j is refused, in words and as JSON", async (line, detail) => {
  const args = line.map((word) => (word === "DIR" ? join(root, "refused") : word));
  const words = await run(args);
  expect([words.exitCode, words.stdout]).toEqual([1, ""]);
  expect(words.stderr).toContain(detail);
  const json = await run([...args, "--json"]);
  expect(json.exitCode).toBe(1);
  expect(JSON.parse(json.stdout).error.detail).toContain(detail);
});

test("main create names the place of what is wrong, and makes nothing", async () => {
  const dir = join(root, "wrong");
  const { exitCode, stderr } = await run(["create", "-", "--rack", dir], DECLARED.replace("uefi", "open"));
  expect(exitCode).toBe(1);
  expect(stderr).toStartWith("-:3:27 servers.1.firmware: ");
  expect((await run(["list", "--rack", dir])).stdout).toBe("");
  expect((await run(["delete", "--all", "--rack", dir])).exitCode).toBe(0);
});

test("main: a server's life, each act by a process of its own", async () => {
  const dir = join(root, "life");
  const rack = (...args: readonly string[]) => run(["--rack", dir, ...args]);
  expect((await run(["create", "-", "--rack", dir], DECLARED)).stdout).toBe("s1 created\ns2 created\n");
  expect((await run(["create", "-", "--rack", dir], DECLARED)).stderr).toBe(
    "there is a server s1\nthere is a server s2\n",
  );
  await using opened = await openRack({ dir, keep: true });
  const server = await opened.server("s1");
  await server.writeDisk("D1", renderBootSector("CONSOLE OK", "power-button"));

  expect(await rack("start", "s1")).toMatchObject({ exitCode: 0, stdout: "s1 started\n" });
  expect((await rack("start", "s1", "s2")).stderr).toBe("s2 started\ns1: is running\n");
  await server.serialHas(/CONSOLE OK/, BOOT_MS);
  expect((await rack("console", "s1")).stdout).toContain("CONSOLE OK");
  expect((await rack("list")).stdout).toMatch(/^s1 +running +bios *\ns2 +running +uefi 52:54:00:77:00:02\n$/);
  expect(JSON.parse((await rack("stats", "--json")).stdout)).toMatchObject([{ name: "s1" }, { name: "s2" }]);
  expect((await rack("exec", "--", "ip", "-brief", "address")).stdout).toContain("10.77.0.1/24");
  expect((await rack("exec", "--", "sh", "-c", "exit 7")).exitCode).toBe(7);

  expect((await rack("fault", "s1", "io-error", "disk=D1", "at=64 KiB", "length=512 B", "on=read")).stdout).toBe(
    "s1 io-error\n",
  );
  expect(JSON.parse((await rack("fault", "s1", "speed", "disk=D1", "iops=50", "--json")).stdout)).toEqual({
    ...{ kind: "speed", disk: "D1", iops: 50 },
  });
  expect(await rack("fault", "s1", "heal", "disk=D1")).toMatchObject({ exitCode: 0 });
  expect((await rack("fault", "s1", "heal", "disk=D9")).stderr).toBe("s1: has no disk D9\n");
  expect((await rack("fault", "s1", "heal", "D1")).stderr).toBe("D1: must be FIELD=VALUE\n");
  expect((await rack("fault", "s1", "vanish", "disk=D1")).stderr).toContain("vanish from a slot");

  const following = rack("console", "s1", "--follow");
  const mark = server.serialMark();
  expect((await rack("reset", "s1")).stdout).toBe("s1 reset\n");
  await server.serialHas(/CONSOLE OK/, BOOT_MS, mark);
  expect((await rack("delete", "s1")).stderr).toBe("s1: is running\n");
  expect((await rack("stop", "s1")).stdout).toBe("s1 off\n");
  expect((await following).stdout.match(/CONSOLE OK/g)).toHaveLength(2);
  expect((await rack("console", "s1", "--attach")).stderr).toBe("s1: is off\n");
  expect((await rack("delete", "s1", "s2", "--cut")).exitCode).toBe(0);
  expect((await rack("list")).stdout).toBe("");
  expect((await rack("delete", "--all")).stdout).toBe("segment removed\n");
  expect(await findTraces({ id: opened.id, dir })).toEqual(NO_TRACES);
});

test("main console --attach is the server's serial port both ways, until Ctrl-]", async () => {
  await using rack = await openRack({ dir: join(root, "attach") });
  const server = await rack.create({ name: "s1", firmware: "uefi", memoryMiB: 256 });
  await server.start();
  const child = Bun.spawn([process.execPath, MAIN, "console", "s1", "--attach", "--rack", rack.paths.dir], {
    stdin: "pipe",
    stdout: "ignore",
  });
  await server.serialHas(/Shell> /, BOOT_MS);
  child.stdin.write("echo typed-%cwd%\r");
  await child.stdin.flush();
  await server.serialHas(/\ntyped-/, BOOT_MS);
  child.stdin.write("\u001d");
  await child.stdin.flush();
  expect(await child.exited).toBe(0);
  expect(server.isRunning).toBe(true);
});
