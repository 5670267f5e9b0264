/** What network interfaces say. Pure. */
import type { Finding } from "../stages/rule.ts";
import type { Change, Watch } from "../wire/watch.ts";
import type { WatchLimits } from "./limits.ts";
import { changesOf, countOf, grownOf, growthOf, orQuiet, type WatchRule } from "./rule.ts";

const details = ({ detail }: Change): string => (detail === undefined ? "" : ` (${detail})`);

const findFrames = (watch: Watch, { frameFailCount }: WatchLimits): readonly Finding[] =>
  grownOf(watch, "nic-errors").map((change) => {
    const fails = growthOf(change) >= frameFailCount;
    return {
      verdict: fails ? "FAIL" : "WARN",
      component: `NIC ${change.component}`,
      message: `Frames were damaged${details(change)}.`,
      measured: `${growthOf(change)}`,
      limit: fails ? `below ${frameFailCount}` : "0",
    };
  });

const findMissed = (watch: Watch): readonly Finding[] =>
  grownOf(watch, "nic-missed").map((change) => ({
    verdict: "WARN",
    component: `NIC ${change.component}`,
    message: "The interface had no room for frames that came.",
    measured: `${growthOf(change)}`,
    limit: "0",
  }));

/** A link that is there at both ends of the stage and changed in between went and came back. One that a stage switches on or off is no flap. */
const findFlaps = (watch: Watch, { flapFailCount }: WatchLimits): readonly Finding[] => {
  const speeds = new Map((changesOf(watch, "nic-speed") ?? []).map((change) => [change.component, change]));
  const flaps = grownOf(watch, "nic-carrier").flatMap((change): Finding[] => {
    const speed = speeds.get(change.component);
    const times = Math.floor(growthOf(change) / 2);
    if (times === 0 || speed?.before === 0 || speed?.after === 0) return [];
    const fails = times >= flapFailCount;
    return [
      {
        verdict: fails ? "FAIL" : "WARN",
        component: `NIC ${change.component}`,
        message: `Its link went and came back ${times === 1 ? "once" : `${times} times`}.`,
        measured: `${times}`,
        limit: fails ? `below ${flapFailCount}` : "0",
      },
    ];
  });
  const lost = [...speeds.values()].filter(({ before, after }) => before > 0 && after < before);
  return [
    ...flaps,
    ...lost.map(
      ({ component, before, after }): Finding => ({
        verdict: "WARN",
        component: `NIC ${component}`,
        message: after === 0 ? "Its link went during the stage." : "Its link became slower during the stage.",
        measured: `${after} Mb/s`,
        limit: `${before} Mb/s`,
      }),
    ),
  ];
};

/** The rules. */
export const NIC_RULES: readonly WatchRule[] = [
  {
    code: "watch.nic-errors",
    worst: "FAIL",
    source: "counters of damaged frames (limits.watch.frameFailCount); practice: 0, and 1 warns",
    action: "Replace cable or transceiver; try another port of the switch.",
    find: (watch, limits) =>
      orQuiet(findFrames(watch, limits), watch, {
        component: "NICs",
        sources: ["nics"],
        message: `No damaged frame at ${countOf(watch, "nic-errors", "interfaces")}.`,
      }),
  },
  {
    code: "watch.nic-missed",
    worst: "WARN",
    source:
      "rx_missed_errors (Documentation/networking/statistics.rst): the host was too slow, or interrupts were lost",
    action: "Compare with a server of the same kind; look at the interface's slot and its PCI Express link.",
    find: (watch) =>
      orQuiet(findMissed(watch), watch, { component: "NICs", sources: ["nics"], message: "No frame was missed." }),
  },
  {
    code: "watch.nic-link",
    worst: "FAIL",
    source: "carrier changes and speed of each link (limits.watch.flapFailCount); practice: 0 flaps",
    action: "Seat or replace cable and transceiver; look at the switch's log.",
    find: (watch, limits) =>
      orQuiet(findFlaps(watch, limits), watch, {
        component: "NICs",
        sources: ["nics"],
        message: "Every link stayed as it was.",
      }),
  },
];
