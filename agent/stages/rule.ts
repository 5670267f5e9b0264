/**
 * Rules: how facts become checks. A stage's judgement is a table of rules; each asks one thing of each component and always answers, so that what was looked
 * at and found good is as visible as what was not. Pure.
 */
import type { Check } from "../wire/check.ts";
import type { Verdict } from "../wire/names.ts";

/** What a rule says of one component. */
export interface Finding {
  readonly verdict: Verdict;
  /** With its serial where it has one: `disk S6PW1234`, `DIMM A1`. */
  readonly component: string;
  /** One sentence for the technician; with SKIPPED and ERROR it is the reason. */
  readonly message: string;
  /** With its unit. */
  readonly measured?: string;
  /** With its unit, in the same words as `measured`. */
  readonly limit?: string;
  /** In place of the rule's own. */
  readonly action?: string;
}

/** What is known of a rule without facts: the reference of codes, and the test that every rule was seen both ways, read this. */
export interface RuleInfo {
  /** Stable, for tickets: `smart.pending-sectors`. */
  readonly code: string;
  /** The worst that it answers when it measured. */
  readonly worst: "FAIL" | "WARN";
  /** Where its limit comes from. */
  readonly source: string;
  /** What a technician does about it. */
  readonly action: string;
  /** It speaks only when something is wrong; the others say PASS as well. */
  readonly silent?: true;
}

/** One rule. `find` never throws. */
export interface Rule<Facts, Figures> extends RuleInfo {
  find(facts: Facts, limits: Figures): readonly Finding[];
}

const cut = (words: string, most: number): string =>
  (words.length <= most ? words : `${words.slice(0, most - 1)}…`).replace(/\p{Cc}+/gu, " ");

/** How good it is needs no remedy. */
const REMEDIED: ReadonlySet<Verdict> = new Set(["FAIL", "WARN", "ERROR"]);

/** The check that a finding is. Texts of hardware are cut to what a check has room for. */
export const checkOf = ({ code, source, action }: Omit<RuleInfo, "worst">, finding: Finding): Check => ({
  code,
  verdict: finding.verdict,
  component: cut(finding.component, 200),
  message: cut(finding.message, 1000),
  ...(finding.measured === undefined ? {} : { measured: cut(finding.measured, 200) }),
  ...(finding.limit === undefined ? {} : { limit: cut(finding.limit, 200), source: cut(source, 300) }),
  ...(REMEDIED.has(finding.verdict) ? { action: cut(finding.action ?? action, 500) } : {}),
});

/** Asks every rule, in order. */
export const judgeBy =
  <Facts, Figures>(rules: readonly Rule<Facts, Figures>[]) =>
  (facts: Facts, limits: Figures): readonly Check[] =>
    rules.flatMap((rule) => rule.find(facts, limits).map((finding) => checkOf(rule, finding)));
