/** The last of the boots in a host's events, step by step: what a page and a report draw. */
import { BOOT_STEPS, type BootEvent, type BootStep } from "./boot.ts";

/** A step of the last boot; `event` is null when it was not seen. */
export interface BootStepSeen {
  readonly step: BootStep;
  readonly event: BootEvent | null;
}

/** DHCP that comes this shortly before a boot loader belongs to its boot: firmware asks at once, slow switches forward after 30 to 45 s. */
const LEAD_MS = 60_000;

/**
 * Every step in order with its event. A boot begins with its loader: DHCP also comes from a boot loader, a live system and an installed one, and
 * so tells nothing. Of several events of a step the first whole one counts, else the last.
 */
export const stepsOfLastBoot = (events: readonly BootEvent[]): readonly BootStepSeen[] => {
  const loaderMs = events.findLast((event) => event.step === "loader")?.atMs;
  const recent = events.filter((event) => loaderMs === undefined || event.atMs >= loaderMs - LEAD_MS);
  return BOOT_STEPS.map((step) => {
    const own = recent.filter((event) => event.step === step);
    return { step, event: own.find((event) => event.complete) ?? own.at(-1) ?? null };
  });
};
