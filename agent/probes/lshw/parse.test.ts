import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseLshw } from "./parse.ts";

const factsOf = (text: string) => {
  const parsed = parseLshw(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};
const NIC = {
  id: "network:0",
  class: "network",
  claimed: true,
  product: "Ethernet Controller X710 for 10GbE SFP+",
  vendor: "Intel Corporation",
  businfo: "pci@0000:3b:00.0",
  logicalname: "ens1f0",
  serial: "3c:fd:fe:a1:00:10",
  capacity: 10_000_000_000,
  configuration: { driver: "i40e", firmware: "9.20 0x8000d87b 22.0.9", link: "yes" },
};
const ENS1F0 = {
  name: "ens1f0",
  vendor: "Intel Corporation",
  model: "Ethernet Controller X710 for 10GbE SFP+",
  firmware: "9.20 0x8000d87b 22.0.9",
  maxSpeedMbps: 10_000,
};
const machine = (system: object, ...children: readonly object[]) => ({
  id: "host",
  class: "system",
  ...system,
  children: [{ id: "core", class: "bus", children: [{ id: "pci", class: "bridge", children }] }],
});

describe("parseLshw", () => {
  test("reads a machine with its interfaces, also as the only one of a list", () => {
    const system = { vendor: "HPE", product: "ProLiant DL360 Gen10 (867959-B21)", serial: "CZJ12345AB" };
    const printed = machine({ ...system, configuration: { sku: "867959-B21" } }, NIC);
    for (const text of [JSON.stringify(printed, null, 2), JSON.stringify([printed])])
      expect(factsOf(text)).toEqual({
        system: { manufacturer: "HPE", product: "ProLiant DL360 Gen10", serial: "CZJ12345AB" },
        nics: [ENS1F0],
      });
  });

  test("reads a board that has a device tree and no SMBIOS", () => {
    const text = JSON.stringify(machine({ product: "Raspberry Pi 4 Model B Rev 1.4", serial: "10000000a3c5d7e9" }));
    expect(factsOf(text)).toEqual({
      system: { product: "Raspberry Pi 4 Model B Rev 1.4", serial: "10000000a3c5d7e9" },
      nics: [],
    });
  });

  test("reads objects behind each other, with a comma after the last, as old versions print a class", () => {
    const other = { ...NIC, id: "network:1", logicalname: "ens1f1" };
    const text = `${JSON.stringify(NIC, null, 2)},\n${JSON.stringify(other)},\n\n`;
    expect(factsOf(text)).toEqual({ system: {}, nics: [ENS1F0, { ...ENS1F0, name: "ens1f1" }] });
  });

  test("reads what firmware put into a string without care, and commas that are missing", () => {
    const text = `{"id":"host","class":"system","vendor":"Acme\tInc.\u0007","serial":"To be filled by O.E.M."
      "children":[{"id":"n","class":"network","logicalname":["eth0","eth1"],},]}`;
    expect(factsOf(text)).toEqual({
      system: { manufacturer: "Acme Inc." },
      nics: [{ name: "eth0" }, { name: "eth1" }],
    });
  });

  test("a virtual interface takes its names from the function above; a speed may be text", () => {
    const virtual = { id: "virtio2", class: "network", logicalname: "eth0", capacity: "1000000000" };
    const above = { id: "network", class: "network", vendor: "Red Hat, Inc.", product: "Virtio network device" };
    expect(factsOf(JSON.stringify(machine({}, { ...above, children: [virtual] }))).nics).toEqual([
      { name: "eth0", vendor: "Red Hat, Inc.", model: "Virtio network device", maxSpeedMbps: 1000 },
    ]);
  });

  test("interfaces stand in the order of the text", () => {
    const nics = ["c", "a", "b"].map((name) => ({ ...NIC, logicalname: name }));
    expect(factsOf(JSON.stringify(machine({}, ...nics))).nics.map((nic) => nic.name)).toEqual(["c", "a", "b"]);
  });

  test("what is no output of lshw says where and why", () => {
    expect([parseLshw(""), parseLshw('{"blockdevices":[]}'), parseLshw('[\n{"id":"h",\n')]).toEqual([
      { ok: false, place: "line 1", reason: "There is no JSON." },
      { ok: false, place: "line 1", reason: "No component of lshw -json." },
      { ok: false, place: "line 3, column 1", reason: "The JSON ends too early." },
    ]);
  });

  test("property: any values in any place are read, as labels that hold no control character", () => {
    const any = fc.jsonValue();
    const keys = ["vendor", "product", "serial", "version", "logicalname", "capacity", "configuration", "children"];
    const component = fc.record(Object.fromEntries(keys.map((key) => [key, any])));
    fc.assert(
      fc.property(component, component, (system, nic) => {
        const text = JSON.stringify([
          { id: "h", class: "system", ...system },
          { id: "n", class: "network", ...nic },
        ]);
        expect(JSON.stringify(factsOf(text))).not.toMatch(/\\u00[01]/);
      }),
    );
  });
});
