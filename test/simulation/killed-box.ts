/** A box in a process of its own, for a test that kills it: it takes a result, says so, and goes on writing until it dies. */
import { bootIdOf, openJourney } from "./journey.ts";

const [path = ""] = process.argv.slice(2);
const journey = await openJourney(path);
await journey.toFirstStage();
const answer = await journey.result("InventoryCheck");
process.stdout.write(`${JSON.stringify({ runId: journey.runId, answer })}\n`);
for (let seq = 1; ; seq++) {
  const entries = [{ seq, atMs: seq, level: "info", text: `line ${seq}` } as const];
  await journey.box.agents.log(journey.runId, { bootId: bootIdOf(1), entries });
  process.stdout.write(`${seq}\n`);
}
