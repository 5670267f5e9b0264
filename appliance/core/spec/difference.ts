/** Every way in which a server can differ from its spec: how bad it is, and what usually explains it. One table. */
import type { Inventory } from "../../../agent/wire/inventory.ts";
import { SEVERITIES, type Severity } from "../../../agent/wire/names.ts";
import type { Difference } from "../views.ts";

interface Kind {
  readonly severity: Severity;
  /** Ends the technician's sentence: where to look first. */
  readonly usually: string;
}

/** The table. Less than expected fails a server; more, or another name for the same, is for a person to look at. */
const KINDS = {
  "spec-absent": { severity: "warning", usually: "Write one, and the next run is compared with it." },
  "not-listed": {
    severity: "info",
    usually: "The spec means another server, or what this one says of itself is not to be believed.",
  },
  "not-measured": { severity: "critical", usually: "It may be right or wrong; nobody knows." },

  "board-serial": {
    severity: "critical",
    usually: "Another server is cabled here, or a replaced board was not given its serial.",
  },
  "board-product": {
    severity: "critical",
    usually: "Another server is cabled here, or its board was replaced by another kind.",
  },
  "board-manufacturer": {
    severity: "warning",
    usually: "The firmware of a replaced board may name its maker otherwise.",
  },
  "board-part": { severity: "warning", usually: "A board or chassis was replaced, or its strings were written anew." },
  "firmware-older": { severity: "warning", usually: "It was not updated, or a replaced part came with an older one." },
  "firmware-other": { severity: "warning", usually: "It was updated, or a replaced part came with another one." },

  "cpu-model": { severity: "warning", usually: "Another processor was fitted; its speed and features differ." },
  "cpu-sockets-fewer": {
    severity: "critical",
    usually: "A processor is missing, not seated, or failed the firmware's own test.",
  },
  "cpu-sockets-more": { severity: "warning", usually: "A processor was added since the spec was written." },
  "cpu-cores-fewer": {
    severity: "critical",
    usually: "Cores are switched off in the firmware, or a processor is missing or another.",
  },
  "cpu-cores-more": { severity: "warning", usually: "Another processor was fitted since the spec was written." },
  "cpu-threads-fewer": {
    severity: "critical",
    usually: "Hyper-threading is switched off, as after a reset of the firmware's settings.",
  },
  "cpu-threads-more": { severity: "warning", usually: "Hyper-threading was switched on, or another processor fitted." },
  "cpu-slower": {
    severity: "warning",
    usually: "Another processor was fitted, or turbo is switched off in the firmware.",
  },
  "cpu-faster": {
    severity: "info",
    usually: "Another processor was fitted, or turbo was switched on in the firmware.",
  },

  "memory-less": {
    severity: "critical",
    usually: "A module is missing, not seated, or was switched off by the firmware after errors.",
  },
  "memory-more": { severity: "warning", usually: "Memory was added since the spec was written." },
  "memory-unusable": {
    severity: "critical",
    usually: "The firmware has taken modules out of use after errors, or mirrors them; its event log says which.",
  },
  "memory-estimated": {
    severity: "info",
    usually: "The kernel keeps a part for itself, so a small module could be missing unnoticed.",
  },
  "memory-ecc": {
    severity: "critical",
    usually: "Modules without ECC were fitted, or it is switched off in the firmware.",
  },
  "dimms-fewer": {
    severity: "critical",
    usually: "A module is missing, not seated, or was switched off by the firmware after errors.",
  },
  "dimms-more": { severity: "warning", usually: "Modules were added since the spec was written." },
  "dimm-missing": {
    severity: "critical",
    usually: "The module is missing, not seated, or was switched off by the firmware after errors.",
  },
  "dimm-unreadable": {
    severity: "critical",
    usually: "Its contacts are dirty, it is not fully seated, or the board does not know it.",
  },
  "dimm-unexpected": { severity: "warning", usually: "A module was added, or put into the wrong slot." },
  "dimm-size": { severity: "critical", usually: "A module of another size was fitted." },
  "dimm-part": { severity: "warning", usually: "Another module was fitted; see that it is one the board takes." },
  "dimm-slower": {
    severity: "warning",
    usually: "A slower module among faster ones, or more modules a channel, slows all of them down.",
  },
  "dimm-faster": { severity: "info", usually: "Faster modules were fitted, or the firmware's settings changed." },

  "disk-missing": { severity: "critical", usually: "It is dead, not seated, or its cable or slot is at fault." },
  "disk-swapped": {
    severity: "critical",
    usually: "If the disk was replaced, put the new serial in the spec; otherwise find out whose it is.",
  },
  "disks-fewer": { severity: "critical", usually: "One is dead, not seated, or its cable or slot is at fault." },
  "disk-size": {
    severity: "critical",
    usually: "A part of it is hidden (host protected area, NVMe namespace), or the spec means another model.",
  },
  "disk-model": {
    severity: "warning",
    usually: "Resellers and firmware rename models; see that it is the part ordered.",
  },
  "disk-kind": {
    severity: "warning",
    usually: "A hard disk and a solid-state disk were confused, or a RAID controller hides which it is.",
  },
  "disk-transport": { severity: "warning", usually: "It hangs on another controller or port than planned." },
  "disk-place": { severity: "warning", usually: "It was put into another bay." },
  "disk-part": {
    severity: "warning",
    usually: "Another drive of the same family was fitted, or it was formatted anew.",
  },
  "disk-serial-twice": {
    severity: "warning",
    usually: "Two paths lead to one disk, or a bridge gives every disk its own serial.",
  },
  "disk-unexpected": { severity: "warning", usually: "It may hold somebody's data. No test writes to it." },

  "nic-missing": {
    severity: "critical",
    usually: "The card is not seated, the port is switched off in the firmware, or the board was replaced.",
  },
  "nic-swapped": {
    severity: "critical",
    usually: "If the card or board was replaced, put the new address in the spec; otherwise find out whose it is.",
  },
  "nics-fewer": {
    severity: "critical",
    usually: "A card is not seated, or a port is switched off in the firmware.",
  },
  "nic-place": { severity: "warning", usually: "The card was put into another slot." },
  "nic-part": { severity: "warning", usually: "Another card was fitted, or another driver took it." },
  "nic-link-down": { severity: "warning", usually: "No cable, a dead transceiver, or a switch port that is off." },
  "nic-slower": { severity: "warning", usually: "Cable, transceiver or switch port agreed on less." },
  "nic-neighbour": { severity: "warning", usually: "It is cabled to another switch or port than planned." },
  "nic-unexpected": {
    severity: "warning",
    usually: "A card was added, or the management controller shows one of its own.",
  },

  "pci-missing": {
    severity: "critical",
    usually: "The card or its riser is not seated, is dead, or its slot is switched off in the firmware.",
  },
  "pci-fewer": {
    severity: "critical",
    usually: "A card or its riser is not seated, is dead, or its slot is switched off in the firmware.",
  },
  "pci-more": { severity: "info", usually: "A card was added since the spec was written." },
  "pci-other": { severity: "critical", usually: "Another card was fitted there." },
  "pci-part": {
    severity: "warning",
    usually: "Another card of the same family was fitted, or another driver took it.",
  },
  "pci-link": {
    severity: "warning",
    usually:
      "The card or its riser is not fully seated, or the slot has fewer lanes. An idle GPU slows its link down by itself.",
  },
  "pci-link-more": { severity: "info", usually: "It was put into a faster slot." },
  "gpu-missing": {
    severity: "critical",
    usually: "It is not seated, lacks its power cable, or has fallen off the bus.",
  },
  "gpus-fewer": {
    severity: "critical",
    usually: "One is not seated, lacks its power cable, or has fallen off the bus.",
  },
  "gpus-more": { severity: "info", usually: "A GPU was added since the spec was written." },
  "gpu-part": { severity: "warning", usually: "Another GPU was fitted, or its settings were changed." },
  "psu-missing": { severity: "critical", usually: "It is not seated, dead, or was taken out." },
  "psus-fewer": { severity: "critical", usually: "One is not seated, dead, or was taken out." },
  "psus-more": { severity: "info", usually: "A power supply was added since the spec was written." },
  "psu-part": { severity: "warning", usually: "Another power supply was fitted; unlike ones should not be mixed." },
  "fans-fewer": { severity: "critical", usually: "A fan is missing, unplugged or dead." },
  "fans-more": { severity: "info", usually: "Fans were added since the spec was written." },
  "bmc-missing": {
    severity: "critical",
    usually: "The management controller hangs or is switched off; take the server off its power for a minute.",
  },
  "bmc-part": { severity: "warning", usually: "The board was replaced, or the controller was set up anew." },
} as const satisfies Readonly<Record<string, Kind>>;

/** A stable code of a difference, for tickets. */
export type DifferenceCode = keyof typeof KINDS;

/** All codes. */
export const DIFFERENCE_CODES = Object.keys(KINDS) as readonly DifferenceCode[];

/** How bad a difference is unless the spec says otherwise. */
export const severityOf = (code: DifferenceCode): Severity => KINDS[code].severity;

/** What is particular about one difference. */
export interface Finding {
  readonly component: string;
  readonly expected: string;
  readonly found: string;
  /** What is the case, as a sentence. */
  readonly said: string;
}

/** One difference: the finding with its usual explanation, and its own severity unless the spec sets another. */
export const differ = (
  code: DifferenceCode,
  { component, expected, found, said }: Finding,
  severity: Severity = KINDS[code].severity,
): Difference => ({
  severity,
  code,
  component,
  expected,
  found,
  message: `${said} ${KINDS[code].usually}`,
});

/** An expectation without a measurement, with the probe's own words why. It is never equal. */
export const notMeasured = (
  inventory: Inventory,
  probe: string,
  component: string,
  expected: string,
  severity?: Severity,
): Difference => {
  const report = inventory.probes.find((one) => one.probe === probe && one.status !== "ok");
  const why = report === undefined ? `${probe} does not say` : `${probe}: ${report.reason ?? report.status}`;
  const said = `Expected ${expected}, but it was not measured (${why.replace(/\.$/, "")}).`;
  return differ("not-measured", { component, expected, found: "not measured", said }, severity);
};

/** Gravest first; within one severity in the order of the spec. */
export const bySeverity = (a: Difference, b: Difference): number =>
  SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);

/** One sentence on the gravest difference and how many more there are; null when there is none. */
export const worstDifference = (differences: readonly Difference[]): string | null => {
  const [worst, ...rest] = differences.toSorted(bySeverity);
  if (worst === undefined) return null;
  const more = rest.filter((one) => one.severity === worst.severity).length;
  return more === 0
    ? worst.message
    : `${worst.message} (And ${more} more that ${more === 1 ? "is" : "are"} ${worst.severity}.)`;
};
