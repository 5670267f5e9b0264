/** What Network says is wrong: a table of rules. Pure. */
import type { Limits } from "../limits.ts";
import type { Rule } from "../rule.ts";
import type { NetworkFacts } from "./facts.ts";
import type { NETWORK_LIMITS } from "./limits.ts";
import { findDuplex, findErrors, findFlaps, findLinks, findSpeeds } from "./link-rules.ts";
import { findFullSpeed, findRetransmits, findThroughput } from "./throughput-rules.ts";

const CABLE = "Seat the cable again, then change cable and transceiver, then the port of the switch.";

/** The rules, in the order of the checks. */
export const NETWORK_RULES: readonly Rule<NetworkFacts, Limits<typeof NETWORK_LIMITS>>[] = [
  {
    code: "network.link",
    worst: "FAIL",
    source: "the inventory of the same run",
    action: CABLE,
    find: findLinks,
  },
  {
    code: "network.link-speed",
    worst: "FAIL",
    source: "what both ends of the link say of themselves (IEEE 802.3 clause 28, autonegotiation)",
    action: `A pair of wires may be broken. ${CABLE}`,
    find: findSpeeds,
  },
  {
    code: "network.duplex",
    worst: "FAIL",
    source: "a switched link is full duplex; half is what remains when autonegotiation fails (IEEE 802.3 clause 28)",
    action: "Look whether speed or duplex are fixed at the port of the switch; then change the cable.",
    find: findDuplex,
  },
  {
    code: "network.link-flaps",
    worst: "FAIL",
    source: "carrier_changes of the kernel; a link that is left alone does not change",
    action: CABLE,
    find: findFlaps,
  },
  {
    code: "network.errors",
    worst: "FAIL",
    source:
      "rx_crc_errors, rx_frame_errors, rx_missed_errors and tx_errors of the kernel do not grow on a link in order",
    action: `Damaged frames are the cable's, missed ones the card's or its slot's. ${CABLE}`,
    find: findErrors,
  },
  {
    code: "network.throughput",
    worst: "FAIL",
    source: "floorPercent of the slower link, in each direction; or the spec's floorMbps",
    action: `Look at the checks of the same port. ${CABLE}`,
    find: findThroughput,
  },
  {
    code: "network.full-speed",
    worst: "FAIL",
    source: "floorPercent of the ports' speed, in each direction, between two servers under test",
    action: "Measure with another partner: it shows which of the two is slow. Then cable, transceiver and slot.",
    find: findFullSpeed,
  },
  {
    code: "network.retransmits",
    worst: "WARN",
    source: "retransmitPercent; a link in order loses next to nothing (IEEE 802.3: bit errors below 1e-12)",
    action: `Look at the counters of the switch's port. ${CABLE}`,
    find: findRetransmits,
  },
];
