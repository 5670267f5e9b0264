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
    const atMs = Date.parse("2026-09-16T09:08:17Z");
    const asserted = { direction: "asserted" } as const;
    expect(listOf(fixture("sel-simulated"))).toEqual({
      eventCount: 11,
      events: [
        { id: 1, sinceStartS: 29_578, sensor: "Event Logging Disabled #0x07", event: "Log area reset/cleared", ...asserted },
        { id: 2, sinceStartS: 29_578, sensor: "Power Supply #0x51", event: "Power Supply AC lost", ...asserted },
        { id: 3, atMs, sensor: "Memory #0x53", event: "Correctable ECC", ...asserted },
        { id: 4, atMs, sensor: "Memory #0x53", event: "Uncorrectable ECC", ...asserted },
        { id: 5, atMs, sensor: "Power Supply #0x51", event: "Power Supply AC lost", direction: "deasserted" },
        { id: 6, atMs, sensor: "Temperature #0x30", event: "Upper Critical going high", ...asserted },
        { id: 7, atMs, sensor: "Temperature #0x30", event: "Upper Critical going high", direction: "deasserted" },
        { id: 8, atMs, sensor: "Critical Interrupt #0x45", event: "Bus Uncorrectable error", ...asserted },
        { id: 9, atMs, sensor: "OEM record dd", event: "000157", detail: "010203040506" },
        { id: 10, sensor: "OEM record e0", event: "0102030405060708090a0b0c0d" },
        { id: 11, atMs, sensor: "Unknown #0x10", event: "", ...asserted },
      ],
    });
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
    const at = (day: string, time: string) => listOf(` 1 | ${day} | ${time} | Fan FAN1 | x | Asserted\n`).events[0]?.atMs;
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
    expect(parseSel("Inlet Temp       | 04h | ok  |  7.1 | 21 degrees C\nFAN1 | 41h | ns  | 29.1 | No Reading\n").ok).toBe(false);
    for (const name of ["sel-simulated", "sel-servers", "sel-empty"])
      expect(parseIpmitool(fixture(name))).toMatchObject({ ok: true, facts: { command: "sel elist" } });
  });
});
