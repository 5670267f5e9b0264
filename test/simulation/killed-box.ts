/** A box in a process of its own, for a test that kills it: it takes a result, says so, and goes on writing until it dies. */
import { bootIdOf, openJourney } from "./journey.ts";

const [path = ""] = process.argv.slice(2);
const journey = await openJourney(path);
await journey.toFirstStage();
const answer = await journey.result("InventoryCheck");
console.log(JSON.stringify({ runId: journey.runId, token: journey.token, answer }));
for (let seq = 1; ; seq++) {
  const entries = [{ seq, atMs: seq, level: "info", text: `line ${seq}` } as const];
  await journey.box.agents.log(journey.runId, { bootId: bootIdOf(1), entries });
  console.log(seq);
}
