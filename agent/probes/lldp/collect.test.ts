import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../../../test/setup/packages.ts";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import { type Exec, type ExecResult, systemExec } from "../../system/exec.ts";
import { thisSystem } from "../../system/system.ts";
import { type ProbeOutcome, runProbe } from "../probe.ts";
import { lldpProbe } from "./collect.ts";
import type { LldpNeighbour } from "./parse.ts";

const signal = new AbortController().signal;
const NOBODY = exited('{"lldp":[{}]}');
const NO_DAEMON = exited(
  "",
  1,
  "[WARN/control] unable to connect to socket /run/lldpd.socket: No such file or directory\n",
);
const heardOn = (...names: readonly string[]): ExecResult =>
  exited(
    JSON.stringify({
      lldp: [{ interface: names.map((name) => ({ name, chassis: [{ name: [{ value: "leaf-a1" }] }] })) }],
    }),
  );
const port = (name: string, operstate: string, bus = "pci") => ({
  [`/sys/class/net/${name}/operstate`]: `${operstate}\n`,
  [`/sys/class/net/${name}/device/subsystem`]: `->/sys/bus/${bus}`,
});

/** Runs the probe on a machine whose uptime goes on with its clock. */
const probe = async (
  uptimeSec: number,
  table: Readonly<Record<string, string>>,
  answer: (nowMs: number) => ExecResult,
) => {
  const calls: number[] = [];
  const exec: Exec = async () => {
    calls.push(system.clock.monoMs());
    return answer(system.clock.monoMs());
  };
  const files = tableFiles(table);
  const readText = async (path: string) =>
    path === "/proc/uptime" ? `${uptimeSec + system.clock.monoMs() / 1000} 9.9\n` : files.readText(path);
  const system = fakeSystem({ exec, files: { ...files, readText } });
  let outcome: ProbeOutcome<readonly LldpNeighbour[]> | undefined;
  void runProbe(lldpProbe, system, signal).then((one) => {
    outcome = one;
  });
  await system.clock.until(() => outcome !== undefined, 120_000);
  return { outcome, calls, tookMs: system.clock.monoMs() };
};

describe("lldpProbe", () => {
  test("waits for a switch on each link that is up, and no longer", async () => {
    const table = { ...port("eno1", "up"), ...port("eno2", "up"), ...port("eno3", "down") };
    const { outcome, tookMs } = await probe(12, table, (nowMs) => {
      return nowMs < 3_000 ? NOBODY : nowMs < 9_000 ? heardOn("eno1") : heardOn("eno2", "eno1");
    });
    expect([outcome?.report.status, outcome?.facts?.length, tookMs]).toEqual(["ok", 2, 10_000]);
  });

  test("a switch that says nothing costs the time up to forty seconds after the boot", async () => {
    const { outcome, tookMs } = await probe(12, port("eno1", "up"), () => NOBODY);
    expect([outcome?.report.status, tookMs]).toEqual(["device-absent", 28_000]);
    expect(
      (await probe(12, { ...port("eno1", "up"), ...port("eno2", "up") }, () => heardOn("eno1"))).outcome?.facts,
    ).toEqual([{ interface: "eno1", bridge: false, system: "leaf-a1" }]);
  });

  test("a server that has been up for longer waits for nothing", async () => {
    const { calls, tookMs } = await probe(41, port("eno1", "up"), () => NOBODY);
    expect([calls.length, tookMs]).toEqual([1, 0]);
  });

  test("no switch is expected at a link that is down, behind USB, or at a virtual NIC", async () => {
    const table = { ...port("eno1", "down"), ...port("idrac", "up", "usb"), ...port("eth0", "up", "virtio") };
    expect((await probe(5, table, () => NOBODY)).tookMs).toBe(0);
  });

  test("a daemon that is about to start is waited for; one that never does is told", async () => {
    const late = await probe(5, port("eno1", "up"), (nowMs) => (nowMs < 4_000 ? NO_DAEMON : heardOn("eno1")));
    expect([late.outcome?.report.status, late.tookMs]).toEqual(["ok", 4_000]);
    const never = await probe(5, port("eno1", "up"), () => NO_DAEMON);
    expect(never.outcome?.report).toMatchObject({
      status: "tool-absent",
      reason: "lldpd does not answer.",
      durationMs: 36_000,
    });
  });

  test("a tool that is not there, hangs or prints something else is another answer each, at once", async () => {
    const ended = (end: "absent" | "timed-out"): ExecResult => ({
      ...exited(""),
      end,
      exitCode: null,
      durationMs: 5_000,
    });
    const statuses = [];
    for (const result of [ended("absent"), ended("timed-out"), exited("lldpcli: usage\n")])
      statuses.push((await probe(5, port("eno1", "up"), () => result)).outcome?.report);
    expect(statuses.map((report) => [report?.status, report?.durationMs])).toEqual([
      ["tool-absent", 0],
      ["timed-out", 0],
      ["failed", 0],
    ]);
  });

  test("a replayed machine is not waited for: the uptime that it read last tells", async () => {
    const table = { ...port("eno1", "up"), "/proc/uptime": "40.13 155.02\n" };
    const system = fakeSystem({ exec: async () => NOBODY, files: tableFiles(table) });
    expect((await runProbe(lldpProbe, system, signal)).report.status).toBe("device-absent");
  });
});

describe("lldpProbe with a real lldpd", () => {
  const folder = mkdtempSync(join(tmpdir(), "vetbox-lldp-"));
  const names = [`vbx-l${process.pid}`, `vbx-s${process.pid}`] as const;
  const started: ReturnType<typeof Bun.spawn>[] = [];
  const run = (...argv: readonly string[]): void => {
    const { exitCode, stderr } = Bun.spawnSync([...argv]);
    if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${stderr.toString()}`);
  };
  const daemon = (space: string, ...options: readonly string[]) => {
    const argv = ["ip", "netns", "exec", space, "lldpd", "-d", "-u", join(folder, `${space}.socket`), ...options];
    started.push(Bun.spawn(argv, { stdout: "ignore", stderr: "ignore" }));
  };
  /** A word to a daemon. It is heard only after the daemon has found its interface; sooner it is taken and partly forgotten. */
  const tell = (space: string, ...words: readonly string[]): void =>
    run("lldpcli", "-u", join(folder, `${space}.socket`), ...words);
  const awaitInterface = (space: string, name: string): void => {
    const look = 'until lldpcli -u "$0" show interfaces | grep -q "$1"; do :; done';
    run("timeout", "20", "sh", "-c", look, join(folder, `${space}.socket`), name);
  };

  beforeAll(async () => {
    await needPackages(["lldpd", "iproute2"]);
    chmodSync(folder, 0o755); // lldpcli gives up root before it opens the socket
    for (const name of names) run("ip", "netns", "add", name);
    run("ip", "link", "add", "host0", "netns", names[0], "type", "veth", "peer", "name", "swp7", "netns", names[1]);
    run("ip", "-n", names[0], "link", "set", "host0", "up");
    daemon(names[0], "-r");
    daemon(names[1], "-S", "a switch in a test");
    awaitInterface(names[0], "host0");
    awaitInterface(names[1], "swp7");
    tell(names[1], "configure", "system", "hostname", "leaf-a1");
    tell(names[1], "configure", "system", "capabilities", "enabled", "bridge");
    tell(names[1], "configure", "ports", "swp7", "lldp", "portidsubtype", "local", "Ethernet1/7");
    tell(names[1], "configure", "lldp", "tx-interval", "1");
    // The cable is plugged in last, so that the first frame already says all of it.
    run("ip", "-n", names[1], "link", "set", "swp7", "up");
  }, 300_000);

  afterAll(async () => {
    for (const one of started) one.kill();
    await Promise.all(started.map((one) => one.exited));
    for (const name of names) Bun.spawnSync(["ip", "netns", "del", name]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("hears what the other end of the cable says", async () => {
    const exec: Exec = (invocation, stop) =>
      systemExec(
        { ...invocation, argv: ["lldpcli", "-u", join(folder, `${names[0]}.socket`), ...invocation.argv.slice(1)] },
        stop,
      );
    // The machine has just booted, with one link: so the probe waits for the frame.
    const files = {
      ...tableFiles(port("host0", "up")),
      readText: async (path: string) => (path === "/proc/uptime" ? "10 10" : "up"),
    };
    const { report, facts } = await runProbe(lldpProbe, { ...thisSystem, exec, files }, signal);
    expect(report.status).toBe("ok");
    expect(facts).toMatchObject([{ interface: "host0", system: "leaf-a1", portId: "Ethernet1/7", bridge: true }]);
  }, 60_000);
});
