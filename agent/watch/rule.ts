/** What the rules of the watch share. Pure. */
import type { Finding, Rule } from "../stages/rule.ts";
import type { Change, KernelError, Watch, Watched, WatchSource } from "../wire/watch.ts";
import type { WatchLimits } from "./limits.ts";

/** A rule about what surrounds a stage. */
export type WatchRule = Rule<Watch, WatchLimits>;

/** By how much a counter grew. One that is smaller than before was set back meanwhile, and has counted that much since. */
export const growthOf = ({ before, after }: Change): number => (after >= before ? after - before : after);

/** What changed of a kind; undefined where the kind was not watched. */
export const changesOf = ({ figures }: Watch, kind: Watched): readonly Change[] | undefined =>
  figures.find((row) => row.kind === kind)?.changed;

/** Components of a kind whose counter grew. */
export const grownOf = (watch: Watch, kind: Watched): readonly Change[] =>
  (changesOf(watch, kind) ?? []).filter((change) => growthOf(change) > 0);

/** Errors of the kernel's log. */
export const errorsOf = ({ kernel }: Watch, fits: (error: KernelError) => boolean): readonly KernelError[] =>
  (kernel?.errors ?? []).filter(fits);

/** `The kernel says (3 times): …` */
export const saidBy = ({ count, text }: KernelError): string =>
  `The kernel says${count === 1 ? "" : ` (${count} times)`}: ${text}`;

/** `12 functions`: how many of a kind were watched. */
export const countOf = ({ figures }: Watch, kind: Watched, what: string): string =>
  `${figures.find((row) => row.kind === kind)?.watchedCount ?? 0} ${what}`;

/** What a rule looks at. */
export interface Looked {
  readonly component: string;
  readonly sources: readonly WatchSource[];
  /** Without any of these figures there is nothing that could have told. */
  readonly kinds?: readonly Watched[];
  /** What it means that nothing was found. */
  readonly message: string;
}

/** Nothing was found: a pass when everything was watched, else why it is none. */
export const quiet = (watch: Watch, { component, sources, kinds, message }: Looked): readonly Finding[] => {
  const unseen = watch.missing.filter(({ source }) => sources.includes(source));
  const failed = unseen.find(({ status }) => status === "failed");
  if (failed !== undefined)
    return [{ verdict: "ERROR", component, message: `It could not be watched (${failed.source}): ${failed.reason}` }];
  if (unseen.length === sources.length)
    return [{ verdict: "SKIPPED", component, message: unseen.map(({ reason }) => reason).join(" ") }];
  if (kinds?.some((kind) => watch.figures.some((row) => row.kind === kind)) === false)
    return [{ verdict: "SKIPPED", component, message: "Nothing in this server counts it." }];
  return [{ verdict: "PASS", component, message }];
};

/** The findings, or what it means that there are none. */
export const orQuiet = (found: readonly Finding[], watch: Watch, looked: Looked): readonly Finding[] =>
  found.length > 0 ? found : quiet(watch, looked);
