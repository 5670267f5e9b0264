import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { textOf } from "./fixtures/drives.ts";
import { parseDrive } from "./verdict.ts";

const PROBE = join(import.meta.dir, "../../probes/smartctl/fixtures");
const probed = (name: string): string => readFileSync(join(PROBE, `${name}.json`), "utf8");

const judged = (text: string) => {
  const parsed = parseDrive(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return [parsed.facts.verdict, ...parsed.facts.reasons.map((reason) => reason.split(":", 1)[0])];
};

test.each([
  [
    "hitachi-HDS721050DLE630-failing",
    ["FAIL", "smart.health", "smart.prefail-now", "smart.reallocated", "smart.pending"],
    ["smart.self-test-log", "smart.error-log", "smart.reallocation-events"],
  ],
  ["WD4000FYYX-megaraid-1-reallocated", ["FAIL", "smart.reallocated"], ["smart.commands", "smart.reallocation-events"]],
  ["samsung-970-EVO-media-errors", ["FAIL", "smart.nvme-media-errors"], []],
  ["does-not-open", ["FAIL", "smart.readable"], []],
  ["samsung-860-EVO", ["PASS"], []],
  ["WD140EDFZ-self-test-running", ["PASS"], []],
])("parseDrive of the recorded %s", (name, first, then) => {
  expect(judged(textOf(name))).toEqual([...first, ...then]);
});

test("parseDrive of recorded drives of the field: history warns, packed counters do not", () => {
  expect(judged(probed("sat-Western_Digital_RE3_Serial_ATA-WDC_WD5002ABYS-02B1B0-sda"))).toEqual([
    "WARN",
    "smart.error-log",
  ]);
  expect(judged(probed("MB0500EBNCR_13"))).toEqual(["WARN", "smart.reported-uncorrected"]);
  expect(judged(probed("SEAGATE_ST373453LC_26"))).toEqual(["FAIL", "smart.scsi-uncorrected", "smart.grown-defects"]);
  // 188 is 17180131332 there, three counters in one; one sector was reallocated.
  expect(judged(probed("sat-Seagate_Constellation_ES.3-ST3000NM0033-9ZM178-sdc"))).toEqual([
    "WARN",
    "smart.reallocated",
  ]);
  expect(judged(probed("nvme-null-Samsung_SSD_970_EVO_Plus_250GB-nvme0"))).toEqual(["PASS"]);
});

test("a report without attributes and verdict is no pass", () => {
  const text = JSON.stringify({ smartctl: { exit_status: 0 }, device: { protocol: "ATA" }, model_name: "X" });
  expect(judged(text)).toEqual(["ERROR", "smart.health"]);
  expect(judged(JSON.stringify({ smartctl: { exit_status: 1 } }))).toEqual(["ERROR", "smart.readable"]);
  expect(parseDrive("{}").ok).toBe(false);
});

test("the text of old releases is judged as well", () => {
  const text = [
    "smartctl 6.6 2017-11-05 r4594 [x86_64-linux-4.19] (local build)",
    "=== START OF INFORMATION SECTION ===",
    "Device Model:     WDC WD20EFRX-68EUZN0",
    "Rotation Rate:    5400 rpm",
    "=== START OF READ SMART DATA SECTION ===",
    "SMART overall-health self-assessment test result: PASSED",
    "ID# ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE",
    "  5 Reallocated_Sector_Ct   0x0033   200   200   140    Pre-fail  Always       -       20",
    "197 Current_Pending_Sector  0x0032   200   200   000    Old_age   Always       -       0",
  ].join("\n");
  expect(judged(text)).toEqual(["FAIL", "smart.reallocated"]);
});
