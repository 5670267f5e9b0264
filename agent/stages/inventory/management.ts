/** The management controller, sensors and fans of the inventory. Pure. */
import { BUILTIN_FRU_ID } from "../../probes/ipmitool/fru.ts";
import { sensorsOfSdr } from "../../probes/ipmitool/sensors.ts";
import { present } from "../../probes/label.ts";
import type { BmcFacts, FanFacts, SensorFacts } from "../../wire/hardware/management.ts";
import type { ProbeFacts } from "./probes.ts";

/** As many as a report can hold; a server of eight sockets has some seven hundred with those of every core. */
const MAX_SENSORS = 1_000;

/** The BMC; undefined when none answered. */
export const assembleBmc = ({ ipmi }: Pick<ProbeFacts, "ipmi">): BmcFacts | undefined => {
  if (ipmi?.controller === undefined) return undefined;
  const server = ipmi.fru?.find((device) => device.id === BUILTIN_FRU_ID);
  return {
    ...ipmi.controller,
    ...ipmi.guid,
    ...ipmi.lan,
    ...ipmi.sel,
    ...present({
      productSerial: server?.productSerial,
      boardSerial: server?.boardSerial,
      chassisSerial: server?.chassisSerial,
    }),
  };
};

/** Sensors of the BMC, then the kernel's. */
export const assembleSensors = ({ ipmi, hwmon }: Pick<ProbeFacts, "ipmi" | "hwmon">): SensorFacts[] =>
  [...sensorsOfSdr(ipmi?.sdr ?? []).sensors, ...(hwmon ?? [])].slice(0, MAX_SENSORS);

/** The fans as the BMC knows them; where it knows none, as the kernel does. Both count the same fans, so one of them is enough. */
export const assembleFans = ({ ipmi, hwmon }: Pick<ProbeFacts, "ipmi" | "hwmon">): FanFacts[] => {
  const { fans } = sensorsOfSdr(ipmi?.sdr ?? []);
  if (fans.length > 0) return [...fans];
  return (hwmon ?? [])
    .filter(({ kind }) => kind === "fan")
    .map(({ name, reading }) => ({ name, ...present({ rpm: reading }) }));
};
