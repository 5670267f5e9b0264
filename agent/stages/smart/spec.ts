/** SMART: what each expected drive says of itself, before and after a self-test of its own. */
import { defineStage } from "../stage.ts";
import { type DiskSmart, SmartFacts } from "./facts.ts";
import { SMART_LIMITS } from "./limits.ts";
import { orderSmart, planSmart, SmartOrder } from "./order.ts";
import { latest } from "./rule.ts";
import { judgeSmart, SMART_RULES } from "./rules.ts";

const isTested = ({ tests }: DiskSmart): boolean =>
  tests.length > 0 && tests.every(({ outcome }) => outcome === "passed");

const summarise = ({ disks, selfTests }: SmartFacts): string => {
  const read = disks.filter((disk) => latest(disk) !== undefined).length;
  const tested = disks.filter(isTested).length;
  const kinds = selfTests.length === 0 ? "no self-test" : `${tested} passed their ${selfTests.join(" and ")} self-test`;
  return disks.length === 0 ? "No expected disk" : `${read} of ${disks.length} disks read, ${kinds}`;
};

/** The pure half of SMART. */
export const smart = defineStage({
  state: "SMART",
  key: "smart",
  title: "SMART",
  facts: SmartFacts,
  order: SmartOrder,
  limits: SMART_LIMITS,
  packages: ["smartmontools", "util-linux"],
  rules: SMART_RULES,
  orderOf: orderSmart,
  plan: planSmart,
  judge: judgeSmart,
  summarise,
});
