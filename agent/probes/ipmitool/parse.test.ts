import { describe, expect, test } from "bun:test";
import { loadSamples } from "../../fakes/samples.ts";
import { parseController, parseGuid, parseLan, parseSelInfo } from "./controller.ts";
import { parseFru } from "./fru.ts";
import { parseIpmitool } from "./parse.ts";
import { parseSdr } from "./sdr.ts";
import { sensorsOfSdr } from "./sensors.ts";
import { splitStates, statusOfStates, worseStatus } from "./states.ts";

const factsOf = <Facts>(parsed: { readonly ok: true; readonly facts: Facts } | { readonly ok: false }): Facts => {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.facts;
};

describe("parseController", () => {
  test("reads a BMC, and takes no number for a name", () => {
    const text = `Device ID                 : 32
Device Revision           : 1
Firmware Revision         : 4.40
IPMI Version              : 2.0
Manufacturer ID           : 674
Manufacturer Name         : DELL Inc
Product ID                : 256 (0x0100)
Product Name              : Unknown (0x100)
Device Available          : yes
Additional Device Support :
    Sensor Device
Aux Firmware Rev Info     : 
    0x00
`;
    expect(parseController(text)).toEqual({
      ok: true,
      facts: { manufacturer: "DELL Inc", firmware: "4.40", ipmiVersion: "2.0" },
    });
  });

  test("what is no mc info says which line is missing", () => {
    expect(parseController("Entries : 3\n")).toMatchObject({ ok: false, place: "line 1" });
  });
});

describe("parseGuid, parseSelInfo and parseLan", () => {
  test("a GUID of zeros is none; both spellings of its line are read", () => {
    expect(parseGuid("System GUID  : 4C4C4544-0036-4D10-8052-B4C04F4C5A32\nTimestamp    : 07/17/2010\n")).toEqual({
      ok: true,
      facts: { guid: "4c4c4544-0036-4d10-8052-b4c04f4c5a32" },
    });
    expect(parseGuid("System GUID   : 00000000-0000-0000-0000-000000000000\n")).toEqual({ ok: true, facts: {} });
  });

  test("a log that does not know how full it is has entries alone", () => {
    expect(parseSelInfo("SEL Information\nEntries          : 512\nPercent Used     : 93%\n")).toEqual({
      ok: true,
      facts: { selEntryCount: 512, selUsedPercent: 93 },
    });
    expect(parseSelInfo("Entries          : 7\nPercent Used     : unknown\n")).toEqual({
      ok: true,
      facts: { selEntryCount: 7 },
    });
  });

  test("a BMC without address or MAC has none", () => {
    const lan = (address: string, mac: string) =>
      parseLan(
        `IP Address Source       : Static Address\nIP Address              : ${address}\nMAC Address             : ${mac}\n`,
      );
    expect(lan("10.20.7.41", "24:6E:96:A1:5C:0E")).toEqual({
      ok: true,
      facts: { mac: "24:6e:96:a1:5c:0e", address: "10.20.7.41", addressSource: "Static Address" },
    });
    expect(lan("0.0.0.0", "00:00:00:00:00:00")).toEqual({ ok: true, facts: { addressSource: "Static Address" } });
  });
});

describe("parseFru", () => {
  test("reads every device; an empty one has its name alone, placeholders and warnings are no data", () => {
    const text = `FRU Device Description : Builtin FRU Device (ID 0)
 Chassis Type          : Rack Mount Chassis
 Chassis Serial        : C815QAK46NB0219
 Chassis Area Checksum : OK
 Board Mfg Date        : Mon Jan  1 00:00:00 1996 UTC
 Board Mfg             : Supermicro
 Board Product         : NONE
 Board Serial          : VM20BS014402
 Product Serial        : 0123456789

FRU Device Description : PSU 2 (rear) (ID 7)
 Product Manufacturer  : DELTA
 Product Name          : DPS-750AB
 Product Serial        : ABCD1900001
 Unknown FRU header version 0x02
 Power Supply Record
  Capacity                   : 750 W

FRU Device Description : PSU1 (ID 8)
 Device not present (Requested sensor, data, or record not found)

`;
    expect(parseFru(text)).toEqual({
      ok: true,
      facts: [
        {
          name: "Builtin FRU Device",
          id: 0,
          chassisSerial: "C815QAK46NB0219",
          boardManufacturer: "Supermicro",
          boardSerial: "VM20BS014402",
        },
        {
          name: "PSU 2 (rear)",
          id: 7,
          productManufacturer: "DELTA",
          productName: "DPS-750AB",
          productSerial: "ABCD1900001",
          capacityW: 750,
        },
        { name: "PSU1", id: 8 },
      ],
    });
  });

  test("a text without a device is none of fru print", () => {
    expect(parseFru("Board Mfg : DELL\n")).toMatchObject({ ok: false, place: "line 1" });
  });
});

describe("parseSdr", () => {
  const ilo = factsOf(parseSdr(loadSamples("ipmitool").find(({ name }) => name === "sdr-ilo.txt")?.text ?? ""));
  const named = (name: string) => ilo.find((record) => record.name === name);

  test("reads each line of an iLO", () => {
    expect(ilo).toHaveLength(16);
    expect(named("01-Inlet Ambient")).toEqual({
      name: "01-Inlet Ambient",
      number: "04h",
      entity: 55,
      instance: 0,
      answers: true,
      status: "ok",
      reading: 21,
      unit: "degrees C",
      states: [],
    });
  });

  test("a sensor that is switched off has no reading and no status", () => {
    expect(named("03-CPU 2")).toEqual({
      name: "03-CPU 2",
      number: "06h",
      entity: 65,
      instance: 1,
      answers: false,
      states: [],
    });
  });

  test("a reading with states has both; the worse of threshold and states is how it is", () => {
    expect(named("Fan Block 1")).toMatchObject({ reading: 29.79, unit: "percent", states: ["Transition to Running"] });
    expect(named("Power Supply 1")).toMatchObject({ reading: 105, unit: "Watts", status: "ok" });
    expect(named("Power Supply 2")).toMatchObject({
      status: "critical",
      states: ["Presence detected", "AC out-of-range, but present"],
    });
    expect(named("11-PS 1 Inlet")?.status).toBe("warning");
    expect(named("Vcore")?.status).toBe("critical");
    expect(named("C1 P1I Bay 3")?.status).toBe("critical");
    expect(named("Power Supplies")?.status).toBe("warning");
    expect(named("Memory")?.status).toBeUndefined();
  });

  test("locators and event-only sensors are no sensors, but their lines are ipmitool's", () => {
    const text =
      "PS1              | 00h | ns  | 10.1 | Logical FRU @01h\nOS Watchdog      | 71h | ns  |  7.1 | Event-Only\n";
    expect(parseSdr(text)).toEqual({ ok: true, facts: [] });
  });

  test("a name may hold bars, an instance may count within the controller, a reading may be negative", () => {
    expect(parseSdr("a | b            | 0Ah | lnr | 29.97 | -0.50 Volts\n")).toMatchObject({
      ok: true,
      facts: [{ name: "a | b", instance: 97, reading: -0.5, status: "non-recoverable" }],
    });
  });

  test("other tables are not understood", () => {
    for (const text of ["", "CPU Temp | 42.000 | degrees C | ok | na | na\n", "a | b | c | d | e\n"])
      expect(parseSdr(text)).toMatchObject({ ok: false });
  });
});

describe("sensorsOfSdr", () => {
  const facts = (text: string) => sensorsOfSdr(factsOf(parseSdr(text)));

  test("sensors of one name go by what they belong to; degrees are Celsius", () => {
    const { sensors } = facts(`Temp             | 01h | ok  |  3.1 | 41 degrees C
Temp             | 02h | unc |  3.2 | 212 degrees F
Temp             | 03h | ns  |  3.3 | No Reading
`);
    expect(sensors).toEqual([
      { name: "processor 1 Temp", source: "ipmi", kind: "temperature", reading: 41, status: "ok" },
      { name: "processor 2 Temp", source: "ipmi", kind: "temperature", reading: 100, status: "warning" },
    ]);
  });

  test("fans by speed or by share; what is measured in percent otherwise is no fan", () => {
    const { fans, sensors } = facts(`FAN1             | 41h | ok  | 29.1 | 7420 RPM
FAN2             | 42h | lcr | 29.2 | 0 RPM
FAN3             | 43h | ns  | 29.3 | No Reading
Fan Block 1      | 0Fh | ok  |  7.1 | 29.79 percent
CPU Usage        | C0h | ok  |  7.1 | 1 percent
`);
    expect(fans).toEqual([
      { name: "FAN1", rpm: 7420, healthy: true },
      { name: "FAN2", rpm: 0, healthy: false },
      { name: "Fan Block 1", dutyPercent: 29.79, healthy: true },
    ]);
    expect(sensors.map(({ name, status }) => [name, status])).toEqual([
      ["FAN1", "ok"],
      ["FAN2", "critical"],
    ]);
  });
});

describe("statusOfStates", () => {
  test("the worst state counts, unknown ones say nothing", () => {
    expect(statusOfStates(["Presence detected"])).toBeUndefined();
    expect(statusOfStates(["Fully Redundant", "Transition to Non-recoverable", "Throttled"])).toBe("non-recoverable");
    expect(worseStatus("warning", "ok")).toBe("warning");
    expect(worseStatus(undefined, "ok")).toBe("ok");
  });

  test("what a BMC may keep from before the run never fails a server", () => {
    for (const state of ["Uncorrectable ECC", "IERR", "PCI SERR", "Bus Fatal Error"])
      expect(statusOfStates([state])).toBe("warning");
  });

  test("the one state with a comma stays whole", () => {
    expect(splitStates("Presence detected, AC out-of-range, but present, Failed")).toEqual([
      "Presence detected",
      "AC out-of-range, but present",
      "Failed",
    ]);
  });
});

describe("the answers of a real ipmitool about a simulated BMC", () => {
  const said = (name: string): string =>
    loadSamples("ipmitool").find((sample) => sample.name === `simulated-${name}.txt`)?.text ?? "";

  test("are understood as they were described to the simulator", () => {
    expect(parseController(said("mc-info"))).toEqual({
      ok: true,
      facts: { manufacturer: "Dell Inc.", firmware: "4.40", ipmiVersion: "2.0" },
    });
    expect(parseSelInfo(said("sel-info"))).toEqual({ ok: true, facts: { selEntryCount: 0, selUsedPercent: 0 } });
    expect(parseLan(said("lan"))).toEqual({ ok: true, facts: {} });
    expect(parseGuid(said("mc-guid"))).toEqual({
      ok: true,
      facts: { guid: "efcdab89-6745-23a1-efcd-ab89674523a1" },
    });
    const records = factsOf(parseSdr(said("sdr")));
    expect(records.map(({ name, reading, status, states }) => [name, reading ?? states, status])).toEqual([
      ["CPU Temp", 45, "ok"],
      ["FAN1", 6000, "ok"],
      ["FAN2", 0, "non-recoverable"],
      ["12V", 12.22, "ok"],
      ["PS1 Status", ["Presence detected"], undefined],
      ["PS2 Status", ["Presence detected", "Power Supply AC lost"], "critical"],
      ["PS Redundancy", ["Redundancy Lost"], "warning"],
    ]);
    expect(factsOf(parseFru(said("fru"))).map(({ name, id, boardSerial }) => [name, id, boardSerial])).toEqual([
      ["Builtin FRU Device", 0, "CNIVC0097J00B3"],
      ["PS1 FRU", 1, "CNLOD01"],
      ["PS2 FRU", 2, undefined],
    ]);
  });
});

describe("parseIpmitool", () => {
  test("tells the answers of a recorded server apart", () => {
    const commands = loadSamples("ipmitool").map(({ name, text }) => {
      const parsed = parseIpmitool(text);
      return `${name}: ${parsed.ok ? parsed.facts.command : parsed.reason}`;
    });
    expect(commands).toEqual([
      "sdr-ilo.txt: sdr elist",
      "sel-elist.txt: sel elist",
      "sel-empty.txt: sel elist",
      "sel-list.txt: sel elist",
      "sel-servers.txt: sel elist",
      "sel-vendors.txt: sel elist",
      "simulated-fru.txt: fru print",
      "simulated-lan.txt: lan print",
      "simulated-mc-guid.txt: mc guid",
      "simulated-mc-info.txt: mc info",
      "simulated-sdr.txt: sdr elist",
      "simulated-sel-info.txt: sel info",
      "24-ipmitool.stdout: mc info",
      "25-ipmitool.stdout: sdr elist",
      "26-ipmitool.stdout: sel info",
      "27-ipmitool.stdout: fru print",
      "28-ipmitool.stdout: lan print",
      "29-ipmitool.stdout: mc guid",
      "16-ipmitool.stdout: mc info",
      "17-ipmitool.stdout: sdr elist",
      "18-ipmitool.stdout: sel info",
      "19-ipmitool.stdout: fru print",
      "20-ipmitool.stdout: lan print",
      "21-ipmitool.stdout: mc guid",
    ]);
  });

  test("anything else is none of them", () => {
    expect(parseIpmitool("Chassis Power is on\n")).toMatchObject({ ok: false, place: "line 1" });
  });
});
