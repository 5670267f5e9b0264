import { describe, expect, test } from "bun:test";
import { parseSmartctl, type SmartctlFacts } from "./parse.ts";

const attribute = (id: number, name: string, value: number, raw: number, string = String(raw)) => ({
  id,
  name,
  value,
  worst: value,
  thresh: 10,
  when_failed: "",
  flags: { prefailure: id === 5 },
  raw: { value: raw, string },
});
const withAttributes = (...table: unknown[]): SmartctlFacts => {
  const document = { smartctl: { version: [7, 4] }, ata_smart_attributes: { revision: 16, table } };
  const parsed = parseSmartctl(JSON.stringify(document));
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

describe("the attributes of parseSmartctl", () => {
  test("48 bits are three counters of 16, without loss", () => {
    // Seagate's Command_Timeout: 1 timeout over 5 s, 2 over 7.5 s, 3 in all (smartmontools' attribute 188, raw16).
    const [one] = withAttributes(attribute(188, "Command_Timeout", 100, 0x000100020003, "3 2 1")).attributes;
    expect(one).toEqual({
      id: 188,
      name: "Command_Timeout",
      value: 100,
      worst: 100,
      threshold: 10,
      prefail: false,
      raw: 4295098371,
      rawWords: [3, 2, 1],
      reading: 3,
      rawText: "3 2 1",
    });
    expect(withAttributes(attribute(1, "X", 1, 2 ** 48 - 1)).attributes[0]?.rawWords).toEqual([65535, 65535, 65535]);
  });

  for (const [text, reading] of [
    ["10645h+23m+05.123s", 10645],
    ["27 (Min/Max 24/30)", 27],
    ["-5", -5],
    ["0x000100020003", undefined],
    ["100/7/3", undefined],
    ["", undefined],
  ] as const)
    test(`the raw value ${JSON.stringify(text)} reads ${reading}`, () => {
      expect(withAttributes(attribute(9, "Power_On_Hours", 90, 7, text)).attributes[0]?.reading).toBe(reading);
    });

  test("a threshold that was reached is told, now or in the past", () => {
    const row = attribute(5, "Reallocated_Sector_Ct", 3, 900);
    const failed = (when_failed: string) => withAttributes({ ...row, when_failed }).attributes[0];
    expect([failed("now"), failed("past"), failed("")].map((one) => [one?.prefail, one?.failed])).toEqual([
      [true, "now"],
      [true, "past"],
      [true, undefined],
    ]);
  });

  test("the temperature is the low byte of 194, else of 190, and of nothing that is none", () => {
    // 39 °C now, 20 at least and 54 at most, packed as Seagate does.
    const packed = 39 + 20 * 2 ** 16 + 54 * 2 ** 32;
    const tempC = (...table: unknown[]) => withAttributes(...table).temperatureC;
    expect(
      tempC(attribute(190, "Airflow_Temperature_Cel", 70, 30), attribute(194, "Temperature_Celsius", 61, packed)),
    ).toBe(39);
    expect(tempC(attribute(190, "Airflow_Temperature_Cel", 70, 30))).toBe(30);
    expect(tempC(attribute(194, "Unknown_Attribute", 61, packed))).toBeNull();
    expect(tempC(attribute(194, "Temperature_Celsius", 61, 0))).toBeNull();
    expect(tempC(attribute(194, "Temperature_Celsius", 61, 200))).toBeNull();
  });

  for (const [name, value, raw, wear] of [
    ["Media_Wearout_Indicator", 22, 0, 78],
    ["Percent_Lifetime_Remain", 97, 3, 3],
    ["Wear_Leveling_Count", 91, 1661, 9],
    ["Remaining_Lifetime_Perc", 100, 96, 4],
    ["SSD_Life_Left", 93, 0, 7],
    // Two answers of one drive are none.
    ["SSD_Life_Left", 100, 74, undefined],
    ["Wear_Leveling_Count", 200, 3, undefined],
    ["Reallocated_Sector_Ct", 90, 3, undefined],
  ] as const)
    test(`${name} ${value} with raw ${raw} is ${wear ?? "no"} percent of wear`, () => {
      expect(withAttributes(attribute(231, name, value, raw)).wearPercent).toBe(wear);
    });

  test("a table of anything else has no attributes", () => {
    expect(withAttributes(null, 7, { id: 0 }, { id: 300 }, { id: 1.5 }, { name: "X" }).attributes).toEqual([]);
  });
});
