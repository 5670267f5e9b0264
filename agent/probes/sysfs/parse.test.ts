import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import { NicFacts } from "../../wire/hardware/network.ts";
import { type NicAttributes, parseCpuinfo, parseMemTotal, parseNic } from "./parse.ts";

const nic = (fields: Partial<NicAttributes>): NicAttributes => ({
  name: "eno1",
  address: null,
  devicePath: null,
  driverPath: null,
  operstate: null,
  speed: null,
  duplex: null,
  ...fields,
});
const MAC = "24:6e:96:a1:5c:30";

describe("parseNic", () => {
  test("reads an interface that is up", () => {
    const attributes = nic({
      address: MAC,
      devicePath: "/sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0",
      driverPath: "/sys/bus/pci/drivers/tg3",
      operstate: "up",
      speed: "1000",
      duplex: "full",
    });
    expect(parseNic(attributes)).toEqual({
      name: "eno1",
      mac: MAC,
      driver: "tg3",
      pciAddress: "0000:01:00.0",
      linkUp: true,
      speedMbps: 1000,
      duplex: "full",
    });
  });

  test("an interface that is down has no speed and no duplex", () => {
    expect(parseNic(nic({ address: MAC, operstate: "down", speed: "-1", duplex: "unknown" }))).toEqual({
      name: "eno1",
      mac: MAC,
      linkUp: false,
    });
  });

  test("a virtio interface has the address of the function above it, one on USB none", () => {
    expect(parseNic(nic({ devicePath: "/sys/devices/pci0000:00/0000:00:03.0/virtio0" })).pciAddress).toBe(
      "0000:00:03.0",
    );
    expect(parseNic(nic({ devicePath: "/sys/devices/platform/usb" }))).not.toHaveProperty("pciAddress");
  });

  test("no MAC boots nothing, all zeros least of all", () => {
    expect(parseNic(nic({ address: "00:00:00:00:00:00" }))).toEqual({ name: "eno1" });
  });

  test("property: any attributes yield facts that fit the wire", () => {
    const value = fc.oneof(fc.constant(null), fc.string({ unit: "binary", maxLength: 300 }));
    fc.assert(
      fc.property(
        fc.record({
          name: fc.string({ unit: "binary" }),
          address: value,
          devicePath: value,
          driverPath: value,
          operstate: value,
          speed: value,
          duplex: value,
        }),
        (attributes) => {
          v.parse(NicFacts, { ...parseNic(attributes), boot: false });
        },
      ),
    );
  });
});

describe("parseMemTotal", () => {
  test("reads kB as bytes, wherever the line stands", () => {
    expect(parseMemTotal("MemFree: 1 kB\nMemTotal:       65705412 kB\n")).toBe(65705412 * 1024);
    expect(parseMemTotal("MemTotal: many")).toBeUndefined();
  });
});

describe("parseCpuinfo", () => {
  test("reads the first processor's field", () => {
    const text =
      "processor\t: 0\nmodel name\t: Xeon: 4114\nmicrocode\t: 0x2006e05\n\nprocessor\t: 1\nmicrocode\t: 0x1\n";
    expect([parseCpuinfo(text, "microcode"), parseCpuinfo(text, "model name")]).toEqual(["0x2006e05", "Xeon: 4114"]);
    expect(parseCpuinfo("processor : 0", "microcode")).toBeUndefined();
  });
});
