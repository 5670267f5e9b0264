/** The figures of Network. */
import type { LimitTable } from "../limits.ts";

/** Every figure that decides or that says how long. */
export const NETWORK_LIMITS = {
  loadS: {
    what: "length of one measurement",
    unit: "s",
    source: "30 s tell a bad cable, 300 s a hot transceiver, 900 s what Checkbox runs before it certifies a server",
    default: { quick: 30, standard: 300, soak: 900 },
    min: 1,
    max: 3600,
  },
  rounds: {
    what: "measurements in each direction",
    unit: "measurements",
    source: "Checkbox measures four times; here twice in each direction",
    default: { quick: 1, standard: 2, soak: 2 },
    min: 1,
    max: 10,
  },
  warmUpS: {
    what: "beginning of a measurement that does not count",
    unit: "s",
    source: "TCP needs a second or two to find the speed of a path",
    default: 3,
    min: 0,
    max: 30,
  },
  streamMbps: {
    what: "one stream for so many Mb/s of the port",
    unit: "Mb/s",
    source: "one core carries some 10 Gb/s of one TCP stream; Checkbox counts the same way",
    default: 10_000,
    min: 100,
    max: 1_000_000,
  },
  floorPercent: {
    what: "least throughput in each direction, of the slower of both links",
    unit: "%",
    source: "TCP carries 94 % of an Ethernet link; Checkbox certifies from 80 % on",
    default: 80,
    min: 1,
    max: 95,
  },
  floorMbps: {
    what: "least throughput against the box, in place of a share of the links; 0 for the share",
    unit: "Mb/s",
    source: "a virtual NIC has no speed, so only a spec can say what is expected of it",
    default: 0,
    min: 0,
    max: 1_000_000,
  },
  retransmitPercent: {
    what: "most segments that are sent again",
    unit: "%",
    source:
      "a link in order loses one frame in a thousand million (IEEE 802.3: bit errors below 1e-12); full buffers of a switch cost some tenths of a percent",
    default: 1,
    min: 0,
    max: 50,
  },
  newErrors: {
    what: "most new errors of a port that only warn",
    unit: "errors",
    source: "a frame that came damaged is a cable, a transceiver or a port; one may be a coincidence",
    default: 1,
    min: 0,
    max: 1_000_000,
  },
  retryS: {
    what: "how long a server that does not answer is asked again",
    unit: "s",
    source: "the box starts again within some seconds",
    default: 60,
    min: 1,
    max: 600,
  },
  pairWaitS: {
    what: "how long the box looks for a partner for ports faster than its own link; 0 for never",
    unit: "s",
    source: "OpenStack Ironic's network benchmark waits as long for its pair",
    default: { quick: 0, standard: 900, soak: 900 },
    min: 0,
    max: 21_600,
  },
} as const satisfies LimitTable;
