import { describe, expect, test } from "bun:test";
import { bayOf, parseDiskPath, parseLinkRate } from "./place.ts";

const ROOT = "/sys/devices/pci0000:00";
const NO_CLUE = { slot: undefined, enclosure: undefined, sasBay: null, sasPhy: undefined, ataPortNumber: null };

describe("parseDiskPath", () => {
  test("a SATA drive hangs on a port of its controller", () => {
    expect(parseDiskPath(`${ROOT}/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0`)).toEqual({
      pciAddress: "0000:00:1f.2",
      ataPort: "ata3",
    });
  });

  test("a SAS drive behind an expander hangs on the expander's port", () => {
    const port = `${ROOT}/0000:00:02.0/0000:03:00.0/host0/port-0:0/expander-0:0/port-0:0:4`;
    expect(parseDiskPath(`${port}/end_device-0:0:4/target0:0:4/0:0:4:0`)).toEqual({
      pciAddress: "0000:03:00.0",
      sasPortPath: port,
      sasEndDevice: "end_device-0:0:4",
    });
  });

  test("an NVMe drive has its own function, in a domain of Intel's VMD too; a subsystem has controllers", () => {
    expect(parseDiskPath(`${ROOT}/0000:00:0e.0/pci10000:e0/10000:e0:01.0/10000:e1:00.0/nvme/nvme2`)).toEqual({
      pciAddress: "10000:e1:00.0",
      nvmeController: "nvme2",
    });
    const subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys1";
    expect(parseDiskPath(subsystem)).toEqual({ nvmeSubsystemPath: subsystem });
  });

  test("virtio and USB are told by the path, and USB has no function of its own", () => {
    expect(parseDiskPath(`${ROOT}/0000:00:05.0/virtio2/host6/target6:0:0/6:0:0:0`)).toEqual({
      pciAddress: "0000:00:05.0",
      bus: "virtio",
    });
    expect(parseDiskPath(`${ROOT}/0000:00:14.0/usb2/2-1/2-1:1.0/host8/target8:0:0/8:0:0:0`)).toEqual({ bus: "usb" });
  });

  test("no path says nothing, a hostile one ends", () => {
    expect(parseDiskPath(null)).toEqual({});
    expect(parseDiskPath("/".repeat(5_000_000))).toEqual({});
  });
});

test("parseLinkRate reads the kernel's two units, and no state", () => {
  expect(["6.0 Gbps", "12.0 Gbit", "<unknown>", "Phy disabled", "", null].map(parseLinkRate)).toEqual([
    6,
    12,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

describe("bayOf", () => {
  test("the enclosure's slot comes first, with the enclosure where there are several", () => {
    expect(bayOf({ ...NO_CLUE, slot: "Slot 05", sasBay: "5" })).toBe("Slot 05");
    expect(bayOf({ ...NO_CLUE, slot: "Slot 05", enclosure: "0x500056b3a1b2c3fd" })).toBe("0x500056b3a1b2c3fd Slot 05");
  });

  test("then the bay of SAS, the phy, the port of SATA", () => {
    expect(bayOf({ ...NO_CLUE, sasBay: "4", sasPhy: "phy-0:4" })).toBe("bay 4");
    expect(bayOf({ ...NO_CLUE, sasPhy: "phy-0:4" })).toBe("SAS phy 4");
    expect(bayOf({ ...NO_CLUE, sasPhy: "phy-0:1:11" })).toBe("SAS expander 1 phy 11");
    expect(bayOf({ ...NO_CLUE, ataPortNumber: "2" })).toBe("SATA port 2");
    expect(bayOf(NO_CLUE)).toBeUndefined();
  });
});
