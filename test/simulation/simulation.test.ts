/** The orchestrator under a seeded adversary: loss, doubling, reordering, killed agents, reset servers, power cuts, impatient people. */
import { expect, test } from "bun:test";
import { simulate } from "./simulate.ts";

/** More by `bun test/simulation/main.ts --seeds N`; the story of one by `--seed N`. */
const SEEDS = 200;

/** What must have happened somewhere in all these worlds, or the adversary slept and the test proves nothing. */
const MUST_HAPPEN = [
  "power-cut",
  "lost",
  "lost-answer",
  "late-answer",
  "doubled",
  "agent-killed",
  "host-reset",
  "host-off",
  "clock-set",
  "cancelRun",
  "releaseRun",
  "retryRun",
  "overrideWipe",
  "wiped",
  "hold",
  "Completed",
  "FailedHolding",
  "Released",
  "Cancelled",
  "Network",
  "lamp-lit",
];

test(`openOrchestrator keeps every invariant in ${SEEDS} simulated worlds`, async () => {
  const totals = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations, counts } = await simulate(seed);
    expect({ seed, violations }).toEqual({ seed, violations: [] });
    for (const [what, n] of Object.entries(counts)) totals.set(what, (totals.get(what) ?? 0) + n);
  }
  expect(MUST_HAPPEN.filter((what) => (totals.get(what) ?? 0) < 10)).toEqual([]);
}, 600_000);

test("simulate repeats a seed to the last event", async () => {
  expect(await simulate(7)).toEqual(await simulate(7));
});
