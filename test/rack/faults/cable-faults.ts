/**
 * What is wrong with a cable: on the switch's side of the tap, so that it holds for any card and any guest. The kernel's network emulator
 * (netem) would do it all at once, but a small kernel may lack it; these parts are in every one that has virtual machines on bridges.
 */
import { readFile } from "node:fs/promises";
import { needPackages } from "../../setup/packages.ts";
import type { ServerSpec } from "../declaration.ts";
import type { CableSpec } from "../declared-nic.ts";
import { nicDevice } from "../qemu-argv.ts";
import type { Namespace } from "../segment.ts";
import { type FaultPlace, needNic } from "./place.ts";

const US_PER_MS = 1000;
/** A share of frames is counted in so many. */
const LOSS_PARTS = 10_000;
/** Room for the frames of a moment; and how long a frame may wait before it is dropped. */
const BURST_BYTES = 65_536;
const LATENCY_MS = 100;

/** The tap of a card: the switch's own script wrote them down in their order. */
const tapOf = async ({ paths, spec }: FaultPlace, index: number): Promise<string> => {
  needNic({ spec }, index);
  const tap = (await readFile(paths.taps(spec.name), "utf8")).split("\n")[index];
  if (tap === undefined) throw new Error(`${spec.name}: NIC ${index} has no tap`);
  return tap;
};

/** A shaper at the tap's way out, and one for its way in, which is led around by a device of its own. */
const renderRate = (tap: string, rateMbps: number): readonly string[] => {
  const shape = `root tbf rate ${Math.round(rateMbps * 1000)}kbit burst ${BURST_BYTES} latency ${LATENCY_MS}ms`;
  return [
    `tc qdisc replace dev ${tap} ${shape}`,
    `ip link add slow-${tap} type ifb`,
    `ip link set slow-${tap} up`,
    `tc qdisc replace dev slow-${tap} ${shape}`,
    `tc qdisc add dev ${tap} ingress`,
    `tc filter add dev ${tap} parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev slow-${tap}`,
  ];
};

/** Drops a share of the frames that come from the tap or go to it. */
const renderLoss = (tap: string, lossPercent: number): string => {
  const part = Math.round((lossPercent / 100) * LOSS_PARTS);
  const drop = `numgen random mod ${LOSS_PARTS} < ${part} drop`;
  return `table bridge lossy-${tap} {
  chain forward {
    type filter hook forward priority 0;
    iifname "${tap}" ${drop}
    oifname "${tap}" ${drop}
  }
}`;
};

/** Makes the cable well; what is not there is no error. */
const clear = async (network: Namespace, tap: string): Promise<void> => {
  for (const command of [
    ["nft", "delete", "table", "bridge", `lossy-${tap}`],
    ["tc", "qdisc", "del", "dev", tap, "root"],
    ["tc", "qdisc", "del", "dev", tap, "ingress"],
    ["ip", "link", "del", `slow-${tap}`],
  ])
    await network.run(command);
};

const need = async (network: Namespace, argv: readonly string[], stdin?: string): Promise<void> => {
  const { exitCode, stderr } = await network.run(argv, stdin);
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${stderr.trim()}`);
};

/** Makes a cable be like this, whatever it was like before. */
export const changeCable = async (place: FaultPlace, nic: number, cable: CableSpec): Promise<void> => {
  const [tap, { switch: network }] = await Promise.all([tapOf(place, nic), place.segment()]);
  if (cable.lossPercent !== undefined) await needPackages(["nftables"]);
  await clear(network, tap);
  await place.qmp.execute("set_link", { name: nicDevice(nic), up: cable.down !== true });
  const burst = `burst${nic}`;
  await place.qmp.execute("object-del", { id: burst }).catch(() => undefined); // there is none on a cable that was well
  if (cable.burstMs !== undefined)
    await place.qmp.execute("object-add", {
      "qom-type": "filter-buffer",
      id: burst,
      netdev: `net${nic}`,
      interval: cable.burstMs * US_PER_MS,
    });
  if (cable.rateMbps !== undefined)
    for (const command of renderRate(tap, cable.rateMbps)) await need(network, command.split(" "));
  if (cable.lossPercent !== undefined) await need(network, ["nft", "-f", "-"], renderLoss(tap, cable.lossPercent));
};

/** Whether a cable is declared to have anything wrong. */
export const hasFaultyCable = ({ nics }: ServerSpec): boolean =>
  nics.some(({ cable }) => Object.values(cable).some((value) => value !== undefined));
