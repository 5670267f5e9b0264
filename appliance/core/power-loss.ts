/**
 * Why a host fell silent: powered off, hung, a link, the network, or a reboot. Evidence in, one word with its grounds out. Pure.
 *
 * Nothing but the agent's silence fails a run; this only says where a person looks first, and on what grounds.
 */
import type { BootStep } from "./boot.ts";
import type { PowerState } from "./power-port.ts";

/** What became of a host. */
export const LOSS_KINDS = ["powered-off", "hung", "link-down", "network", "rebooting", "unknown"] as const;
/** What became of a host. */
export type LossKind = (typeof LOSS_KINDS)[number];

/** What was looked at. Null is "could not be asked", never "no". */
export interface LossEvidence {
  readonly hostName: string;
  /** Whether it was heard of in this run: one that never was cannot be said to have fallen silent. */
  readonly wasThere: boolean;
  /** What its BMC says, or why it says nothing; null without a BMC. */
  readonly bmc: { readonly state: PowerState } | { readonly trouble: string } | null;
  /** The BMC answered earlier in this run. */
  readonly bmcAnsweredBefore: boolean;
  /** Address that it had last; null when none is known. */
  readonly address: string | null;
  /** Whether that address answers an echo request. */
  readonly ping: boolean | null;
  /** Who answers for that address: the host's own MAC, another one, or nobody. */
  readonly neighbour: "own" | "other" | "silent" | null;
  /** Whether the box's own interface to the servers has a link. */
  readonly carrier: boolean | null;
  /** The last thing seen of a boot since it was heard of last. */
  readonly bootStep: BootStep | null;
  /** Other hosts whose agents are expected, and how many of them were heard of just now. */
  readonly others: { readonly expected: number; readonly heard: number };
  /** How often it was woken by magic packets, and powered by its BMC, since it is waited for. */
  readonly wakes: number;
  readonly pushes: number;
}

/** The word on it. */
export interface LossDiagnosis {
  readonly kind: LossKind;
  /** What most likely happened, in one sentence. */
  readonly cause: string;
  /** What to do first. */
  readonly remedy: string;
  /** What was found, one sentence each. */
  readonly evidence: readonly string[];
}

/** One ground for a word. The first that holds decides. */
interface Ground {
  readonly kind: LossKind;
  readonly holds: (seen: LossEvidence) => boolean;
  readonly cause: string;
  readonly remedy: string;
}

const bmcState = ({ bmc }: LossEvidence): PowerState | null => (bmc !== null && "state" in bmc ? bmc.state : null);
const answers = ({ ping, neighbour }: LossEvidence): boolean => ping === true || neighbour === "own";
const isSilent = (seen: LossEvidence): boolean => seen.address !== null && !answers(seen);

/** What speaks for what, strongest first. HOST stands for its name. */
const GROUNDS: readonly Ground[] = [
  {
    kind: "powered-off",
    holds: (seen) => bmcState(seen) === "off" && seen.pushes > 0,
    cause: "HOST is off, although its BMC was told to power it on.",
    remedy: "Check its power supplies and its event log, then press the power button of HOST.",
  },
  {
    kind: "powered-off",
    holds: (seen) => bmcState(seen) === "off",
    cause: "HOST is powered off: its BMC says so.",
    remedy: "See its event log for a power or temperature trip, then press the power button of HOST and retry.",
  },
  {
    kind: "link-down",
    holds: ({ carrier }) => carrier === false,
    cause: "The box's own link to the servers is down.",
    remedy: "Plug the box's cable in, at both ends, and check the switch; then retry.",
  },
  {
    kind: "rebooting",
    holds: ({ bootStep }) => bootStep !== null,
    cause: "HOST began to boot again and its agent did not come back.",
    remedy: "See the boot timeline for how far it came, and its console for a crash; then retry.",
  },
  {
    kind: "network",
    holds: ({ neighbour }) => neighbour === "other",
    cause: "Another machine answers at the address of HOST.",
    remedy: "Find the machine with the same address, or the second DHCP server; then retry.",
  },
  {
    kind: "hung",
    holds: answers,
    cause: "HOST answers on the network but its agent does not: it is out of memory, or its agent hangs.",
    remedy: "See the console of HOST and its log, then restart it and retry.",
  },
  {
    kind: "network",
    holds: ({ others }) => others.expected > 0 && others.heard === 0,
    cause: "No server is heard of any more, not HOST alone: the network between them and the box fails.",
    remedy: "Check the switch and the cables between the box and the servers; then retry.",
  },
  {
    kind: "powered-off",
    holds: (seen) => seen.bmc !== null && "trouble" in seen.bmc && seen.bmcAnsweredBefore && isSilent(seen),
    cause: "HOST and its BMC, which answered before, are both silent: its mains power is probably gone.",
    remedy: "Check the power cords, the PDU and its breaker; then press the power button of HOST and retry.",
  },
  {
    kind: "hung",
    holds: (seen) => seen.wasThere && bmcState(seen) === "on" && isSilent(seen),
    cause: "HOST is powered on and answers nothing: it hangs, or its network cable is out.",
    remedy: "See its console for a crash and check its cable; then power-cycle HOST and retry.",
  },
  {
    kind: "unknown",
    holds: (seen) => !seen.wasThere && bmcState(seen) === "on",
    cause: "HOST is powered on but did not ask the network to boot.",
    remedy: "Check that the registered MAC is the one that is cabled, and that HOST boots from the network first.",
  },
  {
    kind: "unknown",
    holds: ({ wasThere }) => !wasThere,
    cause: "HOST did not ask to boot, however often it was woken.",
    remedy: "Press the power button of HOST, check its cable, and choose network boot; then retry.",
  },
  {
    kind: "unknown",
    holds: () => true,
    cause: "HOST is silent: it is off, hangs, or its cable is out.",
    remedy: "Look at HOST: if it is off, press its power button; if it is on, see its console and cable. Then retry.",
  },
];

const NEIGHBOUR_WORDS = {
  own: "its own MAC answers for its address",
  other: "another MAC answers for its address",
  silent: "nobody answers for its address",
} as const;

const times = (count: number, one: string, many: string): string => (count === 1 ? one : `${count} ${many}`);

/** What was found, in sentences; what could not be asked is left out. */
const renderEvidence = (seen: LossEvidence): readonly string[] => {
  const { bmc, address, ping, neighbour, carrier, bootStep, others, wakes, pushes } = seen;
  const lines: readonly (string | null)[] = [
    bmc === null ? null : "state" in bmc ? `BMC: power is ${bmc.state}` : `BMC: ${bmc.trouble}`,
    wakes === 0 ? null : `Woken by ${times(wakes, "one round of magic packets", "rounds of magic packets")}`,
    pushes === 0 ? null : `Powered by its BMC ${times(pushes, "once", "times")}`,
    ping === null || address === null ? null : `Echo: ${address} ${ping ? "answers" : "does not answer"}`,
    neighbour === null ? null : `ARP: ${NEIGHBOUR_WORDS[neighbour]}`,
    carrier === null ? null : `Link of the box: ${carrier ? "up" : "down"}`,
    bootStep === null ? null : `Boot since then: ${bootStep}`,
    others.expected === 0 ? null : `Other servers: ${others.heard} of ${others.expected} heard of`,
  ];
  return lines.filter((line) => line !== null);
};

/** Says what became of a host, and on what grounds. */
export const diagnoseLoss = (seen: LossEvidence): LossDiagnosis => {
  const ground = GROUNDS.find(({ holds }) => holds(seen));
  if (ground === undefined) throw new Error("the last ground holds always"); // a hole in the table is a bug
  const named = (text: string): string => text.replaceAll("HOST", () => seen.hostName);
  return {
    kind: ground.kind,
    cause: named(ground.cause),
    remedy: named(ground.remedy),
    evidence: renderEvidence(seen),
  };
};
