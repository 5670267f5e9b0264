import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import { NicFacts } from "../../wire/hardware/network.ts";
import { type NicAttributes, parseMemTotal, parseNic } from "./parse.ts";

const NOTHING: NicAttributes = {
  name: "eno1",
  address: null,
  bondedAddress: null,
  devicePath: null,
  driverPath: null,
  busPath: null,
  physicalFunctionPath: null,
  operstate: null,
  speed: null,
  duplex: null,
  devPort: null,
  physPortName: null,
  usbManufacturer: null,
  usbProduct: null,
};
const nic = (fields: Partial<NicAttributes>): NicAttributes => ({ ...NOTHING, ...fields });
const MAC = "24:6e:96:a1:5c:30";

describe("parseNic", () => {
  test("reads an interface that is up", () => {
    const attributes = nic({
      address: MAC,
      devicePath: "/sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0",
      driverPath: "/sys/bus/pci/drivers/tg3",
      busPath: "/sys/bus/pci",
      operstate: "up",
      speed: "1000",
      duplex: "full",
      devPort: "0",
      physPortName: "p1",
    });
    expect(parseNic(attributes)).toEqual({
      name: "eno1",
      mac: MAC,
      currentMac: MAC,
      driver: "tg3",
      bus: "pci",
      pciAddress: "0000:01:00.0",
      linkUp: true,
      speedMbps: 1000,
      duplex: "full",
      namedPort: 1,
      devPort: 0,
    });
  });

  test("an interface that is down has no speed and no duplex", () => {
    const down = { name: "eno1", mac: MAC, currentMac: MAC, linkUp: false };
    expect(parseNic(nic({ address: MAC, operstate: "down", speed: "-1", duplex: "unknown" }))).toEqual(down);
    expect(parseNic(nic({ address: MAC, operstate: "down", speed: "4294967295" }))).toEqual(down);
  });

  test("a bonded interface keeps the address that is burnt in", () => {
    expect(parseNic(nic({ address: "02:00:00:00:00:09", bondedAddress: MAC.toUpperCase() }))).toEqual({
      name: "eno1",
      mac: MAC,
      currentMac: "02:00:00:00:00:09",
    });
  });

  test("a virtio interface has the address of the function above it, one on USB none", () => {
    expect(parseNic(nic({ devicePath: "/sys/devices/pci0000:00/0000:00:03.0/virtio0" })).pciAddress).toBe(
      "0000:00:03.0",
    );
    expect(parseNic(nic({ devicePath: "/sys/devices/platform/soc" }))).not.toHaveProperty("pciAddress");
  });

  test("a BMC's interface on USB says so, and what it calls itself", () => {
    const attributes = nic({
      busPath: "/sys/bus/usb",
      devicePath: "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-14/1-14.3/1-14.3:1.0",
      usbManufacturer: "Dell(TM)",
      usbProduct: "iDRAC Virtual NIC USB Device",
    });
    expect(parseNic(attributes)).toEqual({
      name: "eno1",
      bus: "usb",
      vendor: "Dell(TM)",
      model: "iDRAC Virtual NIC USB Device",
    });
  });

  test("a share of another function says so", () => {
    const physicalFunctionPath = "/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0";
    expect(parseNic(nic({ physicalFunctionPath }))).toEqual({ name: "eno1", virtualFunction: true });
  });

  test("no MAC boots nothing, all zeros least of all", () => {
    expect(parseNic(nic({ address: "00:00:00:00:00:00" }))).toEqual({ name: "eno1" });
  });

  test("property: any attributes yield facts that fit the wire", () => {
    const value = fc.oneof(fc.constant(null), fc.string({ unit: "binary", maxLength: 300 }));
    const keys = Object.keys(NOTHING).filter((key) => key !== "name");
    const any = fc.record(Object.fromEntries(keys.map((key) => [key, value])));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), any, (name, fields) => {
        const { currentMac: _mac, namedPort: _named, devPort: _port, ...facts } = parseNic(nic({ ...fields, name }));
        v.parse(NicFacts, { ...facts, boot: false });
      }),
    );
  });
});

describe("parseMemTotal", () => {
  test("reads kB as bytes, wherever the line stands", () => {
    expect(parseMemTotal("MemFree: 1 kB\nMemTotal:       65705412 kB\n")).toBe(65705412 * 1024);
    expect(parseMemTotal("MemTotal: many")).toBeUndefined();
  });
});
