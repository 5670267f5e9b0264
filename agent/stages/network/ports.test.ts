import { describe, expect, test } from "bun:test";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import type { Exec } from "../../system/exec.ts";
import { findInterfaces, readCounters, readPort } from "./ports.ts";

const net = (name: string, attributes: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(attributes).map(([key, value]) => [`/sys/class/net/${name}/${key}`, `${value}\n`]));

/** What each tool says, by its command line; nothing for any other. */
const says =
  (table: Readonly<Record<string, string>>): Exec =>
  async ({ argv }) =>
    exited(table[argv.join(" ")] ?? "");

describe("findInterfaces", () => {
  test("an interface goes by its burnt-in address, also while a bond has given it another one", async () => {
    const system = fakeSystem({
      files: tableFiles({
        ...net("lo", { address: "00:00:00:00:00:00" }),
        ...net("eno1", { address: "52:54:00:00:00:99", "bonding_slave/perm_hwaddr": "52:54:00:00:00:01" }),
        ...net("eno2", { address: "52:54:00:00:00:99" }),
        ...net("bond0", { address: "52:54:00:00:00:99" }),
        ...net("ens3", { address: "52:54:00:00:00:03" }),
      }),
      exec: says({ "ethtool -P eno2": "Permanent address: 52:54:00:00:00:02\n" }),
    });
    expect(Object.fromEntries(await findInterfaces(system))).toEqual({
      "52:54:00:00:00:99": "bond0",
      "52:54:00:00:00:01": "eno1",
      "52:54:00:00:00:02": "eno2",
      "52:54:00:00:00:03": "ens3",
    });
  });
});

const ORDERED = { mac: "52:54:00:00:00:01", boot: true, linkUp: true };
const IP = "ip -j -4 address show dev eno1";
const addressed = (...locals: readonly string[]) =>
  JSON.stringify([
    { ifname: "eno1", addr_info: locals.map((local) => ({ family: "inet", local, prefixlen: 24, scope: "global" })) },
  ]);

describe("readPort", () => {
  test("tells link, speed, duplex, both ends' modes, address and counters", async () => {
    const system = fakeSystem({
      files: tableFiles({
        ...net("eno1", { carrier: "1", speed: "1000", duplex: "full", carrier_changes: "2" }),
        ...net("eno1", { "statistics/rx_crc_errors": "7", "statistics/tx_errors": "0" }),
      }),
      exec: says({
        "ethtool eno1":
          "Settings for eno1:\n\tSupported link modes:   10000baseT/Full\n\tLink partner advertised link modes:  1000baseT/Full\n\tDuplex: Full\n",
        // The address of a pair that was measured before is no way to the box.
        [IP]: addressed("198.18.4.1", "10.77.0.51"),
      }),
    });
    expect(await readPort(system, ORDERED, "eno1")).toEqual({
      ...{ mac: "52:54:00:00:00:01", boot: true, hadLink: true, name: "eno1", linkUp: true, mbps: 1_000 },
      ...{ duplex: "full", maxMbps: 10_000, partnerMaxMbps: 1_000, address: "10.77.0.51" },
      before: { carrier_changes: 2, rx_crc_errors: 7, tx_errors: 0 },
      ...{ after: {}, measurements: [] },
    });
  });

  test("a virtual port tells next to nothing, and that is not made up", async () => {
    const files = tableFiles(net("eno1", { carrier: "1", speed: "-1", duplex: "unknown" }));
    const port = await readPort(fakeSystem({ files, exec: says({}) }), ORDERED, "eno1");
    expect(port).toEqual({
      ...{ mac: "52:54:00:00:00:01", boot: true, hadLink: true, name: "eno1", linkUp: true },
      ...{ before: {}, after: {}, measurements: [] },
    });
  });

  test("an interface that is down has no carrier to read, and no link; one without any has only its order", async () => {
    const files = tableFiles(net("eno1", { operstate: "down" }));
    const system = fakeSystem({ files, exec: says({}) });
    expect((await readPort(system, ORDERED, "eno1")).linkUp).toBe(false);
    expect(await readPort(system, ORDERED, undefined)).toEqual({
      ...{ mac: "52:54:00:00:00:01", boot: true, hadLink: true },
      ...{ before: {}, after: {}, measurements: [] },
    });
  });
});

test("readCounters leaves out what the driver does not count", async () => {
  const files = tableFiles(net("eno1", { "statistics/rx_missed_errors": "12", "statistics/rx_frame_errors": "x" }));
  expect(await readCounters(fakeSystem({ files }), "eno1")).toEqual({ rx_missed_errors: 12 });
});
