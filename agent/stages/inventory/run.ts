/** Runs Inventory: every probe at once, each under its own deadline. What one probe does to itself costs the others nothing. */
import { type Probe, type ProbeOutcome, runProbe } from "../../probes/probe.ts";
import type { Inventory } from "../../wire/inventory.ts";
import type { StageContext } from "../runner.ts";
import { assembleInventory } from "./facts.ts";
import { PROBES, type ProbeFacts, type ProbeKey } from "./probes.ts";

/** Runs a probe, tells how far all of them are, and keeps what it printed. */
const follow = (context: StageContext, total: number) => {
  let done = 0;
  return async <Facts>(probe: Probe<Facts>): Promise<ProbeOutcome<Facts>> => {
    const outcome = await runProbe(probe, context.system, context.signal);
    done += 1;
    context.progress(done / total, `${done} of ${total} probes answered`);
    const { status, durationMs, reason } = outcome.report;
    const words = `${probe.name}: ${status} after ${durationMs} ms${reason === undefined ? "" : `. ${reason}`}`;
    context.log(status === "ok" || status === "device-absent" ? "info" : "warn", words);
    for (const { name, text } of outcome.raw) if (text !== "") context.artifact(name, text);
    return outcome;
  };
};

/** The effects of Inventory. */
export const runInventory = async (context: StageContext): Promise<Inventory> => {
  const keys = Object.keys(PROBES) as ProbeKey[];
  const run = follow(context, keys.length);
  const outcomes = await Promise.all(
    keys.map(async (key) => [key, await run<ProbeFacts[ProbeKey]>(PROBES[key])] as const),
  );
  // Each key has the facts of its own probe: that is how the pairs were made.
  const facts = Object.fromEntries(outcomes.map(([key, outcome]) => [key, outcome.facts])) as ProbeFacts;
  const inventory = assembleInventory(
    facts,
    outcomes.map(([, outcome]) => outcome.report),
    context.bootMac,
  );
  context.artifact("inventory.json", `${JSON.stringify(inventory, null, 2)}\n`);
  return inventory;
};
