import { beforeAll, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { needPackages } from "../../../test/setup/packages.ts";
import { thisSystem } from "../../system/system.ts";
import { parseSmartctl, type SmartctlFacts } from "./parse.ts";

const SMARTCTL = { version: [7, 4], exit_status: 0 };
const textOf = (document: Record<string, unknown>) =>
  JSON.stringify({ json_format_version: [1, 0], smartctl: SMARTCTL, ...document });
const factsOf = (document: Record<string, unknown>): SmartctlFacts => {
  const parsed = parseSmartctl(textOf(document));
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};
const NOTHING = { model: null, protocol: null, capacityBytes: null, temperatureC: null };

describe("parseSmartctl", () => {
  test("a drive that did not open is understood: nothing but smartctl's words and exit bits", () => {
    const messages = [{ string: "Smartctl open device: /dev/sdz failed: No such device", severity: "error" }];
    expect(factsOf({ smartctl: { ...SMARTCTL, messages, exit_status: 2 } })).toEqual({
      ...NOTHING,
      exitStatus: 2,
      exitBits: ["open-failed"],
      messages: [{ severity: "error", text: "Smartctl open device: /dev/sdz failed: No such device" }],
      attributes: [],
      selfTests: [],
    });
  });

  test("every bit of the exit status has its name, and no bit is a failure of reading", () => {
    expect(factsOf({ smartctl: { exit_status: 255 } }).exitBits).toEqual([
      "command-line",
      "open-failed",
      "command-failed",
      "disk-failing",
      "prefail-below-threshold",
      "below-threshold-in-the-past",
      "error-log",
      "self-test-log",
    ]);
    const failing = factsOf({ smartctl: { exit_status: 8 + 64 }, smart_status: { passed: false }, model_name: "X1" });
    expect([failing.exitBits, failing.passed, failing.model]).toEqual([["disk-failing", "error-log"], false, "X1"]);
  });

  for (const [text, place] of [
    ["", "line 1"],
    ["smartctl: command not found", "line 1, column 1"],
    ['{\n  "lshw": [}', "line 2, column 12"],
    ['{"blockdevices":[]}', "line 1, column 1"],
    ["[1]", "line 1, column 1"],
    [`${textOf({})}${textOf({})}`, "line 1, column 1"],
    [textOf({ devices: [] }), "line 1, column 1"],
  ] as const)
    test(`${JSON.stringify(text.slice(0, 40))} is no report about a drive, at ${place}`, () => {
      expect(parseSmartctl(text)).toMatchObject({ ok: false, place });
    });

  test("names are kept as the drive gives them; placeholders are absent", () => {
    const facts = factsOf({ model_name: "WDC  WUH721818ALE6L4", serial_number: "00000000", firmware_version: "n/a" });
    expect([facts.model, facts.serial, facts.firmware]).toEqual(["WDC  WUH721818ALE6L4", undefined, undefined]);
    expect(factsOf({ model_name: "   " }).model).toBeNull();
  });

  test("SCSI before 7.3 says vendor, product and revision without a prefix", () => {
    const facts = factsOf({
      device: { name: "/dev/sdb", type: "scsi", protocol: "SCSI" },
      vendor: "SEAGATE",
      product: "ST4000NM0023",
      revision: "GS0F",
      serial_number: "Z1Z0ABCD0000C4241XYZ",
    });
    expect(facts).toMatchObject({
      model: "SEAGATE ST4000NM0023",
      vendor: "SEAGATE",
      firmware: "GS0F",
      protocol: "scsi",
    });
  });

  test("a SAS drive: link, transport, errors and defects", () => {
    const phy = (rate: string, name: "old" | "new", count: number) =>
      name === "old"
        ? { "negotiated logical link rate": rate, "Invalid DWORD count": count }
        : { negotiated_logical_link_rate: rate, invalid_dword_count: count };
    const facts = factsOf({
      device: { name: "/dev/bus/1", type: "megaraid,12", protocol: "SCSI" },
      scsi_transport_protocol: { name: "SAS (SPL-4)", value: 6 },
      scsi_grown_defect_list: 260,
      scsi_pending_defects: { count: 3 },
      scsi_percentage_used_endurance_indicator: 4,
      scsi_error_counter_log: {
        read: { total_errors_corrected: 5, total_uncorrected_errors: 1, gigabytes_processed: "11523.849" },
      },
      smart_status: { passed: false, scsi: { asc: 93, ascq: 16, ie_string: "HARDWARE IMPENDING FAILURE" } },
      scsi_sas_port_0: { phy_0: phy("phy enabled; 12 Gbps", "new", 2) },
      scsi_sas_port_1: { phy_0: phy("phy enabled; 6 Gbps", "old", 5) },
    });
    expect(facts).toMatchObject({
      behind: "megaraid,12",
      transport: "sas",
      linkGbps: 12,
      wearPercent: 4,
      passed: false,
    });
    expect(facts.scsi).toEqual({
      read: { correctedCount: 5, uncorrectedCount: 1, processedGigabytes: 11523.849 },
      grownDefectCount: 260,
      pendingDefectCount: 3,
      impendingFailure: "HARDWARE IMPENDING FAILURE",
      invalidDwordCount: 7,
    });
  });

  for (const [type, behind] of [
    ["sat+megaraid,8", "megaraid,8"],
    ["cciss,0", "cciss,0"],
    ["areca,2/1", "areca,2/1"],
    ["sat+3ware,3", "3ware,3"],
    ["aacraid,0,0,5", "aacraid,0,0,5"],
    ["sssraid,0,4", "sssraid,0,4"],
    ["sat", undefined],
    ["usbjmicron,0", undefined],
  ] as const)
    test(`-d ${type} is ${behind === undefined ? "a drive of its own" : `behind ${behind}`}`, () => {
      expect(factsOf({ device: { type } }).behind).toBe(behind);
    });

  test("a USB bridge is USB, whatever is behind it", () => {
    for (const type of ["usbjmicron", "usbsunplus", "sntrealtek"])
      expect(factsOf({ device: { type }, sata_version: { string: "SATA 3.0" } }).transport).toBe("usb");
  });

  test("NVMe: the only namespace's size where the total is not told, the EUI as the kernel writes it", () => {
    const facts = factsOf({
      device: { name: "/dev/nvme0", type: "nvme", protocol: "NVMe" },
      nvme_namespaces: [{ id: 1, size: { bytes: 500 }, capacity: { bytes: 500 }, eui64: { oui: 9528, ext_id: 11 } }],
      nvme_smart_health_information_log: { temperature: 41, percentage_used: 103, critical_warning: 4 },
      nvme_optional_admin_commands: { value: 94, self_test: true },
    });
    expect(facts).toMatchObject({
      capacityBytes: 500,
      temperatureC: 41,
      wearPercent: 103,
      wwn: "eui.002538000000000b",
    });
    expect(facts.nvme).toEqual({ sensorsC: [], usedPercent: 103, criticalWarning: 4, selfTestSupported: true });
  });

  test("NVMe: several namespaces are no size of the drive, and 0 K is no temperature", () => {
    const namespace = { size: { bytes: 500 }, capacity: { bytes: 500 } };
    const facts = factsOf({ nvme_namespaces: [namespace, namespace], temperature: { current: -273 } });
    expect([facts.protocol, facts.capacityBytes, facts.temperatureC]).toEqual(["nvme", null, null]);
  });

  test("a size that a number cannot hold exactly is none", () => {
    expect(factsOf({ user_capacity: { bytes: 2 ** 60 } }).capacityBytes).toBeNull();
    expect(factsOf({ user_capacity: { bytes: 30000592982016 } }).capacityBytes).toBe(30000592982016);
  });

  test("SATA's WWN is written as the kernel writes it", () => {
    expect(factsOf({ wwn: { naa: 5, oui: 0x002538, id: 0xe40a1b2c3 } }).wwn).toBe("0x5002538e40a1b2c3");
    expect(factsOf({ wwn: { naa: 5, oui: 0x00c5, id: 7 } }).wwn).toBe("0x50000c5000000007");
  });

  test("self-tests of all three kinds, and the one that runs", () => {
    const ata = factsOf({
      ata_smart_self_test_log: {
        standard: {
          table: [
            {
              type: { string: "Short offline" },
              status: { string: "Completed without error", passed: true },
              lifetime_hours: 9,
            },
            {
              type: { string: "Extended offline" },
              status: { string: "Completed: read failure", passed: false },
              lba: 77,
            },
          ],
        },
      },
      ata_smart_data: {
        self_test: { status: { remaining_percent: 40 }, polling_minutes: { short: 2, extended: 600 } },
      },
    });
    expect([ata.selfTests, ata.selfTestRemainingPercent, ata.ata?.extendedTestMinutes]).toEqual([
      [
        { kind: "Short offline", status: "Completed without error", passed: true, atHours: 9 },
        { kind: "Extended offline", status: "Completed: read failure", passed: false, failingLba: 77 },
      ],
      40,
      600,
    ]);
    const scsi = factsOf({
      scsi_self_test_0: {
        code: { string: "Background long" },
        result: { value: 3, string: "Failed in segment" },
        power_on_time: { hours: 12 },
      },
      scsi_self_test_1: {
        code: { string: "Background short" },
        result: { value: 1, string: "Aborted (by user command)" },
      },
      scsi_self_test_status: { in_progress: true, completion_percent: 30 },
    });
    expect([scsi.selfTests.map((one) => one.passed), scsi.selfTestRemainingPercent]).toEqual([[false, undefined], 70]);
    const nvme = factsOf({
      nvme_self_test_log: {
        current_self_test_completion_percent: 5,
        table: [
          {
            self_test_code: { string: "Short" },
            self_test_result: { value: 0, string: "Completed" },
            power_on_hours: 3,
          },
        ],
      },
    });
    expect([nvme.selfTests, nvme.selfTestRemainingPercent]).toEqual([
      [{ kind: "Short", status: "Completed", passed: true, atHours: 3 }],
      95,
    ]);
  });

  test("logs of an ATA drive: valid statistics alone, phy events that happened", () => {
    const row = (name: string, value: number, valid: boolean) => ({ name, value, flags: { valid } });
    const { ata, wearPercent, temperatureC } = factsOf({
      device: { protocol: "ATA" },
      ata_device_statistics: {
        pages: [
          { number: 5, table: [row("Current Temperature", 33, true)] },
          { number: 7, table: [row("Percentage Used Endurance Indicator", 12, true), row("Vendor", 1, false)] },
        ],
      },
      sata_phy_event_counters: {
        table: [
          { name: "CRC errors", value: 4 },
          { name: "R_ERR", value: 0 },
        ],
      },
      ata_smart_error_log: { summary: { count: 9 }, extended: { count: 11 } },
      ata_pending_defects_log: { count: 2 },
      ata_security: { string: "Disabled, frozen [SEC2]" },
    });
    expect([wearPercent, temperatureC]).toEqual([12, 33]);
    expect(ata).toEqual({
      phyEvents: { "CRC errors": 4 },
      statistics: [
        { page: 5, name: "Current Temperature", value: 33 },
        { page: 7, name: "Percentage Used Endurance Indicator", value: 12 },
      ],
      errorCount: 11,
      pendingDefectCount: 2,
      security: "Disabled, frozen [SEC2]",
    });
  });

  test("property: any values in the places of a document are answered", () => {
    const keys = fc.constantFrom(
      ...[
        "device",
        "user_capacity",
        "bytes",
        "temperature",
        "current",
        "ata_smart_attributes",
        "table",
        "raw",
        "value",
      ],
      ...["nvme_smart_health_information_log", "scsi_sas_port_0", "phy_0", "wwn", "naa", "type", "name", "__proto__"],
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.bigInt().map(Number)),
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(keys, tie("tree"), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(keys, tree, { maxKeys: 8 }), (document) => {
        expect(parseSmartctl(textOf(document)).ok).toBe(true);
      }),
    );
  });
});

describe("parseSmartctl on smartctl's own output here", () => {
  beforeAll(() => needPackages(["smartmontools"]), 120_000);

  test("what is no drive is understood, with smartctl's word for it", async () => {
    const argv = (...options: readonly string[]) => ["smartctl", ...options, "/dev/null"] as const;
    for (const options of [["-x", "-j"], ["-x"]]) {
      const [tool, ...rest] = argv(...options);
      const { stdout } = await thisSystem.exec({ argv: [tool, ...rest], timeoutMs: 20_000 });
      const parsed = parseSmartctl(stdout);
      expect(parsed).toMatchObject({ ok: true, facts: NOTHING });
      expect(parsed.ok && parsed.facts.messages.map((message) => message.text).join(" ")).toContain("/dev/null");
    }
  });
});

describe("the self-test of parseSmartctl", () => {
  const nowOf = (document: Record<string, unknown>) => {
    const parsed = parseSmartctl(JSON.stringify({ smartctl: { exit_status: 0 }, ...document }));
    return parsed.ok ? parsed.facts.selfTestNow : undefined;
  };
  const ata = (value: number, more: Record<string, unknown> = {}) => ({
    ata_smart_data: { self_test: { status: { value, ...more } } },
  });

  test("an ATA drive runs one while the upper half of its status is 15", () => {
    expect(nowOf(ata(249, { string: "in progress, 90% remaining", remaining_percent: 90 }))).toEqual({
      ...{ running: true, status: "in progress, 90% remaining", remainingPercent: 90 },
    });
    expect(nowOf(ata(0, { string: "completed without error", passed: true }))).toEqual({
      ...{ running: false, status: "completed without error", passed: true },
    });
    expect(nowOf(ata(121, { passed: false }))).toEqual({ running: false, passed: false });
    expect(nowOf({})).toBeUndefined();
  });

  test("an NVMe drive says which, and how much of it is done", () => {
    const log = (value: number, percent?: number) => ({
      nvme_self_test_log: { current_self_test_operation: { value }, current_self_test_completion_percent: percent },
    });
    expect(nowOf(log(2, 30))).toEqual({ running: true, remainingPercent: 70 });
    expect(nowOf(log(0))).toEqual({ running: false });
  });

  test("a SCSI drive that does not tell its progress has it in its log", () => {
    const status = { scsi_self_test_status: { in_progress: false } };
    const entry = (value: number) => ({
      scsi_self_test_0: { code: { string: "Background short" }, result: { value } },
    });
    expect(nowOf({ ...status, ...entry(15) })).toEqual({ running: true });
    expect(nowOf({ ...status, ...entry(0) })).toEqual({ running: false });
    expect(nowOf({ scsi_self_test_status: { in_progress: true, completion_percent: 25 } })).toEqual({
      ...{ running: true, remainingPercent: 75 },
    });
  });
});
