/** What Network says of the figures that were measured: against the box, at full speed with a partner, and what had to be sent again. Pure. */
import type { Verdict } from "../../wire/names.ts";
import type { Limits } from "../limits.ts";
import type { Finding } from "../rule.ts";
import type { Measurement, NetworkFacts, Port, Trouble } from "./facts.ts";
import type { NETWORK_LIMITS } from "./limits.ts";

type Figures = Limits<typeof NETWORK_LIMITS>;

/** The name of a port in checks. */
export const componentOf = ({ mac }: Pick<Port, "mac">): string => `NIC ${mac}`;

const TROUBLE_WORDS: Readonly<Record<Trouble, string>> = {
  refused: "Nobody listened at the other end",
  unreachable: "The other end did not answer",
  busy: "The other end was busy with another measurement",
  lost: "The other end went away during the measurement",
  "no-partner": "The partner did not come",
  tool: "iperf3 gave no result",
};

const WAYS = ["to", "from"] as const;
const round = (mbps: number): number => (mbps < 100 ? Math.round(mbps * 10) / 10 : Math.round(mbps));

/** TCP's own bytes come on top of the payload, so a port that carried the measurement counted more; some drivers count with a delay. */
const LEAST_OWN_SHARE = 0.5;

/** Whether the traffic of a measurement went through another port: two ports on one network may answer for each other (ip-sysctl.rst, `arp_ignore`). */
const wentElsewhere = ({ mbps, portBytes }: Measurement, loadS: number): boolean =>
  mbps !== undefined && portBytes !== undefined && portBytes < (LEAST_OWN_SHARE * mbps * 1e6 * loadS) / 8;

const whyUnmeasured = (all: readonly Measurement[], loadS: number): string | null => {
  const failed = all.find(({ mbps }) => mbps === undefined);
  if (failed !== undefined) {
    const words = TROUBLE_WORDS[failed.trouble ?? "tool"];
    const tries = failed.tries > 1 ? `, ${failed.tries} times` : "";
    return `${words}${tries}${failed.reason === undefined ? "" : `: ${failed.reason}`}.`;
  }
  return all.some((one) => wentElsewhere(one, loadS))
    ? "The traffic went through another port of the host: this port's own counters did not see it."
    : null;
};

/** What the figures are held against. */
interface Floor {
  readonly mbps: number;
  /** What it is a share of. */
  readonly of: string;
}

/** One direction of one port. */
const judgeWay = (
  port: Port,
  way: (typeof WAYS)[number],
  all: readonly Measurement[],
  other: string,
  floor: Floor | string,
  loadS: number,
): Finding => {
  const component = componentOf(port);
  const course = way === "to" ? `from this host to ${other}` : `from ${other} to this host`;
  const least = Math.min(...all.flatMap(({ mbps }) => mbps ?? []));
  const measured = Number.isFinite(least) ? { measured: `${round(least)} Mb/s` } : {};
  const tooSlow = typeof floor !== "string" && least < floor.mbps;
  const why = all.length === 0 ? "It was not measured." : whyUnmeasured(all, loadS);
  if (why !== null && !tooSlow)
    return { verdict: "ERROR", component, message: `Sending ${course}: ${why}`, ...measured };
  const speed = `${round(least)} Mb/s ${course}`;
  if (typeof floor === "string")
    return {
      verdict: "SKIPPED",
      component,
      message: `${speed}; there is nothing to hold it against: ${floor}`,
      ...measured,
    };
  const verdict: Verdict = tooSlow ? "FAIL" : "PASS";
  const message = `${speed}${tooSlow ? `, too little for ${floor.of}` : ""}.`;
  return { verdict, component, message, ...measured, limit: `at least ${round(floor.mbps)} Mb/s` };
};

/** What a port must reach against the box; a text says why nobody knows. */
const boxFloor = (port: Port, facts: NetworkFacts, { floorMbps, floorPercent }: Figures): Floor | string => {
  if (floorMbps > 0) return { mbps: floorMbps, of: "what the spec expects" };
  const box = facts.box?.mbps;
  if (port.mbps === undefined) return "the port tells no speed, and the spec names no floorMbps.";
  if (box === undefined) return "the box's own link tells no speed, and the spec names no floorMbps.";
  const slower = Math.min(port.mbps, box);
  return { mbps: (slower * floorPercent) / 100, of: `a link of ${slower} Mb/s` };
};

/** Why a port was not measured although the box was there; null when it should have been. The one that booted the host has a link and an address. */
const whyLeftOut = (port: Port): string | null => {
  if (port.name === undefined) return "No interface of the host has this address now.";
  if (port.linkUp === false) return "It has no link.";
  return port.address === undefined ? "It has no address: no DHCP server answered it." : null;
};

/** Each direction of each port against the box. */
export const findThroughput = (facts: NetworkFacts, limits: Figures): readonly Finding[] => {
  if (facts.ports.length === 0)
    return [{ verdict: "ERROR", component: "network", message: "The inventory has no network port with an address." }];
  return facts.ports.flatMap((port): readonly Finding[] => {
    const component = componentOf(port);
    const left = whyLeftOut(port);
    if (left !== null) return [{ verdict: port.boot ? "ERROR" : "SKIPPED", component, message: left }];
    if (facts.box === null)
      return [{ verdict: "ERROR", component, message: "The box gave no server to measure against." }];
    const floor = boxFloor(port, facts, limits);
    return WAYS.map((way) => {
      const own = port.measurements.filter((one) => one.with === "box" && one.direction === way);
      return judgeWay(port, way, own, "the box", floor, facts.loadS);
    });
  });
};

const whyNoPartner = ({ peer, pairWaitS }: NetworkFacts): string => {
  if (peer !== null) return `${peer.hostName}, which measured with this host, has no further port of its speed.`;
  return pairWaitS === 0
    ? "the order asks for no partner (pairWaitS is 0)."
    : `no other server under test with a port of its speed came within ${pairWaitS} s.`;
};

/** Ports that are faster than the box's link, with the partner. */
export const findFullSpeed = (facts: NetworkFacts, { floorPercent }: Figures): readonly Finding[] =>
  facts.ports.flatMap((port): readonly Finding[] => {
    const { peer, box } = facts;
    const paired = peer?.macs.includes(port.mac) === true;
    const tooFast = port.mbps !== undefined && box?.mbps !== undefined && port.mbps > box.mbps;
    if (!paired && (!tooFast || port.linkUp === false)) return [];
    if (peer === null || !paired) {
      const message = `${port.mbps} Mb/s is more than the box's ${box?.mbps} Mb/s, and it was measured at those only: ${whyNoPartner(facts)}`;
      return [{ verdict: "SKIPPED", component: componentOf(port), message }];
    }
    const slower = Math.min(port.mbps ?? peer.mbps, peer.mbps);
    const floor = { mbps: (slower * floorPercent) / 100, of: `two ports of ${slower} Mb/s` };
    const other = `its partner ${peer.hostName}`;
    return WAYS.map((way) => {
      const own = port.measurements.filter((one) => one.with === "peer" && one.direction === way);
      const finding = judgeWay(port, way, own, other, floor, facts.loadS);
      const twoEnds = `Either end may be at fault; ${peer.hostName} has a check of its own.`;
      return finding.verdict === "PASS" ? finding : { ...finding, message: `${finding.message} ${twoEnds}` };
    });
  });

/** Segments that had to be sent again, in percent; null when nobody counted. */
const resentPercent = ({ retransmits, sentBytes, segmentBytes = 1448 }: Measurement): number | null =>
  retransmits === undefined || sentBytes === undefined || sentBytes === 0
    ? null
    : (retransmits * segmentBytes * 100) / sentBytes;

/** What had to be sent again, of the worst measurement of each port. */
export const findRetransmits = (facts: NetworkFacts, { retransmitPercent }: Figures): readonly Finding[] =>
  facts.ports.flatMap((port): readonly Finding[] => {
    if (port.measurements.length === 0) return [];
    const component = componentOf(port);
    const worst = Math.max(-1, ...port.measurements.flatMap((one) => resentPercent(one) ?? []));
    if (worst < 0) return [{ verdict: "SKIPPED", component, message: "Nobody counted what was sent again." }];
    const share = `${worst.toFixed(3)} %`;
    return [
      {
        verdict: worst > retransmitPercent ? "WARN" : "PASS",
        component,
        message: `${share} of the segments had to be sent again, where it was most.`,
        measured: share,
        limit: `at most ${retransmitPercent} %`,
      },
    ];
  });
