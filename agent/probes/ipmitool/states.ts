/**
 * What the states that an IPMI sensor asserts say about the hardware: a table. Pure.
 *
 * The words are ipmitool's for IPMI 2.0, tables 42-2 and 42-3. A state that is not here says nothing about health.
 */
import type { SensorFacts } from "../../wire/hardware/management.ts";

/** How a sensor is. */
export type SensorStatus = NonNullable<SensorFacts["status"]>;

/** From the best to the worst. */
const GRAVITY: readonly SensorStatus[] = ["ok", "warning", "critical", "non-recoverable"];

/** The worse of two. */
export const worseStatus = (a: SensorStatus | undefined, b: SensorStatus | undefined): SensorStatus | undefined =>
  a === undefined || (b !== undefined && GRAVITY.indexOf(b) > GRAVITY.indexOf(a)) ? b : a;

/** States by what they mean now. */
const STATES: Readonly<Record<SensorStatus, readonly string[]>> = {
  ok: ["Transition to OK", "Fully Redundant", "Limit Not Exceeded", "Predictive Failure Deasserted"],
  warning: [
    "Transition to Non-critical from OK",
    "Transition to Non-critical from more severe",
    "Transition to Degraded",
    "Limit Exceeded",
    "Predictive Failure Asserted",
    "Predictive Failure",
    "Redundancy Lost",
    "Redundancy Degraded",
    "Redundancy Degraded from Fully Redundant",
    "Redundancy Degraded from Non-Redundant",
    "Non-Redundant: Sufficient from Redundant",
    "Non-Redundant: Insufficient Resources",
    "Throttled",
    "Low",
    // Latched: many BMCs show these until they are reset, also when it happened long before this run. History alone never fails a server.
    "IERR",
    "SM BIOS Uncorrectable CPU-complex Error",
    "Uncorrectable machine check exception",
    "Correctable machine check error",
    "Correctable ECC",
    "Uncorrectable ECC",
    "Correctable ECC logging limit reached",
    "Parity",
    "Memory Scrub Failed",
    "PCI PERR",
    "PCI SERR",
    "Bus Correctable error",
    "Bus Uncorrectable error",
    "Bus Fatal Error",
    "Bus Degraded",
    "Fatal NMI",
    // About the data on the drives, which a server under test need not have.
    "In Critical Array",
    "In Failed Array",
    "Rebuild Aborted",
    "Sensor failure",
    "FRU failure",
  ],
  critical: [
    "Transition to Critical from less severe",
    "Transition to Critical from Non-recoverable",
    // Power supply. Meta's fleet check takes everything but "Presence detected" for critical (openbmc tools, check_sensors.py); so does this.
    "Failure detected",
    "Predictive failure",
    "Power Supply AC lost",
    "AC lost or out-of-range",
    "AC out-of-range, but present",
    "Config Error",
    "Config Error: Vendor Mismatch",
    "Config Error: Revision Mismatch",
    "Config Error: Processor Missing",
    "Config Error: Power Supply Rating Mismatch",
    "Config Error: Voltage Rating Mismatch",
    "AC lost",
    "Soft-power control failure",
    // Processor and memory: what is so as long as it is asserted.
    "Thermal Trip",
    "FRB1/BIST failure",
    "FRB2/Hang in POST failure",
    "FRB3/Processor startup/init failure",
    "Configuration Error",
    "Memory Device Disabled",
    "Critical Overtemperature",
    "Drive Fault",
    "Fault Status",
    // Battery.
    "Failed",
  ],
  "non-recoverable": ["Transition to Non-recoverable from less severe", "Transition to Non-recoverable"],
};

const STATUS_BY_STATE: ReadonlyMap<string, SensorStatus> = new Map(
  GRAVITY.flatMap((status) => STATES[status].map((state) => [state, status] as const)),
);

/** What all asserted states come to; undefined when none of them says anything about health. */
export const statusOfStates = (states: readonly string[]): SensorStatus | undefined =>
  states.reduce<SensorStatus | undefined>((worst, state) => worseStatus(worst, STATUS_BY_STATE.get(state)), undefined);

/** States that hold the separator of states. */
const WITH_COMMA: ReadonlyMap<string, string> = new Map([["AC out-of-range", "but present"]]);

/** `Presence detected, Power Supply AC lost` to its states. */
export const splitStates = (text: string): readonly string[] => {
  const states: string[] = [];
  for (const part of text.slice(0, 1_000).split(",")) {
    const state = part.trim();
    const last = states.at(-1);
    if (last !== undefined && WITH_COMMA.get(last) === state) states[states.length - 1] = `${last}, ${state}`;
    else if (state !== "") states.push(state);
  }
  return states;
};
