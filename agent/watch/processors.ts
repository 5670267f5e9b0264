/** Processors: how often they were throttled, and machine checks that they met. */
import { type Files, readAttribute } from "../system/files.ts";
import { type Answer, absent, createTally } from "./sighting.ts";

const ROOT = "/sys/devices/system/cpu";

const countOf = (raw: string | null): number | undefined => (/^\d{1,15}$/.test(raw ?? "") ? Number(raw) : undefined);

/** Exceptions that are machine checks, and AMD's deferred errors: never for an error that the hardware corrected (arch/x86/kernel/irq.c). */
const ROWS = /^ *(?:MCE|DFR): +([\d ]{1,20000})/gm;

/** Machine checks by processor, from `/proc/interrupts`. Pure. */
export const parseMachineChecks = (interrupts: string): readonly number[] => {
  const counts: number[] = [];
  for (const [, row = ""] of interrupts.matchAll(ROWS))
    for (const [cpu, digits] of row.trim().split(/ +/).entries()) counts[cpu] = (counts[cpu] ?? 0) + Number(digits);
  return counts;
};

/** Every processor. */
export const sightProcessors = async (files: Files): Promise<Answer> => {
  const tally = createTally();
  for (const name of (await files.list(ROOT)).filter((one) => /^cpu\d{1,5}$/.test(one))) {
    const at = (attribute: string) => readAttribute(files, `${ROOT}/${name}/${attribute}`);
    tally.add("throttle", `CPU ${name.slice(3)}`, countOf(await at("thermal_throttle/core_throttle_count")));
    const socket = countOf(await at("topology/physical_package_id"));
    const throttled = countOf(await at("thermal_throttle/package_throttle_count"));
    if (socket !== undefined) tally.add("throttle", `processor socket ${socket}`, throttled);
  }
  for (const [cpu, checks] of parseMachineChecks((await files.readText("/proc/interrupts")) ?? "").entries())
    tally.add("machine-check", `CPU ${cpu}`, checks);
  return tally.isEmpty()
    ? absent("The kernel counts neither throttling nor machine checks here.")
    : { status: "seen", figures: tally.figures };
};
