/** What PSU says is wrong: a table of rules. Pure. */
import { statusOfStates } from "../../probes/ipmitool/states.ts";
import type { Limits } from "../limits.ts";
import { loadFinding } from "../load-facts.ts";
import type { Finding, Rule } from "../rule.ts";
import type { PsuStageFacts } from "./facts.ts";
import type { PSU_LIMITS } from "./limits.ts";

type Figures = Limits<typeof PSU_LIMITS>;

const rounded = (value: number): number => Math.round(value * 100) / 100;

const skipped = (component: string, message: string): readonly Finding[] => [
  { verdict: "SKIPPED", component, message },
];

const findStatus = ({ supplies, sources }: PsuStageFacts): readonly Finding[] => {
  const ipmi = sources.find(({ source }) => source === "ipmi");
  if (supplies.length === 0) {
    const message = ipmi?.reason ?? "No source tells of power supplies.";
    return [
      {
        verdict: ipmi?.status === "ok" || ipmi?.status === "device-absent" ? "SKIPPED" : "ERROR",
        component: "power supplies",
        message,
      },
    ];
  }
  return supplies.map(({ name, present, states }): Finding => {
    if (present === false) return { verdict: "SKIPPED", component: name, message: "Its bay is empty." };
    const status = statusOfStates(states);
    const bad = states.filter((state) => statusOfStates([state]) === status);
    if (status === "critical" || status === "non-recoverable")
      return { verdict: "FAIL", component: name, message: `The power supply says: ${bad.join(", ")}.` };
    if (status === "warning")
      return { verdict: "WARN", component: name, message: `The power supply says: ${bad.join(", ")}.` };
    if (states.length === 0)
      return { verdict: "SKIPPED", component: name, message: "The BMC does not tell how it is." };
    return {
      verdict: "PASS",
      component: name,
      message: `Idle and under load it says no more than: ${states.join(", ")}.`,
    };
  });
};

const findRails = ({ series }: PsuStageFacts): readonly Finding[] => {
  const rails = series.filter(({ kind, worst }) => kind === "voltage" && worst !== undefined);
  if (rails.length === 0) return skipped("voltages", "No voltage has thresholds of its own here.");
  return rails.map(({ name, worst, idle, load }): Finding => {
    const envelope = load ?? idle;
    const range = envelope === undefined ? "no reading" : `${rounded(envelope.min)} to ${rounded(envelope.max)} V`;
    const verdict = worst === "ok" ? "PASS" : worst === "warning" ? "WARN" : "FAIL";
    const message =
      worst === "ok"
        ? `Under load it was ${range}, within its thresholds.`
        : `The sensor was ${worst} by its own thresholds: ${range}.`;
    return {
      verdict,
      component: `voltage ${name}`.slice(0, 200),
      message,
      measured: range,
      limit: "the sensor's own thresholds",
    };
  });
};

const findRise = ({ total, burst, order }: PsuStageFacts, { risePercent }: Figures): readonly Finding[] => {
  const component = "server";
  if (burst !== undefined) {
    const load = loadFinding(component, burst.load, order.loadS);
    if (load.verdict !== "PASS")
      return [{ verdict: "ERROR", component, message: `The load did not run as ordered. ${load.message}` }];
  }
  if (total === undefined || burst === undefined)
    return skipped(component, "Nothing tells what the server as a whole draws.");
  const { by, idle, load } = total;
  const rise = (load.max / Math.max(1, idle.mean) - 1) * 100;
  const watts = `By ${by} it draws ${rounded(idle.mean)} W idle and up to ${rounded(load.max)} W under load.`;
  const figures = { measured: `${Math.round(rise)} %`, limit: `at least ${risePercent} %` };
  if (load.min === load.max && load.max === idle.max && idle.min === idle.max)
    return [{ verdict: "ERROR", component, message: `${watts} The reading never changed: it is stuck.`, ...figures }];
  if (rise < risePercent) return [{ verdict: "WARN", component, message: `${watts} That is hardly more.`, ...figures }];
  return [{ verdict: "PASS", component, message: watts, ...figures }];
};

const findShares = ({ supplies }: PsuStageFacts, { sharePercent }: Figures): readonly Finding[] => {
  const sharing = supplies.flatMap(({ name, present, loadW }) =>
    present === false || loadW === undefined ? [] : [{ name, watts: loadW.mean }],
  );
  const total = sharing.reduce((sum, { watts }) => sum + watts, 0);
  if (sharing.length < 2 || total <= 0)
    return skipped("power supplies", "There are no two supplies whose power is told.");
  const equal = total / sharing.length;
  return sharing.map(({ name, watts }): Finding => {
    const off = Math.abs(watts / equal - 1) * 100;
    return {
      verdict: off > sharePercent ? "WARN" : "PASS",
      component: name,
      message: `Under load it carries ${rounded(watts)} W of ${rounded(total)} W; an equal share is ${rounded(equal)} W.`,
      measured: `${Math.round(off)} % off`,
      limit: `at most ${sharePercent} %`,
    };
  });
};

const findRedundancy = ({ redundancy }: PsuStageFacts): readonly Finding[] => {
  if (redundancy.length === 0)
    return skipped("power supplies", "No sensor tells whether the supplies back each other up.");
  return redundancy.map(({ name, states }): Finding => {
    const lost = states.filter((state) => state !== "Fully Redundant");
    const message =
      lost.length === 0
        ? "The supplies back each other up, idle and under load."
        : `The sensor says: ${lost.join(", ")}.`;
    return { verdict: lost.length === 0 ? "PASS" : "WARN", component: name.slice(0, 200), message };
  });
};

/** The rules. */
export const PSU_RULES: readonly Rule<PsuStageFacts, Figures>[] = [
  {
    code: "psu.status",
    worst: "FAIL",
    source: "IPMI 2.0, table 42-3, power supply; Meta's fleet check: nothing but its presence may be asserted",
    action: "Connect its power cord, or seat it again, and run the stage again. If it still says so, replace it.",
    find: findStatus,
  },
  {
    code: "psu.rails",
    worst: "FAIL",
    source: "the voltage sensor's own critical thresholds (IPMI SDR), idle and under load",
    action: "Swap the power supplies; if the voltage stays off, suspect the board's regulator.",
    find: findRails,
  },
  {
    code: "psu.power",
    worst: "WARN",
    source:
      "the server's power under load against idle (limits.psu.risePercent); a reading that never changes measures nothing",
    action: "Look for a power cap in the BMC or the BIOS setup; restart the BMC if its reading is stuck.",
    find: findRise,
  },
  {
    code: "psu.share",
    worst: "WARN",
    source: "supplies that share a load do so evenly (limits.psu.sharePercent)",
    action: "See whether one is set to standby; else swap the supplies and replace the one that keeps the odd share.",
    find: findShares,
  },
  {
    code: "psu.redundancy",
    worst: "WARN",
    source: "IPMI 2.0, table 42-2, redundancy states: everything but Fully Redundant",
    action: "See that every supply has its cord, that their models are the same, and what the BMC is set to.",
    find: findRedundancy,
  },
];
