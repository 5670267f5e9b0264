/** What of a management controller changes while it runs: its log, what sensors read, what is wrong with power supplies. */
import type { ServerSpec } from "../declaration.ts";
import { type BmcSpec, isShown, type SensorSpec } from "../declared-bmc.ts";
import type { FaultSpec } from "../declared-faults.ts";
import type { PsuSpec } from "../declared-smbios.ts";
import { RackRefusal } from "../refusal.ts";
import { openLog, type SelLog } from "./log.ts";

/** Faults that are the controller's to show. */
export type BmcFault = Extract<FaultSpec, { readonly kind: "sel" | "sensor" | "psu" }>;
/** What is wrong with a power supply; undefined if nothing. */
export type PsuFault = PsuSpec["fault"];

/** The state of a controller. */
export interface BmcState {
  readonly log: SelLog;
  readingOf(sensor: SensorSpec): number;
  faultOf(psu: PsuSpec): PsuFault;
  /** Makes a fault; refuses a name that is not declared, and a reading that the sensor cannot show. */
  change(fault: BmcFault): void;
}

const MS_PER_S = 1000;

/** What the script says at this time after power-on: its last reading whose time has come. */
const scripted = ({ script, reading }: SensorSpec, sinceS: number): number =>
  script
    .filter(({ atS }) => atS <= sinceS)
    .toSorted((a, b) => a.atS - b.atS)
    .at(-1)?.reading ?? reading;

/** The controller as it is at power-on, by a clock that tells milliseconds since 1970. */
export const openBmcState = (spec: ServerSpec, bmc: BmcSpec, now: () => number): BmcState => {
  const startedMs = now();
  const readings = new Map<string, number>();
  const faults = new Map<string, PsuFault>();
  const names = [...bmc.sensors, ...spec.psus].map(({ name }) => name);
  const log = openLog(bmc.sel, names, now);
  const unknown = (name: string): RackRefusal =>
    new RackRefusal("unknown", `${spec.name}: its controller has no ${name}`);
  const changes: { readonly [K in BmcFault["kind"]]: (fault: Extract<BmcFault, { kind: K }>) => void } = {
    sel: (event) => {
      if (event.sensor !== undefined && !names.includes(event.sensor)) throw unknown(event.sensor);
      log.write(event);
    },
    sensor: ({ sensor: name, reading }) => {
      const sensor = bmc.sensors.find((candidate) => candidate.name === name);
      if (sensor === undefined) throw unknown(name);
      if (!isShown(sensor.kind, reading))
        throw new RackRefusal("invalid", `a ${sensor.kind} sensor cannot show it`, "reading");
      readings.set(name, reading);
    },
    psu: ({ psu: name, fault }) => {
      if (!spec.psus.some((psu) => psu.name === name)) throw unknown(name);
      faults.set(name, fault);
    },
  };
  return {
    log,
    readingOf: (sensor) => readings.get(sensor.name) ?? scripted(sensor, (now() - startedMs) / MS_PER_S),
    faultOf: (psu) => (faults.has(psu.name) ? faults.get(psu.name) : psu.fault),
    change: <K extends BmcFault["kind"]>(fault: Extract<BmcFault, { kind: K }>) => changes[fault.kind as K](fault),
  };
};
