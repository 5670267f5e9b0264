/** The simulation by hand: `bun test/simulation/main.ts --seeds 10000 [--first 1]`, or `--seed N` for the story of one. */
import { parseArgs } from "node:util";
import { simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "200" },
    first: { type: "string", default: "1" },
    seed: { type: "string" },
  },
});

const one = values.seed === undefined ? null : Number(values.seed);
const seeds = one === null ? Array.from({ length: Number(values.seeds) }, (_, i) => i + Number(values.first)) : [one];
let failed = 0;
const beganMs = performance.now();
const totals: Record<string, number> = {};
for (const seed of seeds) {
  const { violations, story, counts } = await simulate(seed);
  for (const [what, n] of Object.entries(counts)) totals[what] = (totals[what] ?? 0) + n;
  if (one !== null) console.log(story.join("\n"));
  if (violations.length === 0) continue;
  failed += 1;
  console.log(`seed ${seed}: ${violations.join("; ")}`);
}
console.log(JSON.stringify(totals));
console.log(`${seeds.length} seeds, ${failed} failed, ${Math.round((performance.now() - beganMs) / 1000)} s`);
process.exitCode = failed === 0 ? 0 : 1;
