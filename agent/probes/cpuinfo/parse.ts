/** `/proc/cpuinfo` to the processors that the kernel uses now: how many, and what microcode each of them runs. Pure and total. */
import { cleanLabel, leadingCount, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** What the kernel says of its processors. */
export interface CpuinfoFacts {
  /** Logical processors that are online: others are not listed. */
  readonly onlineCount: number;
  /** Packages they sit in, where the kernel tells (x86). */
  readonly packageCount?: number;
  readonly vendor?: string;
  /** Each differing name once, in their order: more than one means that processors differ. */
  readonly models: readonly string[];
  /** Each differing revision once, in their order. None in virtual machines that hide it, and off x86. */
  readonly microcode: readonly string[];
}

/** More differing values than any server has processors of kinds. */
const MOST_VALUES = 64;

const collect = (values: Set<string>, raw: string): void => {
  const value = values.size < MOST_VALUES ? cleanLabel(raw, 64) : undefined;
  if (value !== undefined) values.add(value);
};

/** Reads `/proc/cpuinfo`. */
export const parseCpuinfo = (text: string): Parsed<CpuinfoFacts> => {
  let onlineCount = 0;
  let vendor: string | undefined;
  const [models, microcode, packages] = [new Set<string>(), new Set<string>(), new Set<number>()];
  for (const line of linesOf(text)) {
    const at = line.indexOf(":");
    if (at <= 0 || at > 40) continue;
    const value = line.slice(at + 1);
    switch (line.slice(0, at).trim()) {
      case "processor":
        if (leadingCount(value) !== undefined) onlineCount += 1;
        break;
      case "vendor_id":
        vendor ??= cleanLabel(value);
        break;
      case "model name":
        collect(models, value);
        break;
      case "microcode":
        collect(microcode, value);
        break;
      case "physical id": {
        const id = leadingCount(value);
        if (id !== undefined) packages.add(id);
      }
    }
  }
  if (onlineCount === 0)
    return notUnderstood("line 1", "No line “processor : 0”, as /proc/cpuinfo has for each of them.");
  return understood({
    onlineCount,
    ...present({ packageCount: packages.size || undefined, vendor }),
    models: [...models],
    microcode: [...microcode],
  });
};
