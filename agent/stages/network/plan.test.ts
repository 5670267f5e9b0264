import { describe, expect, test } from "bun:test";
import { UNKNOWN_HARDWARE } from "../../wire/inventory.ts";
import { resolveLimits } from "../limits.ts";
import { NETWORK_LIMITS } from "./limits.ts";
import { network, pairWishOf } from "./spec.ts";

const nic = (name: string, mac: string | undefined, more: object = {}) => ({
  ...{ name, boot: false },
  ...(mac === undefined ? {} : { mac }),
  ...more,
});
const NICS = [
  nic("eno1", "52:54:00:00:00:01", { boot: true, linkUp: true, speedMbps: 1000 }),
  nic("ens1f0", "52:54:00:00:00:02", { linkUp: true, speedMbps: 25_000 }),
  nic("ens1f1", "52:54:00:00:00:03", { linkUp: false }),
  nic("ens1f0v0", "52:54:00:00:00:04", { virtualFunction: true }),
  nic("usb0", "52:54:00:00:00:05", { bus: "usb" }),
  nic("ib0", undefined),
];
const orderFor = (profile: "quick" | "standard", nics: readonly object[] = NICS) =>
  network.orderOf({
    ...{ profile, destructive: false, disks: [], limits: resolveLimits(NETWORK_LIMITS, profile) },
    hardware: { ...UNKNOWN_HARDWARE, nics: nics as typeof UNKNOWN_HARDWARE.nics },
  });

describe("orderOf", () => {
  test("names every port by its address, the one that booted last; no shares, no BMC, nothing without an address", () => {
    expect(orderFor("quick")).toEqual({
      ...{ loadS: 30, warmUpS: 3, rounds: 1, streamMbps: 10_000, retryS: 60, pairWaitS: 0 },
      ports: [
        { mac: "52:54:00:00:00:02", boot: false, linkUp: true, mbps: 25_000 },
        { mac: "52:54:00:00:00:03", boot: false, linkUp: false },
        { mac: "52:54:00:00:00:01", boot: true, linkUp: true, mbps: 1000 },
      ],
    });
  });
});

describe("plan", () => {
  test("is made of the commands that run, with a stream for each 10 Gb/s, and of their time", () => {
    const { steps, expectedMs } = network.plan(orderFor("quick"));
    expect(steps.map(({ what, argv }) => argv?.join(" ") ?? what)).toEqual([
      "iperf3 -J -c <box> -p <port of the box> -B <address of NIC 52:54:00:00:00:02> --bind-dev <NIC 52:54:00:00:00:02> -t 30 -O 3 -P 3 --connect-timeout 3000",
      "iperf3 -J -c <box> -p <port of the box> -B <address of NIC 52:54:00:00:00:02> --bind-dev <NIC 52:54:00:00:00:02> -t 30 -O 3 -P 3 --connect-timeout 3000 -R",
      "Looks at NIC 52:54:00:00:00:03, which had no link",
      "iperf3 -J -c <box> -p <port of the box> -B <address of NIC 52:54:00:00:00:01> --bind-dev <NIC 52:54:00:00:00:01> -t 30 -O 3 -P 1 --connect-timeout 3000",
      "iperf3 -J -c <box> -p <port of the box> -B <address of NIC 52:54:00:00:00:01> --bind-dev <NIC 52:54:00:00:00:01> -t 30 -O 3 -P 1 --connect-timeout 3000 -R",
    ]);
    // Two ports, two ways, 30 + 3 + 2 s each, and 5 s around them.
    expect(expectedMs).toBe(4 * 35_000 + 5_000);
  });

  test("has time for a partner where the order asks for one", () => {
    // Two ports with a link: two rounds, two ways, 305 s each; as much again with a partner.
    expect(network.plan(orderFor("standard")).expectedMs).toBe(2 * 8 * 305_000 + 5_000);
  });

  test("before power-on the port that boots is all that is known", () => {
    const { steps, expectedMs } = network.plan(orderFor("quick", []));
    expect([steps.length, expectedMs]).toEqual([2, 75_000]);
    expect(steps[0]?.argv).toContain("<NIC that booted>");
  });
});

describe("pairWishOf", () => {
  test("is the speeds of ports with a link, the fastest first, and the time with the box", () => {
    expect(pairWishOf(orderFor("standard"))).toEqual({
      ...{ waitMs: 900_000, load: "300 3 2 10000", boxMs: 8 * 305_000 },
      ports: [
        { mac: "52:54:00:00:00:02", mbps: 25_000 },
        { mac: "52:54:00:00:00:01", mbps: 1000 },
      ],
    });
  });

  test("there is none in an order without a wait, and none in what is no order", () => {
    expect([pairWishOf(orderFor("quick")), pairWishOf({}), pairWishOf(null)]).toEqual([null, null, null]);
  });
});
