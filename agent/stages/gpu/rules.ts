/** What GPU says is wrong: presence, load, health. Pure. */
import type { Limits } from "../limits.ts";
import type { Rule } from "../rule.ts";
import type { GpuFacts } from "./facts.ts";
import { HEALTH_RULES } from "./health-rules.ts";
import type { GPU_LIMITS } from "./limits.ts";
import { LOAD_RULES } from "./load-rules.ts";
import { PRESENCE_RULES } from "./presence-rules.ts";
import { TOOLS_RULES } from "./tools-rules.ts";

/** The rules, in the order in which people read them. A server without a GPU is told once, by the first. */
export const GPU_RULES: readonly Rule<GpuFacts, Limits<typeof GPU_LIMITS>>[] = [
  ...PRESENCE_RULES,
  ...LOAD_RULES,
  ...TOOLS_RULES,
  ...HEALTH_RULES,
];
