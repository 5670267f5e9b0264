/** Power, cooling, sensors, the management controller, firmware and the kernel's errors as tables. Pure. */
import type { FanFacts, PsuFacts, SensorFacts } from "../../agent/wire/hardware/management.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { countOf, type HardwareTable, join, type TableCell, tableOf, unit } from "./hardware-table.ts";
import type { Tone } from "./words.ts";

/** States of a power supply that are as they should be (IPMI 2.0 table 42-3, sensor type 08h, offset 0). */
const WELL = /^presence detected$/i;

const psuStateOf = ({ present, states }: PsuFacts): TableCell => {
  if (present === false) return { text: "not present", tone: "warn" };
  if (states === undefined || states.length === 0) return undefined;
  return states.every((state) => WELL.test(state)) ? "ok" : { text: states.join(", "), tone: "bad" };
};

/** The power supplies. */
export const psuTable = ({ psus }: Hardware): HardwareTable =>
  tableOf({
    id: "psus",
    title: "Power supplies",
    summary: `${psus.filter((psu) => psu.present !== false).length} of ${psus.length} present`,
    columns: [
      { title: "Name", role: "main" },
      { title: "Model" },
      { title: "Serial" },
      { title: "Most", role: "n" },
      { title: "Now", role: "n" },
      { title: "State" },
    ],
    rows: psus.map((psu) => [
      psu.name,
      join(" ", psu.manufacturer, psu.model, psu.part),
      psu.serial,
      unit(psu.maxW, "W"),
      unit(psu.inputW, "W"),
      psuStateOf(psu),
    ]),
  });

const fanSpeedOf = ({ rpm, dutyPercent, healthy }: FanFacts): TableCell => {
  const text = join(", ", unit(rpm, "rpm"), unit(dutyPercent, "%")) ?? "no reading";
  return healthy === false ? { text: `${text}, out of its limits`, tone: "bad" } : text;
};

/** The fans. */
export const fanTable = ({ fans }: Hardware): HardwareTable => {
  const bad = fans.filter((fan) => fan.healthy === false).length;
  return tableOf({
    id: "fans",
    title: "Fans",
    summary: `${countOf(fans.length, "fan")}${bad === 0 ? "" : `, ${bad} out of limits`}`,
    columns: [{ title: "Name", role: "main" }, { title: "Speed" }],
    rows: fans.map((fan) => [fan.name, fanSpeedOf(fan)]),
  });
};

const UNITS: Record<SensorFacts["kind"], string> = {
  ...{ temperature: "°C", voltage: "V", current: "A", power: "W", fan: "rpm", discrete: "" },
};
const SENSOR_TONES: Record<NonNullable<SensorFacts["status"]>, Tone> = {
  ...{ ok: "good", warning: "warn", critical: "bad", "non-recoverable": "bad" },
};

/** Sensors out of their limits; the others are counted. */
export const sensorTable = ({ sensors }: Hardware): HardwareTable => {
  const odd = sensors.filter((sensor) => sensor.status !== undefined && sensor.status !== "ok");
  return tableOf({
    id: "sensors",
    title: "Sensors",
    summary: `${countOf(sensors.length, "sensor")}, ${odd.length === 0 ? "none" : odd.length} out of limits`,
    columns: [
      { title: "Sensor", role: "main" },
      { title: "Status" },
      { title: "Reading", role: "n" },
      { title: "From", role: "opt" },
    ],
    rows: odd.map(({ name, status = "ok", reading, kind, states, source }) => [
      name,
      { text: join(", ", status, ...(states ?? [])) ?? status, tone: SENSOR_TONES[status] },
      unit(reading, UNITS[kind])?.trimEnd(),
      source,
    ]),
  });
};

/** The share of the event log from which a controller soon forgets or refuses new events. */
const FULL_PERCENT = 90;

const logOf = (bmc: NonNullable<Hardware["bmc"]>): TableCell => {
  if (bmc.selEntryCount === undefined) return undefined;
  const text = join(
    ", ",
    countOf(bmc.selEntryCount, "entry", "entries"),
    bmc.selUsedPercent === undefined ? undefined : `${bmc.selUsedPercent} % full`,
  );
  return (bmc.selUsedPercent ?? 0) >= FULL_PERCENT ? { text: text ?? "", tone: "warn" } : text;
};

/** The management controller. */
export const bmcTable = ({ bmc }: Hardware): HardwareTable =>
  tableOf({
    id: "bmc",
    title: "Management controller",
    summary:
      bmc === undefined ? "none that answers" : (join(" ", bmc.manufacturer, bmc.product, bmc.firmware) ?? "present"),
    facts:
      bmc === undefined
        ? []
        : [
            ["Model", join(" ", bmc.manufacturer, bmc.product)],
            ["Firmware", join(", IPMI ", bmc.firmware, bmc.ipmiVersion)],
            ["Address", join(", ", bmc.address, bmc.addressSource)],
            ["MAC", bmc.mac],
            ["Event log", logOf(bmc)],
            ["Serials (FRU)", join(", ", bmc.productSerial, bmc.boardSerial, bmc.chassisSerial)],
            ["GUID", bmc.guid],
          ],
  });

/** Every firmware version. */
export const firmwareTable = ({ firmware }: Hardware): HardwareTable =>
  tableOf({
    id: "firmware",
    title: "Firmware",
    summary: countOf(firmware.length, "version"),
    columns: [{ title: "Component", role: "main" }, { title: "Version" }],
    rows: firmware.map(({ component, version }) => [component, version]),
  });

/** What the kernel complained of. */
export const kernelTable = ({ kernel }: Hardware): HardwareTable =>
  tableOf({
    id: "kernel",
    title: "Kernel errors",
    summary: kernel.errors.length === 0 ? "none" : countOf(kernel.errors.length, "kind of error", "kinds of errors"),
    facts: [
      ["Kernel", kernel.release],
      ["Taints", kernel.taints.length === 0 ? undefined : { text: kernel.taints.join(", "), tone: "warn" }],
    ],
    columns: [
      { title: "About", role: "main" },
      { title: "Kind" },
      { title: "First line" },
      { title: "Times", role: "n" },
    ],
    rows: kernel.errors.map(({ kind, component, text, count, grave }) => [
      component ?? kind,
      { text: grave === true ? `${kind}, data lost` : kind, tone: grave === true ? "bad" : "warn" },
      text,
      `${count}`,
    ]),
  });
