/** What a run shows of the changes since the host's previous good inventory. */
import { expect, test } from "bun:test";
import { accepted, type Journey, openJourney } from "./journey.ts";

/** Whole runs of one host: inventory, then cancelled. */
const runWith = async (journey: Journey, kind: "good" | "bad" | "nonsense", repaired?: string): Promise<void> => {
  const input = { profile: "quick", destructive: false, ...(repaired === undefined ? {} : { repaired }) } as const;
  journey.runId = accepted(await journey.box.operators.startRun(journey.hostId, input, "operator")).id;
  await journey.tick();
  await journey.script();
  await journey.claim();
  await journey.result("InventoryCheck", kind);
  await journey.box.settled();
  const { state } = await journey.run();
  const { operators } = journey.box;
  accepted(await (state === "FailedHolding" ? operators.releaseRun : operators.cancelRun)(journey.runId, "operator"));
  journey.boot++;
  journey.clock.advance(60_000);
};

test("a run shows what its note explains apart from the rest, since the last run whose inventory was good", async () => {
  await using journey = await openJourney();
  await runWith(journey, "bad");
  const first = journey.runId;
  expect((await journey.run()).changes).toBeNull();
  await runWith(journey, "nonsense");
  expect((await journey.run()).changes).toBeNull();
  await runWith(journey, "good", "disk DISK1 replaced");
  const { changes, verdict, createdMs } = await journey.run();
  expect(changes).toMatchObject({
    sinceRunId: first,
    expected: [{ part: "disk", kind: "added", where: "disk DISK1", before: null, after: "1 TB, serial DISK1" }],
    unexpected: [],
    warnings: [],
  });
  expect(changes?.sinceMs).toBeLessThan(createdMs);
  expect(verdict).toBe("cancelled"); // a change by itself fails nothing
  await runWith(journey, "bad");
  expect((await journey.run()).changes).toMatchObject({
    expected: [],
    unexpected: [{ part: "disk", kind: "removed", where: "disk DISK1" }],
  });
  await runWith(journey, "bad", "disk ZX81 replaced");
  expect((await journey.run()).changes).toMatchObject({
    expected: [],
    unexpected: [],
    warnings: ["The note names “ZX81”, but no disk is known by that place or serial."],
  });
});

test("a spec learned from a run is taken by the box, and the next run of the same server passes it", async () => {
  await using journey = await openJourney();
  const { reads, operators } = journey.box;
  expect(await reads.learnedSpec(journey.hostId, true)).toBeNull();
  await runWith(journey, "good");
  const learned = (await reads.learnedSpec(journey.hostId, true)) ?? "";
  expect(learned).toContain(`# Learned from run ${journey.runId} of r1, `);
  expect(learned).toContain("- { serial: DISK1, size: 1 TB, transport: sata }");
  accepted(await operators.setSpec(journey.hostId, learned, "operator"));
  await runWith(journey, "good");
  expect((await journey.run()).differences).toEqual([]);
  await runWith(journey, "bad");
  expect((await journey.run()).differences.map((one) => one.code)).toEqual(["disk-missing"]);
});
