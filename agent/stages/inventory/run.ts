/** Runs Inventory: a few probes at a time, each under its own deadline, which begins when the probe does. */
import { type Probe, type ProbeOutcome, runProbe } from "../../probes/probe.ts";
import type { Inventory } from "../../wire/inventory.ts";
import type { StageContext } from "../runner.ts";
import { assembleInventory } from "./facts.ts";
import { PROBES, type ProbeFacts, type ProbeKey } from "./probes.ts";

/**
 * Probes that begin at a time. All at once take no less time together, but each takes three times its own, and on a busy server of two cores runs
 * into its deadline: with sixteen at once `sysfs` needed 10 s, with four 2 s, and all of them 16 s either way.
 */
const LANES = 4;
/** After this the next one begins all the same, so that a hung probe costs the others no more. */
const HEAD_START_MS = 5_000;

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

/** Begins the work on each item, a few at a time, and answers in their order. */
const runInLanes = async <Item, Result>(
  items: readonly Item[],
  { system, signal }: StageContext,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const begun: Promise<Result>[] = [];
  const waiting = items.entries(); // one iterator for all lanes: each item is taken once
  const lane = async (): Promise<void> => {
    for (const [place, item] of waiting) {
      const over = new AbortController();
      const done = work(item).finally(() => over.abort());
      begun[place] = done;
      await Promise.race([done, system.clock.sleep(HEAD_START_MS, AbortSignal.any([signal, over.signal]))]);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return Promise.all(begun);
};

/** The effects of Inventory. */
export const runInventory = async (context: StageContext<unknown>): Promise<Inventory> => {
  const keys = Object.keys(PROBES) as ProbeKey[];
  const run = follow(context, keys.length);
  const outcomes = await runInLanes(
    keys,
    context,
    async (key) => [key, await run<ProbeFacts[ProbeKey]>(PROBES[key])] as const,
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
