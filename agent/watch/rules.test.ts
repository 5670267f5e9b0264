import { expect, test } from "bun:test";
import { resolveLimits } from "../stages/limits.ts";
import type { Watch } from "../wire/watch.ts";
import { CASES, QUIET } from "./fixtures/cases.ts";
import { WATCH_LIMITS } from "./limits.ts";
import { judgeWatch } from "./spec.ts";

const judged = (watch: Watch) => judgeWatch(watch, resolveLimits(WATCH_LIMITS, "quick"));
const bad = (watch: Watch) =>
  judged(watch)
    .filter(({ verdict }) => verdict !== "PASS" && verdict !== "SKIPPED")
    .map(({ code, verdict, component }) => `${code} ${verdict} ${component}`);

test("judgeWatch tells what happened once: nothing but what each case names", () => {
  for (const { name, facts, checks } of CASES) {
    if (name.startsWith("what could not be read")) continue;
    const named = checks
      .filter(([, verdict]) => verdict === "FAIL" || verdict === "WARN")
      .map((check) => check.join(" "));
    // Each case was shown to have the schema's shape by the test of all rules.
    expect({ name, found: bad(facts as Watch).sort() }).toEqual({ name, found: named.sort() });
  }
});

test("judgeWatch names what was counted, the limit and where it comes from", () => {
  const figures = [
    {
      kind: "aer-correctable" as const,
      watchedCount: 1,
      changed: [{ component: "0000:3b:00.0", before: 5, after: 405, detail: "BadTLP 400" }],
    },
  ];
  expect(judged({ ...QUIET, figures }).find(({ code }) => code === "watch.pcie-correctable")).toEqual({
    code: "watch.pcie-correctable",
    verdict: "FAIL",
    component: "PCIe 0000:3b:00.0",
    message: "Its link reported 40 corrected errors a minute (BadTLP 400).",
    measured: "400, 40 a minute",
    limit: "at most 32 a minute",
    source:
      "DCGM: 480 corrected errors in 15 minutes fail (limits.watch.correctableFailPerMinute); a good link has none",
    action: "Seat the card and its riser or cable again; clean the contacts.",
  });
});
