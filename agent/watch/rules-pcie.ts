/** What PCI Express links say. Pure. */
import type { Finding } from "../stages/rule.ts";
import type { Change, Watch, Watched } from "../wire/watch.ts";
import type { WatchLimits } from "./limits.ts";
import { changesOf, countOf, errorsOf, grownOf, growthOf, orQuiet, saidBy, type WatchRule } from "./rule.ts";

const MS_PER_MINUTE = 60_000;

/** Errors a minute; a stage of seconds counts as one of a minute. */
const perMinute = (change: Change, { durationMs }: Watch): number =>
  growthOf(change) / Math.max(1, durationMs / MS_PER_MINUTE);

const details = ({ detail }: Change): string => (detail === undefined ? "" : ` (${detail})`);

const ofPci = (change: Change, verdict: "FAIL" | "WARN", what: string, limit: string): Finding => ({
  verdict,
  component: `PCIe ${change.component}`,
  message: `Its link reported ${what}${details(change)}.`,
  measured: `${growthOf(change)}`,
  limit,
});

/** Lines about links are told where no counter is: firmware that keeps the counters to itself still lets the kernel write. */
const linkLines = (watch: Watch, wanted: "corrected" | "uncorrected"): readonly Finding[] => {
  const counted = new Set(
    (["aer-correctable", "aer-nonfatal", "aer-fatal"] as const).flatMap((kind) =>
      grownOf(watch, kind).map(({ component }) => component),
    ),
  );
  return errorsOf(
    watch,
    ({ kind, component, text }) =>
      kind === "pcie" &&
      !counted.has(component ?? "") &&
      (/severity=Correct/.test(text) ? "corrected" : "uncorrected") === wanted,
  ).map((error) => ({
    verdict: wanted === "corrected" ? "WARN" : "FAIL",
    component: `PCIe ${error.component ?? "unknown"}`,
    message: saidBy(error),
    measured: `${error.count}`,
    limit: "0",
  }));
};

const findUncorrected = (watch: Watch): readonly Finding[] => [
  ...grownOf(watch, "aer-fatal").map((change) => ofPci(change, "FAIL", "fatal errors", "0")),
  ...grownOf(watch, "aer-nonfatal").map((change) => ofPci(change, "FAIL", "errors that were not corrected", "0")),
  ...linkLines(watch, "uncorrected"),
];

const findCorrectable = (watch: Watch, { correctableFailPerMinute: most }: WatchLimits): readonly Finding[] => [
  ...grownOf(watch, "aer-correctable").map((change) => {
    const rate = Math.round(perMinute(change, watch) * 10) / 10;
    const verdict = perMinute(change, watch) > most ? "FAIL" : "WARN";
    const limit = verdict === "FAIL" ? `at most ${most} a minute` : "0";
    return {
      ...ofPci(change, verdict, `${rate} corrected errors a minute`, limit),
      measured: `${growthOf(change)}, ${rate} a minute`,
    };
  }),
  ...linkLines(watch, "corrected"),
];

/** Links that run at less than before. One that is not known at either end sleeps, or is none; one that is gone has a rule of its own. */
const findLinks = (watch: Watch): readonly Finding[] => {
  const less = (kind: Watched) =>
    (changesOf(watch, kind) ?? []).filter(({ before, after }) => after > 0 && after < before);
  const slower = less("pcie-speed").map(
    ({ component, before, after }): Finding => ({
      verdict: "WARN",
      component: `PCIe ${component}`,
      message: "Its link became slower during the stage.",
      measured: `${after} GT/s`,
      limit: `${before} GT/s`,
    }),
  );
  const narrower = less("pcie-width").map(
    ({ component, before, after }): Finding => ({
      verdict: "FAIL",
      component: `PCIe ${component}`,
      message: "Its link lost lanes during the stage.",
      measured: `${after} lanes`,
      limit: `${before} lanes`,
    }),
  );
  return [...narrower, ...slower];
};

/** The rules. */
export const PCIE_RULES: readonly WatchRule[] = [
  {
    code: "watch.pcie-uncorrected",
    worst: "FAIL",
    source: "PCI Express base specification, 6.2: non-fatal and fatal errors; 0 in practice of fleets",
    action: "Seat the card and its riser or cable again; clean the contacts; then replace the card, then the board.",
    find: (watch) =>
      orQuiet(findUncorrected(watch), watch, {
        component: "PCIe",
        sources: ["pci", "kernel"],
        kinds: ["aer-fatal", "aer-nonfatal"],
        message: "No link reported an error that was not corrected.",
      }),
  },
  {
    code: "watch.pcie-correctable",
    worst: "FAIL",
    source:
      "DCGM: 480 corrected errors in 15 minutes fail (limits.watch.correctableFailPerMinute); a good link has none",
    action: "Seat the card and its riser or cable again; clean the contacts.",
    find: (watch, limits) =>
      orQuiet(findCorrectable(watch, limits), watch, {
        component: "PCIe",
        sources: ["pci", "kernel"],
        kinds: ["aer-correctable"],
        message: "No link had to correct an error.",
      }),
  },
  {
    code: "watch.pcie-link",
    worst: "FAIL",
    source: "width and speed of each link before the stage",
    action: "Seat the card and its riser or cable again; clean the contacts.",
    find: (watch) =>
      orQuiet(findLinks(watch), watch, {
        component: "PCIe",
        sources: ["pci"],
        message: `The links of ${countOf(watch, "pcie-width", "functions")} are as before.`,
      }),
  },
];
