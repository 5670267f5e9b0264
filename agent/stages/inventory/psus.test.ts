import { describe, expect, test } from "bun:test";
import { parseDmidecode, type SmbiosFacts } from "../../probes/dmidecode/parse.ts";
import type { FruDevice } from "../../probes/ipmitool/fru.ts";
import { parseSdr } from "../../probes/ipmitool/sdr.ts";
import type { PsuFacts } from "../../wire/hardware/management.ts";
import { assemblePsus } from "./psus.ts";

const empty = parseDmidecode(
  "# dmidecode 3.6\nHandle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tSerial Number: A1\n",
);
const smbiosWith = (psus: readonly PsuFacts[]): SmbiosFacts => {
  if (!empty.ok) throw new Error(empty.reason);
  return { ...empty.facts, psus };
};
const psusOf = (parts: {
  readonly smbios?: readonly PsuFacts[];
  readonly fru?: readonly FruDevice[];
  readonly sdr?: string;
}) => {
  const sdr = parseSdr(parts.sdr ?? "");
  return assemblePsus({
    smbios: parts.smbios === undefined ? undefined : smbiosWith(parts.smbios),
    ipmi: { fru: parts.fru ?? [], sdr: sdr.ok ? sdr.facts : [] },
  });
};

describe("assemblePsus", () => {
  test("one power supply by firmware, FRU memory and sensors is one", () => {
    expect(
      psusOf({
        smbios: [
          { name: "PSU1", present: true, maxW: 750, serial: "S1" },
          { name: "PSU2", present: true, maxW: 750 },
        ],
        fru: [
          { name: "PSU2 FRU", productManufacturer: "DELTA", productName: "DPS-750AB", productSerial: "S2" },
          // Its own number is wrong; the serial says which it is.
          { name: "Pwr Supply 9", boardPart: "0Y26KX", boardSerial: "S1", capacityW: 800 },
        ],
        sdr: `PS1 Input Power  | 20h | ok  | 10.1 | 112 Watts
PS1 Output       | 21h | ok  | 10.1 | 96 Watts
PS1 Status       | 22h | ok  | 10.1 | Presence detected
PS2 Status       | 23h | ok  | 10.2 | Presence detected, Power Supply AC lost
PS Redundancy    | 24h | ok  | 10.3 | Redundancy Lost
`,
      }),
    ).toEqual([
      {
        name: "PSU1",
        present: true,
        maxW: 750,
        serial: "S1",
        part: "0Y26KX",
        inputW: 112,
        states: ["Presence detected"],
      },
      {
        name: "PSU2",
        present: true,
        maxW: 750,
        manufacturer: "DELTA",
        model: "DPS-750AB",
        serial: "S2",
        states: ["Presence detected", "Power Supply AC lost"],
      },
    ]);
  });

  test("a model in place of a name is the model; then the order counts", () => {
    expect(
      psusOf({
        smbios: [
          { name: "PWR SPLY,750W,RDNT,LTON#1", maxW: 750 },
          { name: "PWR SPLY,750W,RDNT,LTON#2", maxW: 750 },
        ],
        sdr: "Status           | 85h | ok  | 10.2 | Presence detected\n",
      }),
    ).toEqual([
      { name: "PSU 1", model: "PWR SPLY,750W,RDNT,LTON", maxW: 750 },
      { name: "PSU 2", model: "PWR SPLY,750W,RDNT,LTON", maxW: 750, present: true, states: ["Presence detected"] },
    ]);
  });

  test("a status sensor that asserts nothing is of an empty bay, and the sensor knows better than the firmware", () => {
    expect(
      psusOf({
        smbios: [{ name: "PSU1", present: true }],
        sdr: "PSU1_STATUS      | 26h | ok  | 10.1 |\nPSU2_STATUS      | 2Ch | ok  | 10.2 | Device Absent\n",
      }),
    ).toEqual([
      { name: "PSU1", present: false },
      { name: "PSU 2", present: false, states: ["Device Absent"] },
    ]);
  });

  test("rails of the board, other FRU devices and silent sensors are no power supplies", () => {
    expect(
      psusOf({
        fru: [
          { name: "Builtin FRU Device", id: 0, boardSerial: "B" },
          { name: "BP1", boardSerial: "C" },
        ],
        sdr: "12V              | 06h | ok  | 10.1 | 11.50 Volts\nUPS Mode         | 07h | ns  | 10.2 | No Reading\n",
      }),
    ).toEqual([]);
  });

  test("instances that count within the controller start at one, too", () => {
    expect(psusOf({ sdr: "Status           | 85h | ok  | 10.97 | Presence detected\n" })).toEqual([
      { name: "PSU 1", present: true, states: ["Presence detected"] },
    ]);
  });
});
