import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import { NeighbourFacts } from "../../wire/hardware/network.ts";
import { parseLldp } from "./parse.ts";

const value = (text: string) => [{ value: text }];
const entry = (name: string, chassis: object, port: object = {}, more: object = {}) => ({
  name,
  via: "LLDP",
  rid: "1",
  age: "0 day, 00:00:02",
  chassis: [chassis],
  port: [port],
  ...more,
});
const printed = (...entries: readonly object[]) => JSON.stringify({ lldp: [{ interface: entries }] }, null, 2);
const neighboursOf = (text: string) => {
  const parsed = parseLldp(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.facts;
};
const SWITCH = {
  id: [{ type: "mac", value: "aa:bb:cc:00:00:01" }],
  name: value("leaf-a1"),
  descr: value("switch OS"),
  capability: [
    { type: "Bridge", enabled: true },
    { type: "Router", enabled: false },
  ],
};
const SERVER = {
  id: [{ type: "mac", value: "aa:bb:cc:00:00:02" }],
  capability: [
    { type: "Bridge", enabled: false },
    { type: "Station", enabled: true },
  ],
};

describe("parseLldp", () => {
  test("reads switch, port and VLAN; of several VLANs the untagged one", () => {
    const port = { id: [{ type: "ifname", value: "Ethernet1/7" }], descr: value("rack 7 unit 12"), ttl: value("120") };
    const vlan = [
      { "vlan-id": "20", pvid: false, value: "storage" },
      { "vlan-id": "10", pvid: true, value: "servers" },
    ];
    expect(neighboursOf(printed(entry("eno1", SWITCH, port, { vlan })))).toEqual([
      {
        interface: "eno1",
        bridge: true,
        system: "leaf-a1",
        chassisId: "aa:bb:cc:00:00:01",
        portId: "Ethernet1/7",
        portDescription: "rack 7 unit 12",
        vlanId: 10,
      },
    ]);
  });

  test("a switch comes before a server that is heard on the same interface", () => {
    const heard = neighboursOf(printed(entry("eno1", SERVER), entry("eno1", SWITCH)));
    expect(heard.map((one) => [one.chassisId, one.bridge])).toEqual([
      ["aa:bb:cc:00:00:01", true],
      ["aa:bb:cc:00:00:02", false],
    ]);
  });

  test("nobody heard is an answer", () => {
    for (const text of ['{"lldp":[{}]}', '{\n "lldp": [\n {\n }\n ]\n}\n', '{"lldp":[]}', '{"lldp":{}}'])
      expect(parseLldp(text)).toEqual({ ok: true, facts: [] });
  });

  test("a neighbour that says nothing is still one; an entry without an interface is none", () => {
    expect(neighboursOf(printed({ name: "eno1" }, { via: "LLDP" }, { name: 7 }))).toEqual([
      { interface: "eno1", bridge: false },
    ]);
  });

  test("the layout of -f json is another one, and no silence", () => {
    expect(parseLldp('{"lldp":{"interface":{"eno1":{"via":"LLDP"}}}}')).toEqual({
      ok: false,
      place: "line 1",
      reason: "Not the layout of lldpcli -f json0.",
    });
  });

  test("what is no output of lldpcli says where and why", () => {
    expect([parseLldp("2026-11-21T06:40:23 [WARN/control]"), parseLldp("[]"), parseLldp('{"lldp":[{')]).toEqual([
      { ok: false, place: "line 1, column 1", reason: "This is no JSON." },
      { ok: false, place: "line 1", reason: "No list of lldpcli -f json0." },
      { ok: false, place: "line 1, column 11", reason: "The JSON ends too early." },
    ]);
  });

  test("property: any JSON in any place is read, and fits the wire", () => {
    const any = fc.jsonValue();
    const hostile = fc.record({ name: fc.constant("eno1"), chassis: any, port: any, vlan: any });
    fc.assert(
      fc.property(any, hostile, fc.string({ unit: "binary" }), (json, raw, text) => {
        parseLldp(JSON.stringify({ lldp: json }));
        const odd = entry(
          "eno1",
          { name: value(text), id: value(text) },
          { id: value(text) },
          { vlan: [{ "vlan-id": text }] },
        );
        for (const { interface: _name, bridge: _bridge, ...facts } of neighboursOf(printed(raw, odd)))
          v.parse(NeighbourFacts, facts);
      }),
    );
  });
});
