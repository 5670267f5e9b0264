/** One reading of everything that tells of power. */
import { readHwmonChips } from "../../probes/hwmon/collect.ts";
import { parseHwmon } from "../../probes/hwmon/parse.ts";
import type { BmcAnswers } from "../../probes/ipmitool/collect.ts";
import { parseDcmiPower } from "../../probes/ipmitool/dcmi.ts";
import { parseSdr, type SdrRecord } from "../../probes/ipmitool/sdr.ts";
import { sensorsOfSdr } from "../../probes/ipmitool/sensors.ts";
import type { PsuFacts, SensorFacts } from "../../wire/hardware/management.ts";
import { assemblePsus, supplyNumberIn } from "../inventory/psus.ts";
import type { StageContext } from "../runner.ts";
import { DCMI_ARGV, SDR_ARGV } from "./commands.ts";
import type { PowerSeries } from "./facts.ts";

/** One sensor now. */
export interface Reading extends Pick<PowerSeries, "name" | "source" | "kind" | "worst"> {
  readonly value: number;
}

/** Everything at one moment. */
export interface PowerSample {
  readonly readings: readonly Reading[];
  readonly supplies: readonly PsuFacts[];
  readonly redundancy: readonly { readonly name: string; readonly states: readonly string[] }[];
  /** What the whole server draws, by each way to know it. */
  readonly totals: ReadonlyMap<string, number>;
}

/** Reading two hundred sensors over KCS takes tens of seconds. */
const SDR_MS = 30_000;
const DCMI_MS = 15_000;

const isPower = (kind: SensorFacts["kind"]): kind is PowerSeries["kind"] =>
  kind === "power" || kind === "voltage" || kind === "current";

const readingsOf = (sensors: readonly SensorFacts[]): readonly Reading[] =>
  sensors.flatMap(({ name, source, kind, reading, status }) =>
    isPower(kind) && reading !== undefined
      ? [{ name, source, kind, value: reading, ...(status === undefined ? {} : { worst: status }) }]
      : [],
  );

const REDUNDANCY = /^(?:Fully Redundant|Redundancy |Non-Redundant:)/;
/** Fans have redundancy, too. */
const OF_FANS = /\bfan/i;
/** The server as a whole, in vendors' words: Dell, HPE, Lenovo, Supermicro, Cisco. */
const WHOLE = /^(?:pwr consumption|power meter|sys(?:tem)?[ _]power|total[ _]power|power[ _]total|sys_power)\b/i;

const redundancyOf = (sdr: readonly SdrRecord[]): PowerSample["redundancy"] =>
  sdr
    .filter(({ name, states }) => states.some((state) => REDUNDANCY.test(state)) && !OF_FANS.test(name))
    .map(({ name, states }) => ({ name, states }));

/** The ways to know the total, the best first. Pure. */
export const TOTALS = [
  "the BMC's power meter (DCMI)",
  "the supplies' inputs",
  "a sensor of the whole server",
  "the power meter of ACPI",
] as const;

/** What a supply draws or, where the BMC tells no more, gives. Pure. */
export const supplyW = ({ name, inputW }: PsuFacts, readings: readonly Reading[]): number | undefined => {
  const number = supplyNumberIn(name);
  const own = readings.filter(
    (one) =>
      one.kind === "power" && one.source === "ipmi" && number !== undefined && supplyNumberIn(one.name) === number,
  );
  return inputW ?? (own.length === 1 ? own[0]?.value : undefined);
};

const sumOfInputs = (supplies: readonly PsuFacts[]): number | undefined => {
  const there = supplies.filter((supply) => supply.present !== false);
  const inputs = there.flatMap(({ inputW }) => inputW ?? []);
  return inputs.length === 0 || inputs.length < there.length
    ? undefined
    : inputs.reduce((sum, watts) => sum + watts, 0);
};

/** What the readings come to for the server. Pure. */
export const totalsOf = (readings: readonly Reading[], supplies: readonly PsuFacts[]): ReadonlyMap<string, number> => {
  const power = (source: Reading["source"], name: RegExp) =>
    readings.find((one) => one.kind === "power" && one.source === source && name.test(one.name))?.value;
  const values = [power("dcmi", /./), sumOfInputs(supplies), power("ipmi", WHOLE), power("hwmon", /^power_meter\b/)];
  return new Map(TOTALS.flatMap((way, i) => (values[i] === undefined ? [] : [[way, values[i]] as const])));
};

/** Asks once. What does not answer is left out. */
export const takePowerSample = async (context: StageContext, bmc: BmcAnswers | null): Promise<PowerSample> => {
  const { system, signal } = context;
  const readings = [...readingsOf(parseHwmon(await readHwmonChips(system.files)))];
  let supplies: readonly PsuFacts[] = [];
  let redundancy: PowerSample["redundancy"] = [];
  if (bmc !== null) {
    const sdr = parseSdr((await system.exec({ argv: SDR_ARGV, timeoutMs: SDR_MS }, signal)).stdout);
    if (sdr.ok) {
      readings.push(...readingsOf(sensorsOfSdr(sdr.facts).sensors));
      supplies = assemblePsus({ smbios: undefined, ipmi: { ...bmc, sdr: sdr.facts } });
      redundancy = redundancyOf(sdr.facts);
    }
    const dcmi = parseDcmiPower((await system.exec({ argv: DCMI_ARGV, timeoutMs: DCMI_MS }, signal)).stdout);
    if (dcmi.ok)
      readings.push({ name: "power meter", source: "dcmi", kind: "power", value: dcmi.facts.instantaneousW });
  }
  return { readings, supplies, redundancy, totals: totalsOf(readings, supplies) };
};
