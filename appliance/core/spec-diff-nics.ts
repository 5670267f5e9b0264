/** Expected network interfaces against found, matched by MAC. Pure. */

import type { NicFacts } from "../../agent/wire/hardware/network.ts";
import type { Inventory } from "../../agent/wire/inventory.ts";
import type { NicSpec } from "./spec.ts";
import { differ, notMeasured } from "./spec-difference.ts";
import type { Difference } from "./views.ts";

const PROBE = "sysfs";

const diffSpeed = (wanted: NicSpec, nic: NicFacts, inventory: Inventory): readonly Difference[] => {
  const component = `NIC ${wanted.mac}`;
  if (wanted.speedMbps === undefined) return [];
  const expected = `${wanted.speedMbps} Mb/s`;
  if (nic.linkUp === false) {
    const said = `The link of ${component} (${nic.name}) is down; ${expected} was expected.`;
    return [differ("nic-link-down", { component, expected, found: "link down", said })];
  }
  if (nic.speedMbps === undefined) return [notMeasured(inventory, PROBE, component, expected)];
  if (nic.speedMbps >= wanted.speedMbps) return [];
  const found = `${nic.speedMbps} Mb/s`;
  const said = `The link of ${component} (${nic.name}) runs at ${found}, not ${expected}.`;
  return [differ("nic-slower", { component, expected, found, said })];
};

const diffMissing = ({ mac }: NicSpec): Difference =>
  differ("nic-missing", {
    component: `NIC ${mac}`,
    expected: "present",
    found: "absent",
    said: `The network interface ${mac} is missing.`,
  });

const diffUnexpected = (nic: NicFacts): Difference => {
  const found = [nic.name, nic.driver].filter((part) => part !== undefined).join(", ");
  const said = `The spec does not name this network interface: ${found}.`;
  return differ("nic-unexpected", { component: `NIC ${nic.mac ?? nic.name}`, expected: "absent", found, said });
};

/** Differences of network interfaces. `speedMbps` is the least that is accepted; a faster link is no difference. */
export const diffNics = (wanted: readonly NicSpec[], inventory: Inventory): readonly Difference[] => {
  const probe = inventory.probes.find((one) => one.probe === PROBE);
  if (inventory.hardware.nics.length === 0 && probe !== undefined && probe.status !== "ok")
    return [notMeasured(inventory, PROBE, "NICs", `${wanted.length} network interfaces`)];
  const byMac = new Map(inventory.hardware.nics.map((nic) => [nic.mac, nic]));
  const expected = new Set<string | undefined>(wanted.map(({ mac }) => mac));
  return [
    ...wanted.flatMap((one) => {
      const nic = byMac.get(one.mac);
      return nic === undefined ? diffMissing(one) : diffSpeed(one, nic, inventory);
    }),
    ...inventory.hardware.nics.filter((nic) => !expected.has(nic.mac)).map(diffUnexpected),
  ];
};
