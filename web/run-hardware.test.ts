import { describe, expect, test } from "bun:test";
import { hardwareTables } from "../appliance/core/hardware-tables.ts";
import { HEALTHY_INVENTORY } from "./fixtures/inventory.ts";
import { Hardware } from "./run-hardware.tsx";

describe("hardwareTables of the fixtures' server", () => {
  test("has every group of a full server, in a fixed order", () => {
    expect(hardwareTables(HEALTHY_INVENTORY.hardware).map((table) => [table.id, table.tone])).toEqual([
      ["server", "idle"],
      ["cpu", "idle"],
      ["memory", "warn"],
      ["disks", "warn"],
      ["nics", "warn"],
      ["cards", "warn"],
      ["gpus", "idle"],
      ["psus", "bad"],
      ["fans", "idle"],
      ["sensors", "bad"],
      ["bmc", "idle"],
      ["firmware", "idle"],
      ["kernel", "warn"],
    ]);
  });

  test("gives each row a cell for each column", () => {
    for (const { columns, rows } of hardwareTables(HEALTHY_INVENTORY.hardware))
      for (const row of rows) expect(row).toHaveLength(columns.length);
  });
});

test("Hardware opens what is bad and leaves the rest one tap away", () => {
  const html = String(Hardware({ inventory: HEALTHY_INVENTORY }));
  const groups = [...html.matchAll(/<details( open="")?>.*?<strong class="grow">([^<]+)</g)].map((m) => [
    m[2],
    m[1] !== undefined,
  ]);
  expect(groups).toHaveLength(13);
  expect(groups.filter(([, open]) => open).map(([title]) => title)).toEqual(["Power supplies", "Sensors"]);
  expect(html).toContain("sw2 port Ethernet1/12");
  expect(html).toContain("3 warnings");
});
