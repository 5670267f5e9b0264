/** Two hosts under test that measure each other: two agents in namespaces of their own, with the grants that the box gives a pair. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { resolveLimits } from "../../agent/stages/limits.ts";
import type { NetworkFacts } from "../../agent/stages/network/facts.ts";
import { NETWORK_LIMITS } from "../../agent/stages/network/limits.ts";
import { network } from "../../agent/stages/network/spec.ts";
import type { LinkGrant } from "../../agent/wire/order.ts";
import { needPackages } from "../setup/packages.ts";
import { type Lab, type LabBox, type LabHost, openLab, shortOrder } from "./lab.ts";

setDefaultTimeout(120_000);

let lab: Lab;
let one: LabHost;
let other: LabHost;
let box: LabBox;
beforeAll(async () => {
  await needPackages(["iperf3", "iproute2", "ethtool", "util-linux"]);
  lab = await openLab(`p${process.pid}`);
  [one, other] = [await lab.attach("h1", "10.77.0.51/24"), await lab.attach("h2", "10.77.0.52/24")];
  box = await lab.openBox("one", "other");
});
afterAll(async () => {
  await box?.[Symbol.asyncDispose]();
  await lab?.[Symbol.asyncDispose]();
});

/** A floor that a busy machine's namespaces reach: 2 % of what their ports say of themselves. */
const LIMITS = resolveLimits(NETWORK_LIMITS, "standard", { floorMbps: 150, floorPercent: 2 });

const verdicts = (facts: NetworkFacts | undefined, code: string) =>
  facts === undefined
    ? []
    : network
        .judge(facts, LIMITS)
        .filter((check) => check.code === code)
        .map(({ verdict }) => verdict);

/** What the box gives each of a pair. Its own link is slower than the ports by the grant's word. */
const pairGrants = (waitS: number): readonly [LinkGrant, LinkGrant] => {
  const grant = (at: number, host: LabHost, hostName: string, role: "listens" | "calls"): LinkGrant => {
    const [own, partner] = role === "listens" ? [1, 2] : [2, 1];
    const given = box.grants[at];
    if (given === undefined) throw new Error("no grant");
    const link = { ownMac: host.mac, ownAddress: `198.18.7.${own}/30`, address: `198.18.7.${partner}`, mbps: 10_000 };
    return { ...given, boxMbps: 1_000, peer: { hostName, port: 5201, role, waitS, links: [link] } };
  };
  return [grant(0, one, "other", "listens"), grant(1, other, "one", "calls")];
};

const addressesOf = async ({ namespace }: LabHost) =>
  (await namespace.run(["ip", "-4", "-o", "address", "show", "dev", "rack0"])).stdout;

test("both measure each other both ways, each in its turn with the box, and keep no address", async () => {
  const [listens, calls] = pairGrants(40);
  const first = lab.openAgent(one, shortOrder(one.mac, { pairWaitS: 900 }), listens);
  const second = lab.openAgent(other, shortOrder(other.mac, { pairWaitS: 900 }), calls);
  const [{ facts: ofFirst }, { facts: ofSecond }] = await Promise.all([first.answer, second.answer]);
  const measured = (facts: NetworkFacts | undefined) =>
    facts?.ports[0]?.measurements.map((one) => [one.with, one.direction, one.trouble]);
  expect(measured(ofFirst)).toEqual([
    ["peer", "from", undefined],
    ["peer", "to", undefined],
    ["box", "to", undefined],
    ["box", "from", undefined],
  ]);
  expect(measured(ofSecond)).toEqual([
    ["box", "to", undefined],
    ["box", "from", undefined],
    ["peer", "to", undefined],
    ["peer", "from", undefined],
  ]);
  for (const facts of [ofFirst, ofSecond]) {
    expect(verdicts(facts, "network.full-speed")).toEqual(["PASS", "PASS"]);
    expect(verdicts(facts, "network.throughput")).toEqual(["PASS", "PASS"]);
  }
  // What one sent is what the other one took.
  const figure = (facts: NetworkFacts | undefined, direction: "to" | "from") =>
    facts?.ports[0]?.measurements.find((one) => one.with === "peer" && one.direction === direction)?.mbps ?? 0;
  expect(figure(ofFirst, "from") / figure(ofSecond, "to")).toBeCloseTo(1, 1);
  expect(figure(ofFirst, "to") / figure(ofSecond, "from")).toBeCloseTo(1, 1);
  expect([await addressesOf(one), await addressesOf(other)].join().includes("198.18.")).toBe(false);
});

test("a bad cable of one of them is seen by both", async () => {
  await other.namespace.run("tc qdisc add dev rack0 root tbf rate 50mbit burst 64kb latency 50ms".split(" "));
  const [listens, calls] = pairGrants(40);
  const first = lab.openAgent(one, shortOrder(one.mac), listens);
  const second = lab.openAgent(other, shortOrder(other.mac), calls);
  const [{ facts: ofFirst }, { facts: ofSecond }] = await Promise.all([first.answer, second.answer]);
  await other.namespace.run("tc qdisc del dev rack0 root".split(" "));
  expect(verdicts(ofFirst, "network.full-speed")).toEqual(["PASS", "FAIL"]);
  expect(verdicts(ofSecond, "network.full-speed")).toEqual(["FAIL", "PASS"]);
  const [, failed] = network.judge(ofFirst as NetworkFacts, LIMITS).filter(({ code }) => code === "network.full-speed");
  expect(failed?.message).toContain("other has a check of its own");
});

test("a partner that never comes costs its time once, and the box is measured all the same", async () => {
  for (const [at, host] of [one, other].entries()) {
    const grant = pairGrants(3)[at];
    if (grant === undefined) throw new Error("no grant");
    const { facts } = await lab.openAgent(host, shortOrder(host.mac, { loadS: 1 }), grant).answer;
    expect(verdicts(facts, "network.full-speed")).toEqual(["ERROR", "ERROR"]);
    expect(verdicts(facts, "network.throughput")).toEqual(["PASS", "PASS"]);
  }
  expect([await addressesOf(one), await addressesOf(other)].join().includes("198.18.")).toBe(false);
});

test("a pair that is cancelled is dead at both ends", async () => {
  const [listens, calls] = pairGrants(40);
  const first = lab.openAgent(one, shortOrder(one.mac, { loadS: 60 }), listens);
  await first.says("measures with other");
  first.cancel();
  expect((await first.answer).letGoMs).toBeLessThan(1_500);
  const second = lab.openAgent(other, shortOrder(other.mac, { loadS: 60 }), { ...calls });
  await second.says("measures to the box");
  second.cancel();
  expect((await second.answer).letGoMs).toBeLessThan(1_500);
  expect([await lab.iperfs(one.namespace), await lab.iperfs(other.namespace)]).toEqual([[], []]);
  expect(await addressesOf(one)).not.toContain("198.18.");
});
