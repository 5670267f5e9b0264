/** Switches this machine off for good: nothing on it is worth an orderly end, since it runs from RAM and no disk was mounted. */
import { writeFileSync } from "node:fs";
import type { System } from "./system/system.ts";

/** How long the machine may take to go, before the next way is tried. */
const GOING_MS = 10_000;

/** Ways to power off, the gentlest first. busybox is in every live image; `poweroff -f` asks the kernel directly, without an init. */
const WAYS: readonly (readonly [string, ...string[]])[] = [
  ["/bin/busybox", "poweroff", "-f"],
  ["poweroff", "-f"],
];

/** Powers off. It comes back only when the kernel refused every way. */
export const powerOffMachine = async ({ exec, clock }: System): Promise<void> => {
  await exec({ argv: ["sync"], timeoutMs: GOING_MS });
  for (const argv of WAYS) {
    const { end, exitCode } = await exec({ argv, timeoutMs: GOING_MS });
    if (end === "exited" && exitCode === 0) await clock.sleep(GOING_MS);
  }
  // The last way asks nobody (kernel.org: Documentation/admin-guide/sysrq.rst): "o" switches off.
  writeFileSync("/proc/sysrq-trigger", "o");
  await clock.sleep(GOING_MS);
};
