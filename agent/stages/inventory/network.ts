/** Network interfaces of the inventory. Pure. */
import type { NicFacts } from "../../wire/hardware/network.ts";
import type { ProbeFacts } from "./probes.ts";

/** The network interfaces. `bootMac` is the MAC that the boot script named. */
export const assembleNics = ({ sysfs }: ProbeFacts, bootMac: string | null): NicFacts[] =>
  (sysfs?.nics ?? []).map((nic) => ({ ...nic, boot: nic.mac !== undefined && nic.mac === bootMac?.toLowerCase() }));
