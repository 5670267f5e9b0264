/** The IPMI client: Debian's ipmitool against OpenIPMI's simulator, over RMCP+ on loopback. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Exec, systemExec } from "../../agent/system/exec.ts";
import type { BmcAccess } from "../../appliance/core/power-port.ts";
import { openIpmi } from "../../appliance/power/ipmi.ts";
import { needPackages } from "../setup/packages.ts";
import { freeUdpPort, IPMI_PACKAGES, type IpmiSimulator, openIpmiSimulator } from "./ipmi-simulator.ts";

const USER = "vetbox";
/** As long as the simulator takes, with what a shell would trip over. */
const PASSWORD = "co$rrect-h'orse*1";
const SIGNAL = new AbortController().signal;

let simulator: IpmiSimulator;
let scratchDir: string;
/** Every argument of every tool that was run. */
const argvs: (readonly string[])[] = [];
const exec: Exec = (invocation, signal) => {
  argvs.push(invocation.argv);
  return systemExec(invocation, signal);
};

beforeAll(async () => {
  await needPackages(IPMI_PACKAGES);
  scratchDir = await mkdtemp(join(tmpdir(), "vetbox-scratch-"));
  simulator = await openIpmiSimulator(USER, PASSWORD);
}, 300_000);
afterAll(async () => {
  await simulator[Symbol.asyncDispose]();
  await rm(scratchDir, { recursive: true });
});

const openPort = (change: Partial<BmcAccess> = {}, by: Exec = exec) => {
  const place = { hostId: "h1", kind: "ipmi", address: "127.0.0.1", port: simulator.port } as const;
  return openIpmi({ ...place, user: USER, password: PASSWORD, pin: null, ...change }, { exec: by, scratchDir });
};

test("openIpmi tells the power state, chooses a network boot, switches on, restarts and switches off", async () => {
  const port = openPort();
  expect(await port.state(SIGNAL)).toEqual({ ok: true, value: "off" });
  expect(await port.bootOnce("pxe", SIGNAL)).toEqual({ ok: true, value: true });
  // A host that is off is not cycled, which would leave it off, but started.
  expect(await port.cycle(SIGNAL)).toEqual({ ok: true, value: true });
  expect(await port.state(SIGNAL)).toEqual({ ok: true, value: "on" });
  expect(await port.cycle(SIGNAL)).toEqual({ ok: true, value: true });
  expect(await port.off(SIGNAL)).toEqual({ ok: true, value: true });
  expect(await simulator.told()).toEqual(["boot pxe", "power 1", "power 0", "power 1", "power 0"]);
  expect(await readdir(scratchDir)).toEqual([]);
}, 120_000);

test("openIpmi tells a wrong password, an unknown user and a dead BMC apart", async () => {
  const dead = await freeUdpPort();
  const answers = await Promise.all([
    openPort({ password: "wrong" }).state(SIGNAL),
    openPort({ user: "nobody" }).state(SIGNAL),
    openPort({ port: dead }).state(SIGNAL),
  ]);
  expect(answers.map((answer) => (answer.ok ? "ok" : answer.trouble.code))).toEqual([
    "refused-login",
    "refused-login",
    "unreachable",
  ]);
  expect(await readdir(scratchDir)).toEqual([]);
}, 120_000);

test("openIpmi lets the LED blink for good, where that is refused for a time, and says where there is none", async () => {
  await using bare = await openIpmiSimulator(USER, PASSWORD, false);
  const before = (await simulator.told()).length;
  // A BMC that knows the time alone: the lasting order goes to one that refuses it, in a real tool's and a real BMC's words.
  const timed: Exec = (invocation, signal) => {
    const [tool, ...words] = invocation.argv;
    const lasting = words.at(-1) === "force";
    const argv = words.map((word) => (lasting && word === String(simulator.port) ? String(bare.port) : word));
    return exec({ ...invocation, argv: [tool, ...argv] }, signal);
  };
  const [timedAnswer, none] = await Promise.all([
    openPort({}, timed).identify(true, SIGNAL),
    openPort({ port: bare.port }).identify(true, SIGNAL),
  ]);
  expect(timedAnswer).toEqual({ ok: true, value: true });
  expect(none).toMatchObject({ ok: false, trouble: { code: "unsupported" } });
  expect(await openPort().identify(true, SIGNAL)).toEqual({ ok: true, value: true });
  expect(await openPort().identify(false, SIGNAL)).toEqual({ ok: true, value: true });
  expect((await simulator.told()).slice(before)).toEqual(["identify 255 0", "identify 0 1", "identify 0 0"]);
  expect(await readdir(scratchDir)).toEqual([]);
}, 120_000);

test("openIpmi gives no tool the password as an argument", () => {
  expect(argvs.length).toBe(17);
  const words = argvs.flat();
  expect(words.filter((word) => word.includes(PASSWORD) || word === "wrong")).toEqual([]);
  expect(words).not.toContain("-P");
});
