import { describe, expect, test } from "bun:test";
import { fakeSystem, tableFiles } from "../../fakes/system.ts";
import { runProbe } from "../probe.ts";
import { sysfsProbe } from "./collect.ts";

const signal = new AbortController().signal;
const NET = "/sys/class/net";
const USB = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-14";

describe("sysfsProbe", () => {
  test("lists what has hardware behind it: a card, a share of it, a bonded port, a BMC's interface on USB", async () => {
    const table = {
      "/proc/meminfo": "MemTotal:       65705412 kB\n",
      [`${NET}/lo/address`]: "00:00:00:00:00:00\n",
      [`${NET}/bond0/address`]: "24:6e:96:a1:5c:10\n",
      [`${NET}/eth0/device`]: "->/sys/devices/pci0000:17/0000:17:02.0/0000:19:00.0",
      [`${NET}/eth0/device/driver`]: "->/sys/bus/pci/drivers/mlx5_core",
      [`${NET}/eth0/device/subsystem`]: "->/sys/bus/pci",
      [`${NET}/eth0/address`]: "24:6e:96:a1:5c:10\n",
      [`${NET}/eth0/bonding_slave/perm_hwaddr`]: "24:6e:96:a1:5c:11\n",
      [`${NET}/eth0/phys_port_name`]: "p1\n",
      [`${NET}/eth0/dev_port`]: "0\n",
      [`${NET}/eth0/operstate`]: "up\n",
      [`${NET}/eth0/speed`]: "25000\n",
      [`${NET}/eth1/device`]: "->/sys/devices/pci0000:17/0000:17:02.0/0000:19:00.2",
      [`${NET}/eth1/device/subsystem`]: "->/sys/bus/pci",
      [`${NET}/eth1/device/physfn`]: "->/sys/devices/pci0000:17/0000:17:02.0/0000:19:00.0",
      [`${NET}/idrac/device`]: `->${USB}/1-14:1.0`,
      [`${NET}/idrac/device/subsystem`]: "->/sys/bus/usb",
      [`${USB}/manufacturer`]: "Dell(TM)\n",
      [`${USB}/product`]: "iDRAC Virtual NIC USB Device\n",
    };
    const { facts, report } = await runProbe(sysfsProbe, fakeSystem({ files: tableFiles(table) }), signal);
    expect(report.status).toBe("ok");
    expect(facts).toEqual({
      visibleBytes: 65705412 * 1024,
      nics: [
        {
          name: "eth0",
          mac: "24:6e:96:a1:5c:11",
          currentMac: "24:6e:96:a1:5c:10",
          driver: "mlx5_core",
          bus: "pci",
          pciAddress: "0000:19:00.0",
          linkUp: true,
          speedMbps: 25_000,
          namedPort: 1,
          devPort: 0,
        },
        { name: "eth1", bus: "pci", virtualFunction: true, pciAddress: "0000:19:00.2" },
        { name: "idrac", bus: "usb", vendor: "Dell(TM)", model: "iDRAC Virtual NIC USB Device" },
      ],
    });
  });
});
