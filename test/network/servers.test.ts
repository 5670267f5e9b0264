/** The box's servers for network measurements, with the real iperf3 on loopback. */
import { afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tableFiles } from "../../agent/fakes/system.ts";
import { systemClock } from "../../agent/system/clock.ts";
import { fakeLog } from "../../appliance/http/fake-desk.ts";
import { iperfCommand, type LinkSetup, openLinkServers } from "../../appliance/link/servers.ts";
import { until } from "../rack/until.ts";
import { needPackages } from "../setup/packages.ts";

setDefaultTimeout(60_000);

const ADDRESS = "127.0.0.1";
const FIRST = { runId: "r1", attempt: 1 };
const SECOND = { runId: "r1", attempt: 2 };

let runDir: string;
let lines: string[];
let setup: LinkSetup;
beforeAll(() => needPackages(["iperf3", "util-linux"]), 300_000);
beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), "vetbox-link-"));
  const fake = fakeLog();
  lines = fake.lines;
  setup = {
    ...{ interface: "eth0", address: ADDRESS, ports: { from: 0, to: 0 }, runDir, clock: systemClock, log: fake.log },
    command: iperfCommand(process.getuid?.() === 0),
    files: tableFiles({ "/sys/class/net/eth0/speed": "1000\n" }),
  };
});
afterEach(() => rm(runDir, { recursive: true, force: true }));

/** A short measurement. */
const measure = async (port: number): Promise<{ readonly error?: string }> => {
  const argv = ["iperf3", "-J", "-c", ADDRESS, "-p", `${port}`, "-n", "1M"];
  return JSON.parse(await new Response(Bun.spawn(argv, { stdout: "pipe" }).stdout).text());
};

/** The process of the only server, by the file that a restart of the box would find. */
const pidOf = async (): Promise<number> => {
  const [name = ""] = await readdir(join(runDir, "link"));
  return Number((await readFile(join(runDir, "link", name), "utf8")).split(" ")[0]);
};

describe("openLinkServers", () => {
  test("an attempt has one server, asked for as often as one likes; another attempt has another one", async () => {
    await using servers = await openLinkServers(setup);
    const place = servers.open(FIRST);
    expect(servers.open(FIRST)).toEqual(place);
    expect(servers.open(SECOND)?.port).not.toBe(place?.port);
    expect(await servers.listening(FIRST)).toBe(true);
    expect([place?.address, servers.boxMbps()]).toEqual([ADDRESS, 1_000]);
  });

  test("a server serves one measurement after the other, and is gone with its attempt", async () => {
    await using servers = await openLinkServers(setup);
    const port = servers.open(FIRST)?.port ?? 0;
    await servers.listening(FIRST);
    for (const _ of [1, 2]) expect((await measure(port)).error).toBeUndefined();
    const pid = await pidOf();
    servers.keepOnly([SECOND]);
    await until("the server ended", async () => !(await Bun.file(`/proc/${pid}/stat`).exists()), 5_000);
    expect((await measure(port)).error).toContain("Connection refused");
    await until("its file is gone", async () => (await readdir(join(runDir, "link"))).length === 0, 5_000);
    expect(await servers.listening(FIRST)).toBe(false);
  });

  test("a server that is killed comes again on its port", async () => {
    await using servers = await openLinkServers(setup);
    const port = servers.open(FIRST)?.port ?? 0;
    await servers.listening(FIRST);
    const before = await pidOf();
    process.kill(before, "SIGKILL");
    const after = await until("a new process", async () => (await pidOf()) !== before && (await pidOf()), 5_000);
    await servers.listening(FIRST);
    expect((await measure(port)).error).toBeUndefined();
    expect(after).not.toBe(before);
    expect(lines.join("\n")).toContain("a server for network measurements ended");
  });

  test("a server has no rights beyond listening", async () => {
    await using servers = await openLinkServers(setup);
    servers.open(FIRST);
    await servers.listening(FIRST);
    const status = await readFile(`/proc/${await pidOf()}/status`, "utf8");
    expect(status).toContain("NoNewPrivs:\t1");
    if (process.getuid?.() === 0) expect(status).toMatch(/^Uid:\t(?!0\t)(\d+)\t\1\t\1\t\1$/m);
    expect(status).toMatch(/^CapEff:\t0+$/m);
  });

  test("a port that somebody else listens on is passed over; without a free one there is no server yet", async () => {
    const other = Bun.listen({ hostname: ADDRESS, port: 0, socket: { data: () => {} } });
    const { port } = other;
    await using servers = await openLinkServers({ ...setup, ports: { from: port, to: port } });
    expect(servers.open(FIRST)).toBeNull();
    other.stop(true);
    expect(servers.open(FIRST)).toEqual({ address: ADDRESS, port });
    expect(servers.open(SECOND)).toBeNull();
  });

  test("a server that cannot begin is told, and the box goes on", async () => {
    await using servers = await openLinkServers({ ...setup, command: ["/nonexistent/iperf3"] });
    expect(servers.open(FIRST)?.address).toBe(ADDRESS);
    await until("the failure is told", () => lines.join("").includes("a server for network measurements ended"), 5_000);
  });

  test.each([
    ["-1\n", null],
    ["4294967295\n", null],
    ["2500\n", 2_500],
    ["", null],
  ])("the speed %p of the box's link is %p", async (speed, expected) => {
    const files = tableFiles({ "/sys/class/net/eth0/speed": speed });
    await using servers = await openLinkServers({ ...setup, files });
    expect(servers.boxMbps()).toBe(expected);
  });
});
