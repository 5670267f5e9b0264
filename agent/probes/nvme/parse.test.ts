import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseNvme } from "./parse.ts";

const factsOf = (document: unknown) => {
  const parsed = parseNvme(JSON.stringify(document));
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

const NAMES = { ModelNumber: "SAMSUNG MZQL23T8HCLS-00A07  ", SerialNumber: "S64HNE0R501201 ", Firmware: "GDC5602Q" };
const SEEN = { model: "SAMSUNG MZQL23T8HCLS-00A07", serial: "S64HNE0R501201", firmware: "GDC5602Q" };
const namespace = (name: string, bytes: number) => ({
  NameSpace: name,
  NSID: 1,
  PhysicalSize: bytes,
  SectorSize: 4096,
});

describe("parseNvme on a list", () => {
  test("flat: one row a namespace", () => {
    const row = { NameSpace: 1, DevicePath: "/dev/nvme2n1", PhysicalSize: 3840755982336, SectorSize: 512, ...NAMES };
    expect(factsOf({ Devices: [row] })).toEqual({
      kind: "list",
      drives: [
        {
          controllers: ["nvme2"],
          namespaces: [{ name: "nvme2n1", sizeBytes: 3840755982336, sectorBytes: 512 }],
          ...SEEN,
        },
      ],
    });
  });

  test("by subsystem: namespaces of a controller, a drive without one, and namespaces that two controllers share", () => {
    const controller = (name: string, address: string, ...namespaces: unknown[]) => ({
      Controller: name,
      Transport: "pcie",
      Address: address,
      Namespaces: namespaces,
      ...NAMES,
    });
    const Subsystems = [
      {
        Subsystem: "nvme-subsys0",
        Controllers: [controller("nvme0", "0000:01:00.0", namespace("nvme0n1", 100))],
        Namespaces: [],
      },
      { Subsystem: "nvme-subsys1", Controllers: [controller("nvme1", "0000:02:00.0")], Namespaces: [] },
      {
        Subsystem: "nvme-subsys2",
        Controllers: [controller("nvme2", "0000:03:00.0"), controller("nvme3", "0000:04:00.0")],
        Namespaces: [namespace("nvme2n1", 200), namespace("nvme2n2", 300)],
      },
    ];
    const way = { transport: "pcie", ...SEEN };
    expect(factsOf({ Devices: [{ HostNQN: "nqn", Subsystems }] })).toEqual({
      kind: "list",
      drives: [
        {
          controllers: ["nvme0"],
          namespaces: [{ name: "nvme0n1", sizeBytes: 100, sectorBytes: 4096 }],
          pciAddress: "0000:01:00.0",
          ...way,
        },
        { controllers: ["nvme1"], namespaces: [], pciAddress: "0000:02:00.0", ...way },
        {
          controllers: ["nvme2", "nvme3"],
          namespaces: [
            { name: "nvme2n1", sizeBytes: 200, sectorBytes: 4096 },
            { name: "nvme2n2", sizeBytes: 300, sectorBytes: 4096 },
          ],
          pciAddress: "0000:03:00.0",
          ...way,
        },
      ],
    });
  });

  test("rows that name no device are left out", () => {
    expect(factsOf({ Devices: [null, {}, { DevicePath: "/dev/sda" }, { DevicePath: "/dev/nvme0n1; rm" }] })).toEqual({
      kind: "list",
      drives: [],
    });
  });
});

describe("parseNvme on logs", () => {
  const LOG = {
    critical_warning: 0,
    temperature: 308,
    avail_spare: 100,
    spare_thresh: 10,
    percent_used: 3,
    power_on_hours: 9120,
    power_cycles: 7,
    unsafe_shutdowns: 2,
    media_errors: 0,
    num_err_log_entries: 41,
  };

  test("smart-log: kelvin become degrees Celsius", () => {
    expect(factsOf(LOG)).toEqual({
      kind: "smart-log",
      criticalWarning: 0,
      temperatureC: 35,
      sparePercent: 100,
      spareThresholdPercent: 10,
      usedPercent: 3,
      powerOnHours: 9120,
      powerCycleCount: 7,
      unsafeShutdownCount: 2,
      mediaErrorCount: 0,
      errorLogEntryCount: 41,
    });
  });

  test("smart-log: the warning may be told by its bits, and 0 K is no temperature", () => {
    const warning = { value: 5, available_spare: 1, temp_threshold: 0, reliability_degraded: 1 };
    const facts = factsOf({ ...LOG, critical_warning: warning, temperature: 0 });
    expect(facts).toMatchObject({ criticalWarning: 5 });
    expect(facts).not.toHaveProperty("temperatureC");
  });

  test("smart-log: a warning that is none of both is not taken for health", () => {
    expect(parseNvme(JSON.stringify({ ...LOG, critical_warning: {} }))).toMatchObject({ ok: false });
  });

  test("id-ctrl: names, capacity as number or text, temperature limits", () => {
    const controller = { sn: "S64H ", mn: "PM9A3", fr: "GDC5602Q", wctemp: 353, cctemp: 358 };
    const seen = {
      kind: "id-ctrl",
      serial: "S64H",
      model: "PM9A3",
      firmware: "GDC5602Q",
      warningTempC: 80,
      criticalTempC: 85,
    };
    for (const tnvmcap of [3840755982336, "3840755982336"])
      expect(factsOf({ ...controller, tnvmcap })).toEqual({ ...seen, capacityBytes: 3840755982336 } as never);
    expect(factsOf({ ...controller, tnvmcap: 0 })).toEqual(seen as never);
  });

  test("what is none of them is refused with its place", () => {
    expect([parseNvme("No NVMe devices detected.\n"), parseNvme("{}"), parseNvme('[\n{"a" 1}]')]).toMatchObject([
      { ok: false, place: "line 1, column 1" },
      { ok: false, place: "line 1, column 1" },
      { ok: false, place: "line 2, column 5" },
    ]);
  });

  test("property: any values in the places of a document are answered", () => {
    const keys = fc.constantFrom(
      ...[
        "Devices",
        "Subsystems",
        "Controllers",
        "Namespaces",
        "NameSpace",
        "DevicePath",
        "Controller",
        "PhysicalSize",
      ],
      ...["critical_warning", "percent_used", "temperature", "value", "sn", "mn", "tnvmcap"],
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.oneof(fc.double(), fc.constantFrom("nvme0", "/dev/nvme0n1", "x"), fc.boolean(), fc.constant(null)),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(keys, tie("tree"), { maxKeys: 5 }),
      ),
    }));
    fc.assert(fc.property(fc.dictionary(keys, tree), (document) => void parseNvme(JSON.stringify(document))));
  });
});
