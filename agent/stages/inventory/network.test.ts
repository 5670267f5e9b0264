import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import type { NicSeen } from "../../probes/sysfs/parse.ts";
import { NicFacts } from "../../wire/hardware/network.ts";
import { assembleNics } from "./network.ts";
import type { ProbeFacts } from "./probes.ts";

type Sources = Partial<Pick<ProbeFacts, "ethtool" | "lshw" | "lldp">>;
const MAC = "24:6e:96:a1:5c:30";

const nicsOf = (nics: readonly NicSeen[], sources: Sources = {}, bootMac: string | null = null) => {
  const facts = { ethtool: undefined, lshw: undefined, lldp: undefined, ...sources };
  const pci = [
    { address: "0000:01:00.0", vendor: "Intel Corporation", device: "I350", slot: "PCIe Slot 3" },
    { address: "0000:01:00.1", vendor: "Intel Corporation", device: "I350", slot: "PCIe Slot 3" },
  ];
  const found = assembleNics({ sysfs: { nics, visibleBytes: undefined }, ...facts }, pci, bootMac);
  for (const nic of found) expect(v.parse(NicFacts, nic)).toEqual(nic);
  return found;
};
const seen = (name: string, fields: Partial<NicSeen> = {}): NicSeen => ({ name, ...fields });

describe("assembleNics", () => {
  test("names a card by its PCI function, with slot and port", () => {
    expect(nicsOf([seen("eth1", { bus: "pci", pciAddress: "0000:01:00.1", driver: "igb", devPort: 0 })])).toEqual([
      {
        name: "eth1",
        vendor: "Intel Corporation",
        model: "I350",
        driver: "igb",
        bus: "pci",
        pciAddress: "0000:01:00.1",
        slot: "PCIe Slot 3",
        port: 1,
        boot: false,
      },
    ]);
  });

  test("the port is the driver's word, the place in a shared function, or the function", () => {
    const ports = (...nics: readonly NicSeen[]) => nicsOf(nics).map((nic) => nic.port);
    const at = (name: string, fields: Partial<NicSeen>) => seen(name, { pciAddress: "0000:01:00.1", ...fields });
    expect(ports(at("a", { namedPort: 3, devPort: 0 }))).toEqual([3]);
    expect(ports(at("a", { devPort: 0 }), at("b", { devPort: 1 }))).toEqual([0, 1]);
    expect(ports(at("b", { devPort: 2 }))).toEqual([2]);
    expect(ports(at("a", { devPort: 0 }))).toEqual([1]);
    expect(ports(at("v", { virtualFunction: true }))).toEqual([undefined]);
    expect(ports(seen("usb0", { bus: "usb" }))).toEqual([undefined]);
  });

  test("ethtool fills what sysfs leaves open, and lshw what ethtool does", () => {
    const lshw = {
      system: {},
      nics: [{ name: "eth0", firmware: "old", maxSpeedMbps: 1000, vendor: "Acme", model: "E1" }],
    };
    const port = {
      firmware: "9.20",
      linkUp: true,
      speedMbps: 25_000,
      maxSpeedMbps: 25_000,
      duplex: "full",
      medium: "FIBRE",
    };
    expect(nicsOf([seen("eth0", { speedMbps: 10_000 })], { lshw, ethtool: { eth0: port } })[0]).toEqual({
      name: "eth0",
      vendor: "Acme",
      model: "E1",
      firmware: "9.20",
      linkUp: true,
      speedMbps: 10_000,
      maxSpeedMbps: 25_000,
      duplex: "full",
      medium: "FIBRE",
      boot: false,
    });
    expect(nicsOf([seen("eth0")], { lshw })[0]).toMatchObject({ firmware: "old", maxSpeedMbps: 1000 });
  });

  test("a virtual NIC beside its PCI function is found by its driver's word; one on USB never is", () => {
    const ethtool = { eth0: { busAddress: "0000:01:00.0" } };
    expect(nicsOf([seen("eth0", { bus: "virtio" })], { ethtool })[0]).toMatchObject({ slot: "PCIe Slot 3", port: 0 });
    expect(nicsOf([seen("eth0", { bus: "usb" })], { ethtool })[0]).toEqual({ name: "eth0", bus: "usb", boot: false });
    expect(nicsOf([seen("eth0")], { ethtool: { eth0: { busAddress: "usb-0000:00:14.0-5" } } })[0]).toEqual({
      name: "eth0",
      boot: false,
    });
  });

  test("the one that booted is known by the address in use and by the one burnt in", () => {
    const bonded = seen("eth0", { mac: "02:00:00:00:00:01", currentMac: "02:00:00:00:00:09" });
    const booted = (bootMac: string | null, sources?: Sources) => nicsOf([bonded], sources, bootMac)[0]?.boot;
    const ethtool = { eth0: { permanentMac: MAC } };
    expect([
      booted(null),
      booted("02:00:00:00:00:01"),
      booted("02:00:00:00:00:09"),
      booted(MAC.toUpperCase(), { ethtool }),
      booted(MAC),
    ]).toEqual([false, true, true, true, false]);
    expect(nicsOf([seen("eth0")], {}, null)[0]?.boot).toBe(false);
    expect(nicsOf([bonded], { ethtool })[0]?.mac).toBe(MAC);
  });

  test("the neighbour is the switch that is heard first on the interface", () => {
    const lldp = [
      { interface: "eth1", bridge: true, system: "leaf-b" },
      { interface: "eth0", bridge: true, system: "leaf-a", portId: "7" },
      { interface: "eth0", bridge: false, system: "another server" },
    ];
    expect(nicsOf([seen("eth0"), seen("eth2")], { lldp }).map((nic) => nic.neighbour)).toEqual([
      { system: "leaf-a", portId: "7" },
      undefined,
    ]);
  });

  test("without sysfs there is no interface", () => {
    expect(assembleNics({ sysfs: undefined, ethtool: {}, lshw: undefined, lldp: undefined }, [], null)).toEqual([]);
  });
});
