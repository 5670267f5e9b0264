import { describe, expect, test } from "bun:test";
import { loadSamples } from "../../fakes/samples.ts";
import { parseIpmitool } from "./parse.ts";
import { parseSel, type SelEvent, type SelList } from "./sel.ts";

const fixture = (name: string): string => {
  const text = loadSamples("ipmitool-sel").find((sample) => sample.name === `${name}.txt`)?.text;
  if (text === undefined) throw new Error(`no fixture ${name}`);
  return text;
};

const listOf = (text: string): SelList => {
  const parsed = parseSel(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.facts;
};

const eventOf = (id: number): SelEvent => {
  const event = listOf(fixture("sel-servers")).events.find((one) => one.id === id);
  if (event === undefined) throw new Error(`no event ${id}`);
  return event;
};

describe("parseSel", () => {
  test("reads a recorded log: before the clock was set, after it, and records of the vendor", () => {
    const { events, eventCount } = listOf(fixture("sel-elist"));
    const at = (time: string) => ({ atMs: Date.parse(`2026-11-20T${time}Z`) });
    const [asserted, deasserted] = [{ direction: "asserted" }, { direction: "deasserted" }] as const;
    const sinceStartS = 28_602;
    const supply = { sensor: "Power Supply PSU2 Status", event: "Power Supply AC lost" };
    const heat = { sensor: "Temperature CPU1 Temp", event: "Upper Critical going high" };
    expect(eventCount).toBe(15);
    expect(events.slice(0, 8)).toEqual([
      { id: 1, sinceStartS, sensor: "Event Logging Disabled #0x05", event: "Log area reset/cleared", ...asserted },
      { id: 2, sinceStartS, sensor: "Power Supply PSU2 Status", event: "Presence detected", ...asserted },
      { id: 3, ...at("08:15:30"), ...supply, ...asserted },
      { id: 4, ...at("08:15:30"), ...supply, ...deasserted },
      { id: 5, ...at("09:00:00"), sensor: "Memory DIMM A2", event: "Correctable ECC", ...asserted },
      { id: 6, ...at("09:00:00"), sensor: "Memory DIMM A2", event: "Uncorrectable ECC", ...asserted },
      { id: 7, ...at("09:00:00"), ...heat, ...asserted, detail: "Reading 98 > Threshold 90 degrees C" },
      { id: 8, ...at("09:00:00"), ...heat, ...deasserted, detail: "Reading 80 < Threshold 90 degrees C" },
    ]);
    expect(events.slice(13)).toEqual([
      { id: 14, ...at("10:00:01"), sensor: "OEM record c1", event: "000157", detail: "010203040506" },
      { id: 15, sensor: "OEM record e0", event: "000102030405060708090a0b0c" },
    ]);
  });

  test("reads sel list, which has numbers in place of names", () => {
    const list = listOf(fixture("sel-list"));
    expect(list.eventCount).toBe(15);
    expect(list.events[5]).toMatchObject({ id: 6, sensor: "Memory #0x87", event: "Uncorrectable ECC" });
  });

  test("a bar within the words of a maker is no end of a column", () => {
    const events = listOf(fixture("sel-vendors")).events;
    expect(events).toHaveLength(11);
    expect(events.find(({ id }) => id === 4)).toEqual({
      ...{ id: 4, atMs: Date.parse("2025-10-02T17:40:11Z"), sensor: "Memory ECC Uncorr Err" },
      ...{ event: "Uncorrectable ECC (UnCorrectable ECC | DIMMA3)", direction: "asserted" },
    });
    expect(events.find(({ id }) => id === 0x1b)).toEqual({
      ...{ id: 0x1b, sensor: "Power Supply #0x63", event: "Failure detected", direction: "asserted" },
    });
    expect(events.find(({ id }) => id === 0x1c)?.atMs).toBeUndefined();
    expect(events.find(({ id }) => id === 0x1e)?.direction).toBeUndefined();
    expect(events.at(-1)).toEqual({ id: 0x12c, sensor: "OEM record dc", event: "000137", detail: "060000000000" });
  });

  test("an empty log is none that is not understood", () => {
    expect(listOf(fixture("sel-empty"))).toEqual({ events: [], eventCount: 0 });
    expect(parseSel("").ok).toBe(false);
    expect(parseSel("Could not open device at /dev/ipmi0\n").ok).toBe(false);
  });

  test("reads what servers of several makers add", () => {
    expect(eventOf(0x3e)).toEqual({
      ...{ id: 0x3e, atMs: Date.parse("2025-10-02T22:07:09Z"), sensor: "Temperature Inlet Temp" },
      ...{ event: "Upper Non-critical going high", direction: "deasserted" },
      detail: "Reading 28 > Threshold 28 degrees C",
    });
    expect(eventOf(0x1a6)).toMatchObject({ sensor: "Memory", event: "Correctable ECC", detail: "CPU 0 DIMM 8" });
    expect(eventOf(0x80)).toEqual({
      ...{ id: 0x80, atMs: Date.parse("2000-01-01T00:01:14Z"), sensor: "Fan #0x75", event: "Lower Critical going low" },
    });
    expect(eventOf(0x145)).toMatchObject({ sensor: "Critical Interrupt PCIe Cor Sensor", event: "" });
    expect(eventOf(2)).toEqual({ id: 2, sensor: "Chassis #0xa9", event: "State Asserted" });
  });

  test("reads halves of days, and tells no time of a zone that it does not know", () => {
    expect(eventOf(0x448).atMs).toBe(Date.parse("2026-09-17T23:31:42Z"));
    expect(eventOf(0x7f0)).toEqual({
      ...{ id: 0x7f0, sensor: "Power Supply PS1 Status", event: "Failure detected", direction: "asserted" },
    });
    const at = (day: string, time: string) =>
      listOf(` 1 | ${day} | ${time} | Fan FAN1 | x | Asserted\n`).events[0]?.atMs;
    expect(at("09/16/26", "12:00:00 AM UTC")).toBe(Date.parse("2026-09-16T00:00:00Z"));
    expect(at("09/16/26", "12:00:00 PM UTC")).toBe(Date.parse("2026-09-16T12:00:00Z"));
    for (const day of ["02/31/2026", "13/01/2026", "2026-09-16"]) expect(at(day, "00:00:00")).toBeUndefined();
  });

  test("of a log that is too long the last events are kept, in their order", () => {
    const line = (i: number) => `${(i % 65_536).toString(16)} | 01/02/2026 | 03:04:05 | Fan FAN1 | ${i} | Asserted\n`;
    const { events, eventCount } = listOf(Array.from({ length: 5_000 }, (_, i) => line(i)).join(""));
    expect(eventCount).toBe(5_000);
    expect(events).toHaveLength(4_096);
    expect(events.map(({ event }) => Number(event))).toEqual(Array.from({ length: 4_096 }, (_, i) => 904 + i));
  });

  test("sensors are no events, and events are no sensors", () => {
    expect(
      parseSel("Inlet Temp       | 04h | ok  |  7.1 | 21 degrees C\nFAN1 | 41h | ns  | 29.1 | No Reading\n").ok,
    ).toBe(false);
    for (const name of ["sel-elist", "sel-list", "sel-vendors", "sel-servers", "sel-empty"])
      expect(parseIpmitool(fixture(name))).toMatchObject({ ok: true, facts: { command: "sel elist" } });
  });
});
