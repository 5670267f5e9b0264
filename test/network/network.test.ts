/** Network, agent and box together, with the real iperf3 over cables that are in order, slow, or lossy. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { resolveLimits } from "../../agent/stages/limits.ts";
import type { NetworkFacts } from "../../agent/stages/network/facts.ts";
import { NETWORK_LIMITS } from "../../agent/stages/network/limits.ts";
import { network } from "../../agent/stages/network/spec.ts";
import type { LinkGrant } from "../../agent/wire/order.ts";
import { until } from "../rack/until.ts";
import { needPackages } from "../setup/packages.ts";
import { type Lab, type LabHost, openLab, shortOrder } from "./lab.ts";

setDefaultTimeout(120_000);

let lab: Lab;
let host: LabHost;
beforeAll(async () => {
  await needPackages(["iperf3", "iproute2", "ethtool", "nftables", "util-linux"]);
  lab = await openLab(`n${process.pid}`);
  host = await lab.attach("h1", "10.77.0.51/24");
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

/** A cable of namespaces does 10 Gb/s by its own word and what the machine has left in truth, so the floor is given. */
const FLOOR = resolveLimits(NETWORK_LIMITS, "quick", { floorMbps: 150 });

const verdicts = (facts: NetworkFacts | undefined, code: string): readonly string[] =>
  facts === undefined
    ? []
    : network
        .judge(facts, FLOOR)
        .filter((check) => check.code === code)
        .map(({ verdict }) => verdict);

const only = (grants: readonly LinkGrant[]): LinkGrant => {
  const grant = grants.at(-1);
  if (grant === undefined) throw new Error("no grant");
  return grant;
};

const onSwitch = (command: string, stdin?: string) => lab.segment.switch.run(command.split(" "), stdin);

test("a cable in order: both ways above the floor, by this very port, and nothing lost", async () => {
  await using box = await lab.openBox("healthy");
  const grant = only(box.grants);
  expect(grant).toEqual({ kind: "link", address: "10.77.0.1", port: 5201, boxMbps: 10_000 });
  const { facts } = await lab.openAgent(host, shortOrder(host.mac), grant).answer;
  expect(facts?.ports).toMatchObject([
    { mac: host.mac, name: "rack0", linkUp: true, mbps: 10_000, duplex: "full", address: "10.77.0.51" },
  ]);
  expect(facts?.ports[0]?.measurements.map(({ direction, tries, trouble }) => [direction, tries, trouble])).toEqual([
    ["to", 1, undefined],
    ["from", 1, undefined],
  ]);
  expect([verdicts(facts, "network.throughput"), verdicts(facts, "network.link-flaps")]).toEqual([
    ["PASS", "PASS"],
    ["PASS"],
  ]);
  expect(verdicts(facts, "network.errors")).toEqual(["PASS"]);
  await box[Symbol.asyncDispose]();
  expect(await lab.iperfs(lab.segment.box)).toEqual([]);
});

test("a cable that is slow one way fails that way alone", async () => {
  await using box = await lab.openBox("slow");
  const grant = only(box.grants);
  await host.namespace.run("tc qdisc add dev rack0 root tbf rate 50mbit burst 64kb latency 50ms".split(" "));
  // Long enough that what lay in a busy receiver's buffer when the warm-up ended, a megabyte once, counts for little.
  const { facts } = await lab.openAgent(host, shortOrder(host.mac, { loadS: 10 }), grant).answer;
  await host.namespace.run("tc qdisc del dev rack0 root".split(" "));
  expect(verdicts(facts, "network.throughput")).toEqual(["FAIL", "PASS"]);
  const [to] = facts?.ports[0]?.measurements ?? [];
  expect(to?.mbps).toBeGreaterThan(30);
  expect(to?.mbps).toBeLessThan(51); // the shaper's rate, less what headers take of it
});

test("a cable that loses frames is found by what had to be sent again", async () => {
  await using box = await lab.openBox("lossy");
  const grant = only(box.grants);
  const rule = `oifname "${host.switchPort}" numgen random mod 100 < 4 drop`;
  const table = `table bridge lab { chain forward { type filter hook forward priority 0; ${rule}; }; }`;
  expect(await onSwitch("nft -f -", table)).toMatchObject({ exitCode: 0 });
  const { facts } = await lab.openAgent(host, shortOrder(host.mac), grant).answer;
  await onSwitch("nft delete table bridge lab");
  expect(verdicts(facts, "network.retransmits")).toEqual(["WARN"]);
});

test("a server that nobody started is asked for its time, and is an error, never a pass", async () => {
  const grant = { kind: "link" as const, address: "10.77.0.1", port: 5299 };
  const { facts } = await lab.openAgent(host, shortOrder(host.mac, { retryS: 1 }), grant).answer;
  const [to, from] = facts?.ports[0]?.measurements ?? [];
  expect([to?.trouble, from?.trouble]).toEqual(["refused", "refused"]);
  expect(to?.tries).toBeGreaterThan(1);
  expect(from?.tries).toBe(1); // patience is one for all
  expect(verdicts(facts, "network.throughput")).toEqual(["ERROR", "ERROR"]);
});

test("an address that nobody has is unreachable", async () => {
  const grant = { kind: "link" as const, address: "10.77.0.250", port: 5201 };
  const { facts } = await lab.openAgent(host, shortOrder(host.mac, { retryS: 1 }), grant).answer;
  expect(facts?.ports[0]?.measurements.map(({ trouble }) => trouble)).toEqual(["unreachable", "unreachable"]);
});

test("without a grant nothing is measured, and that is an error", async () => {
  const { facts } = await lab.openAgent(host, shortOrder(host.mac), null).answer;
  expect([facts?.box, verdicts(facts, "network.throughput")]).toEqual([null, ["ERROR"]]);
});

test("a port that is gone fails, and the others are measured", async () => {
  await using box = await lab.openBox("gone");
  const grant = only(box.grants);
  const order = shortOrder(host.mac, { loadS: 1 });
  const ports = [{ mac: "52:54:00:ff:ff:ff", boot: false, linkUp: true }, ...order.ports];
  const { facts } = await lab.openAgent(host, { ...order, ports }, grant).answer;
  expect(verdicts(facts, "network.link")).toEqual(["FAIL", "PASS"]);
  expect(verdicts(facts, "network.throughput")).toEqual(["SKIPPED", "PASS", "PASS"]);
});

/** The processes of a measurement that is under way. */
const underWay = async (): Promise<readonly number[]> => {
  const busy = async () => {
    const { stdout } = await lab.segment.box.run(["ss", "-Htn", "state", "established", "sport", ">=", ":5201"]);
    const servers = await lab.iperfs(lab.segment.box);
    // The control connection, and the stream.
    return stdout.trim().split("\n").length >= 2 && servers.length > 0 ? servers : null;
  };
  return until("a measurement is under way", busy, 20_000);
};

test("a server that dies midway is started again, and the measurement is repeated", async () => {
  await using box = await lab.openBox("dies");
  const grant = only(box.grants);
  const agent = lab.openAgent(host, shortOrder(host.mac, { loadS: 4 }), grant);
  for (const pid of await underWay()) process.kill(pid, "SIGKILL");
  const { facts } = await agent.answer;
  expect(facts?.ports[0]?.measurements.map(({ trouble, tries }) => [trouble, tries > 1])).toEqual([
    [undefined, true],
    [undefined, false],
  ]);
  expect(verdicts(facts, "network.throughput")).toEqual(["PASS", "PASS"]);
});

test("a box that is killed midway finds its leftovers, and its agent finds the server where it was", async () => {
  await using box = await lab.openBox("first", "second");
  const grant = only(box.grants);
  expect(grant.port).toBe(5202);
  const agent = lab.openAgent(host, shortOrder(host.mac, { loadS: 4, retryS: 30 }), grant);
  await underWay();
  await box.kill9();
  // The first run has ended meanwhile: without the files of before, the second would get its port.
  await using again = await lab.openBox("second");
  expect(only(again.grants).port).toBe(5202);
  const { facts } = await agent.answer;
  expect(verdicts(facts, "network.throughput")).toEqual(["PASS", "PASS"]);
  await again[Symbol.asyncDispose]();
  expect(await lab.iperfs(lab.segment.box)).toEqual([]);
});

test("a cancelled measurement is dead at both ends", async () => {
  await using box = await lab.openBox("cancel");
  const grant = only(box.grants);
  const agent = lab.openAgent(host, shortOrder(host.mac, { loadS: 60 }), grant);
  await underWay();
  agent.cancel();
  const { letGoMs } = await agent.answer;
  expect(letGoMs).toBeLessThan(1_000);
  expect(await lab.iperfs(host.namespace)).toEqual([]);
  await box[Symbol.asyncDispose]();
  expect(await lab.iperfs(lab.segment.box)).toEqual([]);
});
