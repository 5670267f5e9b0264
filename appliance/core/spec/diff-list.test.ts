/** Parts that are alike: what fills a group, and what a part may differ in and still be that part. */
import { describe, expect, test } from "bun:test";
import type { Hardware } from "../../../agent/wire/inventory.ts";
import { withParts } from "../../../test/setup/inventory.ts";
import { disk, memory, module, nic, SERVER } from "../../../test/setup/spec-server.ts";
import { diffSpec } from "./diff.ts";
import { parseSpec } from "./spec.ts";

const lines = (yaml: string, parts: Partial<Hardware>): readonly string[] => {
  const answer = parseSpec(yaml);
  if (!answer.ok) throw new Error(answer.refusal.detail);
  return diffSpec(answer.value, withParts(SERVER, parts)).map(
    (d) => `${d.severity} ${d.code} ${d.component}: ${d.found}`,
  );
};

describe("diffSpec of a group", () => {
  const TWO = "disks: [{ count: 2, size: 480 GB, transport: sata, firmware: { atLeast: HXT7904Q } }]";

  test("takes any parts that are right, whatever their serials and order", () => {
    expect(lines(TWO, { disks: [disk("sdx"), disk("sdb")] })).toEqual([]);
  });

  test("knows a part with an older firmware as that part, which is a warning and not a missing disk", () => {
    expect(lines(TWO, { disks: [disk("sda"), disk("sdb", { firmware: "HXT7404Q" })] })).toEqual([
      "warning firmware-older disk SDB: HXT7404Q",
    ]);
  });

  test("knows a slower module and a port without a link as those parts", () => {
    const slow = [module("A1"), module("A2", { configuredMtps: 2400 })];
    expect(
      lines("memory: { modules: [{ count: 2, size: 16 GiB, speedMtps: { min: 2933 } }] }", { memory: memory(slow) }),
    ).toEqual(["warning dimm-slower slot A2: 2400 MT/s"]);
    expect(
      lines("nics: [{ count: 2, driver: ixgbe, speedMbps: 10000 }]", {
        nics: [nic("eno1", "01"), nic("eno2", "02", { linkUp: false })],
      }),
    ).toEqual(["warning nic-link-down NIC 52:54:00:00:00:02: link down"]);
  });

  test("misses a part where the only one left is of another size, and names that one", () => {
    expect(lines(TWO, { disks: [disk("sda"), disk("sdb", { sizeBytes: 240_057_409_536 })] })).toEqual([
      "critical disks-fewer disk SDB: 1",
      "warning disk-unexpected disk SDB: sdb, 240 GB, MZ7LH480, bay sdb",
    ]);
  });

  test("takes no part for another by what may change alone", () => {
    expect(lines("disks: [{ count: 3, firmware: { atLeast: HXT7904Q } }]", {})).toEqual([
      "critical disks-fewer disks: 2",
    ]);
  });

  test("leaves a part that suits two groups to the one that needs it", () => {
    const yaml = "disks: [{ count: 1, transport: sata }, { count: 1, transport: sata, size: 480 GB }]";
    expect(lines(yaml, { disks: [disk("sda"), disk("sdb", { sizeBytes: 960_197_124_096 })] })).toEqual([]);
  });

  test("leaves no part to a group that an entry names by its serial", () => {
    expect(lines("disks: [{ count: 1, size: 480 GB }, { serial: SDA }]", {})).toEqual([]);
  });

  test("takes one choice of one as the identity that it is", () => {
    expect(lines("disks: [{ serial: { oneOf: [SDA] }, size: 480 GB }, { serial: { equals: SDB } }]", {})).toEqual([]);
  });
});

test("diffSpec of any number of parts takes time that grows with their number", () => {
  const many = Array.from({ length: 20_000 }, (_, i) => disk(`d${i}`, { model: `M${i}` }));
  const groups = Array.from({ length: 256 }, (_, i) => `{ count: 1024, size: 480 GB, model: { matches: "X${i}.*" } }`);
  const serials = Array.from({ length: 256 }, (_, i) => `{ serial: NONE${i}, size: 480 GB }`);
  for (const entries of [serials, groups.slice(0, 16)])
    expect(lines(`disks: [${entries.join(", ")}]`, { disks: many })).toHaveLength(2000); // seconds here would be the test's own time limit
  expect(
    lines("memory: { total: 1 TiB, dimms: 64 }", { memory: memory(many.map((_, i) => module(`S${i}`))) }),
  ).toHaveLength(1);
});
