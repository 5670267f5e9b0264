import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { resolveLimits } from "../limits.ts";
import type { NetworkFacts } from "./facts.ts";
import { CASES } from "./fixtures/cases.ts";
import { NETWORK_LIMITS } from "./limits.ts";
import { network } from "./spec.ts";

const QUICK = resolveLimits(NETWORK_LIMITS, "quick");
const factsOf = (name: string): NetworkFacts => {
  const found = CASES.find((one) => one.name.startsWith(name));
  if (found === undefined) throw new Error(`no case ${name}`);
  return found.facts as NetworkFacts;
};
const messages = (facts: NetworkFacts, code: string) =>
  network
    .judge(facts, QUICK)
    .filter((check) => check.code === code)
    .map(({ verdict, message, measured, limit }) => [verdict, message, measured, limit]);

describe("the rules of Network", () => {
  test("throughput names direction, figure and limit", () => {
    expect(messages(factsOf("a gigabit link in order"), "network.throughput")).toEqual([
      ["PASS", "941 Mb/s from this host to the box.", "941 Mb/s", "at least 800 Mb/s"],
      ["PASS", "941 Mb/s from the box to this host.", "941 Mb/s", "at least 800 Mb/s"],
    ]);
  });

  test("what was not measured says why, how often it was tried, and has no figure", () => {
    expect(messages(factsOf("a box that does not answer"), "network.throughput")).toEqual([
      [
        "ERROR",
        "Sending from this host to the box: Nobody listened at the other end, 30 times: unable to connect to server: Connection refused.",
        undefined,
        undefined,
      ],
      [
        "ERROR",
        "Sending from the box to this host: The other end was busy with another measurement, 30 times: the server is busy running a test. try again later.",
        undefined,
        undefined,
      ],
    ]);
  });

  test("a slow pair names the partner, who has a check of its own", () => {
    expect(messages(factsOf("a fast port with a partner: slow"), "network.full-speed")[0]).toEqual([
      "FAIL",
      "11000 Mb/s from this host to its partner r07-u14, too little for two ports of 25000 Mb/s. Either end may be at fault; r07-u14 has a check of its own.",
      "11000 Mb/s",
      "at least 20000 Mb/s",
    ]);
  });

  test("of several rounds the worst counts", () => {
    const facts = factsOf("a gigabit link in order");
    const [port] = facts.ports;
    if (port === undefined) throw new Error("no port");
    const slow = {
      ...port.measurements[0],
      with: "box" as const,
      direction: "to" as const,
      mbps: 640,
      tries: 1,
      streams: 1,
    };
    const twice = { ...facts, rounds: 2, ports: [{ ...port, measurements: [...port.measurements, slow] }] };
    expect(messages(twice, "network.throughput").map(([verdict, , measured]) => [verdict, measured])).toEqual([
      ["FAIL", "640 Mb/s"],
      ["PASS", "941 Mb/s"],
    ]);
  });

  test("the floor follows the slower of both links", () => {
    const facts = factsOf("a gigabit link in order");
    const limitAt = (box: number) =>
      messages({ ...facts, box: { address: "10.77.0.1", port: 1, mbps: box } }, "network.throughput")[0]?.[3];
    expect([limitAt(100), limitAt(1_000), limitAt(10_000)]).toEqual([
      "at least 80 Mb/s",
      "at least 800 Mb/s",
      "at least 800 Mb/s",
    ]);
  });

  test("property: nothing that has trouble, and nothing that is missing, ever passes", () => {
    const trouble = fc.constantFrom("refused", "unreachable", "busy", "lost", "no-partner", "tool");
    const base = factsOf("a gigabit link in order");
    fc.assert(
      fc.property(fc.array(fc.option(trouble), { maxLength: 4 }), fc.option(fc.nat(30_000)), (troubles, boxMbps) => {
        const measurements = troubles.map((one) => ({
          ...{ with: "box" as const, direction: "to" as const, tries: 1, streams: 1 },
          ...(one === null ? { mbps: 941 } : { trouble: one }),
        }));
        const ports = base.ports.map((port) => ({ ...port, measurements }));
        const box = { address: "10.77.0.1", port: 5201, ...(boxMbps === null ? {} : { mbps: boxMbps }) };
        const found = network
          .judge({ ...base, ports, box } as NetworkFacts, QUICK)
          .filter(({ code }) => code === "network.throughput");
        expect(found).toHaveLength(2);
        const clean = troubles.length > 0 && troubles.every((one) => one === null) && boxMbps !== null;
        expect(found.map(({ verdict }) => verdict === "PASS")).toEqual([clean, false]);
      }),
    );
  });
});
