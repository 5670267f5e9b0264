import { describe, expect, test } from "bun:test";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import { Fault } from "../../system/fault.ts";
import type { Files } from "../../system/files.ts";
import { runProbe } from "../probe.ts";
import { lsblkProbe } from "./collect.ts";

const signal = new AbortController().signal;
const run = (names: readonly string[], files: Files) => {
  const blockdevices = names.map((name) => ({ name, type: "disk", size: 1_000 }));
  return runProbe(
    lsblkProbe,
    fakeSystem({ exec: async () => exited(JSON.stringify({ blockdevices })), files }),
    signal,
  );
};

const HOST = "/sys/devices/pci0000:00/0000:00:02.0/0000:03:00.0/host0";
const SEATED = `${HOST}/port-0:0/expander-0:0/port-0:0:4/end_device-0:0:4/target0:0:4/0:0:4:0`;

describe("lsblkProbe", () => {
  test("finds bay, link and controller of a SAS drive in an enclosure", async () => {
    const { facts, report } = await run(
      ["sda"],
      tableFiles({
        "/sys/block/sda/device": `->${SEATED}`,
        "/sys/class/enclosure/0:0:9:0/id": "0x500056b3a1b2c3fd\n",
        "/sys/class/enclosure/0:0:9:0/Slot 04/device": `->${SEATED}`,
        [`${HOST}/port-0:0/expander-0:0/port-0:0:4/phy-0:0:4`]: "",
        [`${HOST}/port-0:0/expander-0:0/port-0:0:4/phy-0:0:5`]: "",
        "/sys/class/sas_phy/phy-0:0:4/negotiated_linkrate": "6.0 Gbit\n",
        "/sys/class/sas_phy/phy-0:0:5/negotiated_linkrate": "12.0 Gbit\n",
      }),
    );
    expect([report.status, facts]).toEqual([
      "ok",
      [{ name: "sda", sizeBytes: 1_000, linkGbps: 12, pciAddress: "0000:03:00.0", bay: "Slot 04" }],
    ]);
  });

  test("a SATA drive has its port and its link, an NVMe drive of a subsystem its controllers and the function of the first", async () => {
    const subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0";
    const { facts } = await run(
      ["sda", "nvme0n1"],
      tableFiles({
        "/sys/block/sda/device": "->/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0",
        "/sys/class/ata_link/link3/sata_spd": "3.0 Gbps\n",
        "/sys/class/ata_port/ata3/port_no": "3\n",
        "/sys/block/nvme0n1/device": `->${subsystem}`,
        "/sys/block/nvme0n1/device/serial": "S64HNE0R501201   \n",
        [`${subsystem}/nvme1`]: "",
        [`${subsystem}/nvme2`]: "",
        "/sys/class/nvme/nvme1/device": "->/sys/devices/pci0000:80/0000:80:01.0/0000:81:00.0",
      }),
    );
    expect(facts).toEqual([
      { name: "sda", sizeBytes: 1_000, linkGbps: 3, pciAddress: "0000:00:1f.2", bay: "SATA port 3" },
      {
        name: "nvme0n1",
        sizeBytes: 1_000,
        serial: "S64HNE0R501201",
        transport: "nvme",
        pciAddress: "0000:81:00.0",
        nvmeControllers: ["nvme1", "nvme2"],
      },
    ]);
  });

  test("a sysfs that refuses to be listed costs the bays, not the disks", async () => {
    const files = { ...tableFiles({}), list: () => Promise.reject(new Fault("file-unreadable", { path: "/sys" })) };
    const { facts, report } = await run(["sda"], files);
    expect([report.status, facts]).toEqual(["ok", [{ name: "sda", sizeBytes: 1_000 }]]);
  });
});
