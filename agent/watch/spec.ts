/** The watch around every stage, as box and agent share it: rules, limits, judgement. Pure. */
import { judgeBy } from "../stages/rule.ts";
import type { Check } from "../wire/check.ts";
import type { Watch } from "../wire/watch.ts";
import type { WatchLimits } from "./limits.ts";
import type { WatchRule } from "./rule.ts";
import { EVENT_RULES } from "./rules-events.ts";
import { KERNEL_RULES } from "./rules-kernel.ts";
import { NIC_RULES } from "./rules-nics.ts";
import { PART_RULES } from "./rules-parts.ts";
import { PCIE_RULES } from "./rules-pcie.ts";

/** Its name in specs (`limits: { watch: … }`) and in the codes of its checks. */
export const WATCH_KEY = "watch";

/** Every rule, in the order in which they are told. */
export const WATCH_RULES: readonly WatchRule[] = [
  ...KERNEL_RULES,
  ...EVENT_RULES,
  ...PART_RULES,
  ...PCIE_RULES,
  ...NIC_RULES,
];

/** What was seen around a stage to checks. */
export const judgeWatch: (watch: Watch, limits: WatchLimits) => readonly Check[] = judgeBy(WATCH_RULES);
