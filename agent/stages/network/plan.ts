/** The commands of Network and their time: the plan that people see and the runner use the same functions. Pure. */
import type { PlanStep, StagePlan } from "../stage.ts";
import type { NetworkOrder, OrderedPort } from "./order.ts";

/** A command line. */
export type Argv = readonly [string, ...string[]];

/** One end of a measurement. */
export interface Endpoint {
  /** Kernel name of the port that measures: iperf3 sends and takes nothing by another one. */
  readonly device: string;
  /** Its address. */
  readonly own: string;
}

/** What a client calls. */
export interface Call extends Endpoint {
  readonly address: string;
  readonly port: number | string;
  readonly direction: "to" | "from";
  readonly streams: number;
}

/** A client gives up a server that does not answer after this; the runner asks again. */
const CONNECT_MS = 3_000;

/** One measurement by iperf3. `-R` lets the server send. */
export const renderClient = (call: Call, { loadS, warmUpS }: Pick<NetworkOrder, "loadS" | "warmUpS">): Argv => [
  "iperf3",
  ...["-J", "-c", call.address, "-p", `${call.port}`, "-B", call.own, "--bind-dev", call.device],
  ...["-t", `${loadS}`, "-O", `${warmUpS}`, "-P", `${call.streams}`, "--connect-timeout", `${CONNECT_MS}`],
  ...(call.direction === "from" ? ["-R"] : []),
];

/** The listening end of a pair, for one client. */
export const renderServer = ({ device, own }: Endpoint, port: number): Argv => [
  "iperf3",
  ...["-s", "-1", "-J", "-B", own, "--bind-dev", device, "-p", `${port}`],
];

/** An address for a measurement. The kernel takes it away by itself after `lifeS`, should the agent be ended before it can. */
export const renderAddAddress = (device: string, address: string, lifeS: number): Argv => [
  ...(["ip", "address", "replace", address, "dev", device] as const),
  ...["valid_lft", `${lifeS}`, "preferred_lft", `${lifeS}`],
];

/** Takes the address away again. */
export const renderRemoveAddress = (device: string, address: string): Argv => [
  ...(["ip", "address", "del", address, "dev", device] as const),
];

/** How many streams a port of this speed gets. */
export const streamsFor = (mbps: number | undefined, { streamMbps }: Pick<NetworkOrder, "streamMbps">): number =>
  Math.min(128, Math.max(1, Math.ceil((mbps ?? 0) / streamMbps)));

/** Connecting, ending and reading counters, beside the load. */
const AROUND_MS = 2_000;

/** One measurement. */
export const measurementMs = ({ loadS, warmUpS }: Pick<NetworkOrder, "loadS" | "warmUpS">): number =>
  (loadS + warmUpS) * 1_000 + AROUND_MS;

/** A port that the inventory saw without a link is only looked at. */
export const isMeasured = ({ linkUp }: OrderedPort): boolean => linkUp !== false;

const bothWaysMs = (order: NetworkOrder): number => 2 * order.rounds * measurementMs(order);

/** Against the box: every port that had a link. */
export const boxPhaseMs = (order: NetworkOrder): number => order.ports.filter(isMeasured).length * bothWaysMs(order);

/** With a partner: every port whose speed is known may get one. */
const pairPhaseMs = (order: NetworkOrder): number =>
  order.pairWaitS === 0
    ? 0
    : order.ports.filter((port) => isMeasured(port) && port.mbps !== undefined).length * bothWaysMs(order);

const portSteps = (port: OrderedPort, order: NetworkOrder): readonly PlanStep[] => {
  const name = `NIC ${port.mac}`;
  if (!isMeasured(port)) return [{ what: `Looks at ${name}, which had no link` }];
  const call = { device: `<${name}>`, own: `<address of ${name}>`, address: "<box>", port: "<port of the box>" };
  const streams = streamsFor(port.mbps, order);
  const times = order.rounds === 1 ? "" : `, ${order.rounds} times`;
  return (["to", "from"] as const).map((direction) => ({
    what: `Sends ${direction === "to" ? `from ${name} to the box` : `from the box to ${name}`}${times}, if it has an address`,
    argv: renderClient({ ...call, streams, direction }, order),
  }));
};

/** The order as commands and time. */
export const planNetwork = (order: NetworkOrder): StagePlan => {
  const pair =
    order.pairWaitS === 0
      ? []
      : [
          {
            what: "Measures ports that are faster than the box's link with another server under test, if there is one",
          },
        ];
  // Before power-on nobody knows the ports; one is there, or the server could not boot.
  const steps =
    order.ports.length === 0
      ? portSteps({ mac: "that booted", boot: true }, order)
      : order.ports.flatMap((port) => portSteps(port, order));
  const portsMs = boxPhaseMs(order) + pairPhaseMs(order);
  return { expectedMs: 5_000 + (order.ports.length === 0 ? bothWaysMs(order) : portsMs), steps: [...steps, ...pair] };
};
