/** What people read of a host's power: what was done about it, and what became of a host that is gone. Pure. */
import type { LossKind } from "./power-loss.ts";
import type { PowerAct, PowerDeed } from "./power-port.ts";
import type { Failure } from "./run.ts";
import { FAILURE_ADVICE, type Word } from "./words.ts";

/** What was done, or tried. */
export const POWER_DEED_WORDS: Record<PowerDeed, string> = {
  wake: "Woken by magic packets",
  status: "BMC asked for the power state",
  on: "Powered on by its BMC",
  off: "Powered off by its BMC",
  cycle: "Power-cycled by its BMC",
  pxe: "BMC told to boot from the network once",
  "identify-on": "Identify LED blinks",
  "identify-off": "Identify LED is off",
};

/** What became of a host. */
export const LOSS_WORDS: Record<LossKind, Word> = {
  "powered-off": { text: "Powered off", tone: "bad" },
  hung: { text: "Hung", tone: "bad" },
  "link-down": { text: "Link down", tone: "bad" },
  network: { text: "Network", tone: "bad" },
  rebooting: { text: "Rebooting", tone: "warn" },
  unknown: { text: "Cause unknown", tone: "warn" },
};

/** One act in a line: what, how often, and what came of it. */
export const renderPowerAct = ({ deed, ok, detail, count }: PowerAct): string => {
  const often = count === 1 ? "" : ` ×${count}`;
  const end = ok ? (detail === "" ? "" : `: ${detail}`) : ` failed: ${detail}`;
  return `${POWER_DEED_WORDS[deed]}${often}${end}`;
};

/** What to do first about a failure: what the host's loss says, where it was looked at. */
export const adviceOf = ({ code, diagnosis }: Failure): string => diagnosis?.remedy ?? FAILURE_ADVICE[code];
