import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import { DiskFacts } from "../../wire/hardware/disks.ts";
import { type DiskAttributes, parseLsblk } from "./parse.ts";

const disk = (fields: Record<string, unknown>) => ({ name: "sda", type: "disk", size: 480103981056, ...fields });
const text = (...devices: unknown[]) => JSON.stringify({ blockdevices: devices });
const disksOf = (output: string, attributes?: ReadonlyMap<string, DiskAttributes>) => {
  const parsed = parseLsblk(output, attributes);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

describe("parseLsblk", () => {
  test("reads a disk whole", () => {
    const device = disk({
      tran: "sas",
      serial: "S47P ",
      wwn: "0x5002",
      model: "MZ7KH480HAHQ0D3",
      rev: "HF56",
      rota: false,
      ro: false,
      rm: false,
      "log-sec": 512,
      "phy-sec": 4096,
    });
    expect(disksOf(text(device))).toEqual([
      {
        name: "sda",
        sizeBytes: 480103981056,
        serial: "S47P",
        wwn: "0x5002",
        model: "MZ7KH480HAHQ0D3",
        firmware: "HF56",
        rotational: false,
        transport: "sas",
        readOnly: false,
        removable: false,
        logicalSectorBytes: 512,
        physicalSectorBytes: 4096,
      },
    ]);
  });

  test("reads the strings of versions before 2.33", () => {
    expect(disksOf(text(disk({ size: "1000", rota: "1", ro: "0", "log-sec": "512" })))).toMatchObject([
      { sizeBytes: 1000, rotational: true, readOnly: false, logicalSectorBytes: 512 },
    ]);
  });

  test("takes from sysfs what lsblk does not say, and lsblk's word where both speak", () => {
    const attributes = new Map([["nvme0n1", { serial: "SYS", firmware: "FW1", model: "M" }]]);
    expect(disksOf(text(disk({ name: "nvme0n1", serial: "UDEV", rev: null })), attributes)).toMatchObject([
      { serial: "UDEV", firmware: "FW1", model: "M", transport: "nvme" },
    ]);
  });

  test("leaves out what is no disk of the host", () => {
    const names = ["mmcblk0boot1", "loop0", "ram1", "zram0", "sr0", "fd0", "md127", "dm-3", "nbd0", "drbd1", "zd0"].map(
      (name) => disk({ name }),
    );
    const others = [
      disk({ type: "part", name: "sda1" }),
      disk({ type: "rom" }),
      disk({ name: null }),
      disk({ name: "" }),
      null,
      7,
    ];
    expect(disksOf(text(...names, ...others))).toEqual([]);
    expect(disksOf(text(...names, disk({ name: "vda" }))).map((one) => one.name)).toEqual(["vda"]);
  });

  test("a disk that has died and reports no size stays visible", () => {
    expect(disksOf(text(disk({ size: 0 })))).toEqual([{ name: "sda", sizeBytes: 0 }]);
  });

  test("a SATA drive behind a SAS controller is one, and SAT is no maker", () => {
    const [sata, sas] = disksOf(
      text(disk({ tran: "sas", vendor: "ATA     " }), disk({ name: "sdb", tran: "sas", vendor: "SEAGATE " })),
    );
    expect([sata?.transport, sata?.vendor, sas?.transport, sas?.vendor]).toEqual(["sata", undefined, "sas", "SEAGATE"]);
  });

  test("a PCI vendor's number, as virtio has it, is no maker", () => {
    expect(disksOf(text(disk({ name: "vda", vendor: "0x1af4" })))[0]?.vendor).toBeUndefined();
  });

  test("the bus is by the kernel's word, else by the name, else by the path", () => {
    const attributes = new Map([["sdb", { bus: "virtio" }]]);
    const names = ["vda", "xvda", "mmcblk0", "pmem0", "sda", "sdb"].map((name) => disk({ name }));
    expect(disksOf(text(...names, disk({ name: "sdc", tran: "usb" })), attributes).map((one) => one.transport)).toEqual(
      ["virtio", "xen", "mmc", "nvdimm", undefined, "virtio", "usb"],
    );
  });

  test("no disks are an empty list; what is not of lsblk is refused with its place", () => {
    expect(disksOf(text())).toEqual([]);
    const place = (bad: string) => {
      const parsed = parseLsblk(bad);
      return parsed.ok ? null : parsed.place;
    };
    expect(["", "null", '{"blockdevices":{}}', '{\n"blockdevices":['].map(place)).toEqual([
      "line 1",
      "line 1, column 1",
      "line 1, column 1",
      "line 2, column 17",
    ]);
  });

  test("property: any devices yield facts that fit the wire", () => {
    const value = fc.oneof(fc.string({ unit: "binary", maxLength: 400 }), fc.double(), fc.boolean(), fc.constant(null));
    const device = fc.dictionary(
      fc.constantFrom("tran", "size", "serial", "wwn", "model", "rev", "rota", "ro", "rm", "log-sec", "vendor"),
      value,
    );
    fc.assert(
      fc.property(fc.array(device, { maxLength: 5 }), fc.string({ minLength: 1 }), (devices, name) => {
        const facts = disksOf(text(...devices.map((fields) => ({ ...fields, type: "disk", name }))));
        v.parse(v.array(DiskFacts), facts);
      }),
    );
  });
});
