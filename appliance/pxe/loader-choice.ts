/**
 * Which hosts get the alternate loader: those whose last boot failed in a way that a loader can be the cause of. Pure but for what it remembers.
 *
 * What is kept is true of this process alone and may be lost: a host then begins with the first loader again.
 */
import type { BootEvent } from "../core/boot.ts";
import { askerOf } from "../core/boot-attempt.ts";

/** Watches boots and chooses. */
export interface LoaderChoice {
  /** Takes note of a step; answers whether the choice changed. */
  observe(event: Pick<BootEvent, "mac" | "step" | "detail" | "complete">): boolean;
  /** MACs that get the alternate loader. */
  alternates(): readonly string[];
}

interface Progress {
  script: boolean;
  kernel: boolean;
  root: boolean;
}

/** Opens a choice in which every host has the first loader. */
export const createLoaderChoice = (): LoaderChoice => {
  /** Boots in which the firmware has fetched a loader. */
  const loading = new Map<string, Progress>();
  const alternates = new Set<string>();
  return {
    alternates: () => [...alternates].sort(),
    observe(event) {
      const boot = loading.get(event.mac);
      if (event.step === "loader" && event.complete)
        loading.set(event.mac, boot ?? { script: false, kernel: false, root: false });
      if (boot === undefined) return false;
      if (event.step === "script") boot.script = true;
      if (event.step === "kernel") boot.kernel = true;
      if (event.step === "root" && event.complete) boot.root = true;
      if (event.step !== "dhcp-discover" || askerOf(event) !== "firmware") return false;
      loading.delete(event.mac); // the firmware begins anew
      if (!hasFailed(boot)) return false;
      if (!alternates.delete(event.mac)) alternates.add(event.mac);
      return true;
    },
  };
};

/** A loader that has no network, or one whose driver stalls in a large file. A script without a kernel is a host that was sent to its own disk. */
const hasFailed = (boot: Progress): boolean => !boot.script || (boot.kernel && !boot.root);
