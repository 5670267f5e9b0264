/** Which of the things seen of a host belong to its newest boot, and who in the host asked for an address. Pure. */
import { BOOT_STEPS, type BootEvent, type BootStep } from "./boot.ts";

/**
 * Who asked for an address: the firmware, iPXE after it, or an operating system. A `dhcp-discover` event's detail begins with one of these words.
 * iPXE asks again after the firmware has, and the live image asks once more, so the step alone does not tell where a boot begins.
 */
export const ASKERS = ["firmware", "iPXE", "system"] as const;
/** Who asked for an address. */
export type Asker = (typeof ASKERS)[number];

/** The asker of a `dhcp-discover` event; an unknown word counts as the firmware. */
export const askerOf = (event: Pick<BootEvent, "detail">): Asker =>
  ASKERS.find((a) => event.detail.startsWith(a)) ?? "firmware";

/** A boot that was silent for so long is over once the host begins anything. What a running system does later, a lease renewed for instance, begins nothing. */
const SILENCE_MS = 15 * 60_000;

/** Splits what was seen into boots, oldest first. Every event is in exactly one. */
export const splitAttempts = (events: readonly BootEvent[]): readonly (readonly BootEvent[])[] => {
  const attempts: BootEvent[][] = [];
  for (const event of events) {
    const current = attempts.at(-1);
    if (current === undefined || beginsAttempt(current, event)) attempts.push([event]);
    else current.push(event);
  }
  return attempts;
};

/** The furthest step that was done whole; null when none was. */
export const furthest = (events: readonly BootEvent[]): BootStep | null => {
  const best = Math.max(-1, ...events.filter((e) => e.complete).map((e) => BOOT_STEPS.indexOf(e.step)));
  return BOOT_STEPS[best] ?? null;
};

const beginsAttempt = (current: readonly BootEvent[], event: BootEvent): boolean => {
  const last = current.at(-1);
  const isOpening = event.step === "script" || event.step === "loader" || event.step === "dhcp-discover";
  if (isOpening && last !== undefined && event.atMs - last.atMs > SILENCE_MS && askerOf(event) !== "system")
    return true;
  if (event.step === "script") return current.some((e) => isPast(e.step, "script"));
  if (event.step !== "dhcp-discover") return false;
  const asker = askerOf(event);
  if (asker === "system") return false;
  // Firmware asks several times until it is answered; once it got further, its next question is a new boot.
  if (asker === "firmware") return current.some((e) => e.step !== "dhcp-discover" && isDone(e));
  // iPXE asks after the loader, and a NIC's old iPXE once more after it was given ours; after a script or an image it was reset.
  const progress = current.findLast((e) => e.step !== "dhcp-discover" && e.step !== "dhcp-lease");
  return progress !== undefined && progress.step !== "loader";
};

const isDone = (event: BootEvent): boolean => event.complete || isPast(event.step, "dhcp-lease");
const isPast = (step: BootStep, than: BootStep): boolean => BOOT_STEPS.indexOf(step) > BOOT_STEPS.indexOf(than);
