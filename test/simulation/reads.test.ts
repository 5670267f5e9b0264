/** What surfaces see: the record as it stands, and every change of it. */
import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { WIRE_LIMITS } from "../../agent/wire/limits.ts";
import type { Command } from "../../agent/wire/messages.ts";
import type { Change } from "../../appliance/core/ports.ts";
import { accepted, bootIdOf, MAC, openJourney, refusalOf } from "./journey.ts";

/** The next `count` of a stream. */
const take = async <T>(stream: AsyncIterable<T>, count: number): Promise<readonly T[]> => {
  const taken: T[] = [];
  for await (const one of stream) {
    taken.push(one);
    if (taken.length === count) break;
  }
  return taken;
};

test("run shows a failed comparison whole: stages, difference, failure, history, phases, boot", async () => {
  await using journey = await openJourney();
  await journey.start();
  await journey.tick();
  journey.clock.advance(4_000);
  await journey.script();
  journey.clock.advance(30_000);
  await journey.claim();
  journey.clock.advance(2_500);
  await journey.result("InventoryCheck", "bad");
  const run = await journey.run();
  expect(run).toMatchObject({ state: "FailedHolding", verdict: "held", failure: { code: "spec-mismatch" } });
  expect(run.stages.map(({ state, status }) => `${state} ${status}`)).toEqual([
    "InventoryCheck passed",
    "SpecValidate failed",
    "SMART waiting",
    "Storage waiting",
    "Network waiting",
  ]);
  expect(run.differences).toHaveLength(1);
  expect(run.failure?.message).toBe(run.differences[0]?.message ?? "");
  expect(run.inventory?.hardware.cpu.model).toBe("Example CPU");
  expect(run.transitions.map((t) => t.event)).toEqual([
    "queued",
    "dispatched",
    "hostSeen",
    "claimed",
    "resultPosted",
    "specFailed",
    "holdOpened",
  ]);
  expect(run.phases).toEqual([
    { state: "WaitingWoL", seconds: 4 },
    { state: "Booting", seconds: 30 },
    { state: "InventoryCheck", seconds: 2.5 },
    { state: "FailedHolding", seconds: 0 },
  ]);
  expect(run.timeline.reached).toBe("claim");
});

test("run forgets the differences of an inventory when a newer one agrees with the spec", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  await journey.result("InventoryCheck", "bad");
  expect((await journey.run()).differences).toHaveLength(1);
  accepted(await journey.box.operators.retryRun(journey.runId, "operator"));
  await journey.heartbeat();
  await journey.result("InventoryCheck", "good", 2);
  const run = await journey.run();
  expect([run.state, run.differences]).toEqual(["SMART", []]);
  expect(run.stages.find(({ state }) => state === "SpecValidate")).toMatchObject({
    status: "passed",
    summary: "As expected",
  });
});

test("run compares nothing when a newer inventory failed, whatever an older one differed in", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  await journey.result("InventoryCheck", "bad");
  accepted(await journey.box.operators.retryRun(journey.runId, "operator"));
  await journey.heartbeat();
  await journey.result("InventoryCheck", "error", 2);
  const run = await journey.run();
  expect([run.state, run.failure?.code, run.differences]).toEqual(["FailedHolding", "stage-error", []]);
  expect(run.stages.find(({ state }) => state === "SpecValidate")?.summary).toBeNull();
});

test("run tells invalid facts from a failed check, and keeps both", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  await journey.result("InventoryCheck");
  await journey.result("SMART", "nonsense");
  const broken = await journey.run();
  expect(broken.failure).toMatchObject({ state: "SMART", code: "stage-error" });
  expect(broken.failure?.message).toContain("facts.healthy");
  expect(await journey.box.reads.facts(journey.runId, "SMART")).toEqual({ healthy: "perhaps", cpu: 7 });
  accepted(await journey.box.operators.retryRun(journey.runId, "operator"));
  await journey.result("SMART", "bad", 2);
  const failed = await journey.run();
  expect(failed.failure).toEqual({ state: "SMART", code: "stage-failed", message: "part 1: It is broken." });
  const smart = failed.stages.find((s) => s.state === "SMART");
  expect(smart?.attempts.map((a) => `${a.attempt} ${a.reason} ${a.outcome}`)).toEqual([
    "1 first error",
    "2 retry measured",
  ]);
  expect([smart?.status, smart?.checks.length]).toEqual(["failed", 1]);
});

test("run and host are found by id, by the unique beginning of it, by name and by MAC", async () => {
  await using journey = await openJourney();
  await journey.start();
  const { reads } = journey.box;
  for (const ref of [journey.runId, journey.runId.slice(0, 5)]) expect((await reads.run(ref))?.id).toBe(journey.runId);
  for (const ref of ["%", "", "_".repeat(16), "ZZZ"]) expect(await reads.run(ref)).toBeNull();
  for (const ref of [journey.hostId, "r1", MAC, MAC.toUpperCase()])
    expect((await reads.host(ref))?.activeRun?.id).toBe(journey.runId);
  expect(await reads.box()).toMatchObject({ activeRuns: 1, queuedRuns: 1 });
});

test("logs come in order after an id, the last ones for a negative id, and by stage", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  const line = (seq: number) => ({ seq, atMs: seq, level: "info", text: `line ${seq}` }) as const;
  const batch = (...seqs: number[]) => ({ bootId: bootIdOf(1), entries: seqs.map(line) });
  const { agents, reads } = journey.box;
  expect(accepted(await agents.log(journey.runId, batch(1, 2, 3)))).toEqual({ ackedSeq: 3 });
  expect(accepted(await agents.log(journey.runId, batch(2, 3, 4)))).toEqual({ ackedSeq: 4 });
  const texts = async (options: Parameters<typeof reads.logs>[1]) =>
    (await reads.logs(journey.runId, options)).map((l) => l.text);
  expect(await texts({ afterId: -1, limit: 2 })).toEqual(["line 3", "line 4"]);
  expect(await texts({ afterId: 0, limit: 10 })).toEqual(["line 1", "line 2", "line 3", "line 4"]);
  expect(await texts({ afterId: 0, limit: 10, stage: "SMART" })).toEqual([]);
});

test("sensor gathers a minute into one chunk, once, and its series are shown", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  const { agents } = journey.box;
  const sample = (seq: number, tempC: number) => ({ seq, atMs: seq * 5_000, readings: { "cpu/tempC": tempC } });
  const send = (...samples: ReturnType<typeof sample>[]) =>
    agents.sensor(journey.runId, { bootId: bootIdOf(1), samples });
  await send(sample(1, 40), sample(2, 60));
  await send(sample(2, 60), sample(3, 50));
  expect((await journey.run()).series).toEqual([]);
  journey.clock.advance(60_000);
  await journey.tick();
  const series = [{ series: "cpu/tempC", count: 3, min: 40, mean: 50, max: 60, last: 50 }];
  expect((await journey.run()).series).toEqual(series);
  await journey.restartBox();
  await journey.box.agents.sensor(journey.runId, { bootId: bootIdOf(1), samples: [sample(3, 50)] });
  await journey.result("InventoryCheck");
  expect((await journey.run()).series).toEqual(series);
});

test("artifact takes a file over once, shows it, and holds to the quota of a run", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  const upload = async (name: string, sizeBytes: number, stage: "InventoryCheck" | "SMART" = "InventoryCheck") => {
    const path = join(journey.artifactDir, "upload");
    await writeFile(path, name);
    const query = { bootId: bootIdOf(1), stage, attempt: 1, name, sha256: "0".repeat(64) };
    const answer = await journey.box.agents.artifact(journey.runId, query, path, sizeBytes);
    expect(await Bun.file(path).exists()).toBe(false);
    return answer;
  };
  const { id } = accepted(await upload("a.txt", 5));
  expect(accepted(await upload("a.txt", 5)).id).toBe(id);
  expect(refusalOf(await upload("b.txt", 5, "SMART"))).toBe("out-of-turn");
  expect(refusalOf(await upload("c.txt", WIRE_LIMITS.runArtifactBytes - 4))).toBe("too-large");
  expect(accepted(await upload("d.txt", WIRE_LIMITS.runArtifactBytes - 5)).id).not.toBe(id);
  expect((await journey.run()).artifacts.map((a) => a.name).sort()).toEqual(["a.txt", "d.txt"]);
  const path = await journey.box.reads.artifactPath(journey.runId, id);
  expect(await Bun.file(path ?? "").text()).toBe("a.txt");
  expect(await journey.box.reads.artifactPath("another", id)).toBeNull();
});

test("changes resumes after a number, also over a restart, and resets who missed too much", async () => {
  await using journey = await openJourney();
  const ending = new AbortController();
  const from = journey.store.feed.seq;
  const live = take(journey.box.reads.changes(null, ending.signal), 2);
  await journey.start();
  const kinds = (changes: readonly Change[]) => changes.map((c) => `${c.seq - from} ${c.kind}`);
  expect(kinds(await live)).toEqual(["1 host", "2 run"]);
  expect(kinds(await take(journey.box.reads.changes(from + 1, ending.signal), 1))).toEqual(["2 run"]);
  for (const lost of [from + 1_000_000, -5])
    expect(kinds(await take(journey.box.reads.changes(lost, ending.signal), 1))).toEqual(["2 reset"]);
  ending.abort();
  expect(await take(journey.box.reads.changes(from, ending.signal), 1)).toEqual([]);
});

test("commands tells the waiting command at once, each change, and ends with the run's last acknowledgement", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  const told: Command[] = [];
  const listen = async () => {
    for await (const command of journey.box.agents.commands(journey.runId, new AbortController().signal))
      told.push(command);
  };
  const listening = listen();
  await journey.result("InventoryCheck", "bad");
  accepted(await journey.box.operators.retryRun(journey.runId, "operator"));
  await journey.heartbeat(); // a turn of the database, in which the listener looks too
  accepted(await journey.box.operators.cancelRun(journey.runId, "operator"));
  const { command } = await journey.heartbeat();
  await journey.heartbeat([command.id]);
  await listening;
  expect(told.map((c) => c.cmd)).toEqual(["retry_stage", "cancel_stage"]);
});

test("seen records strangers as sightings, counts them, and forgets one that is registered", async () => {
  await using journey = await openJourney();
  const stranger = "52:54:00:00:00:77";
  const see = () =>
    journey.box.boots.seen({
      mac: stranger,
      step: "dhcp-discover",
      atMs: journey.clock.wallMs(),
      detail: "PXEClient",
      complete: true,
    });
  await see();
  await see();
  journey.clock.advance(30_000);
  await see();
  expect(await journey.box.reads.sightings()).toMatchObject([{ mac: stranger, count: 3, detail: "PXEClient" }]);
  expect(await journey.box.boots.decide(stranger)).toEqual({ kind: "unknown" });
  accepted(await journey.box.operators.addHost({ name: "r7", mac: stranger }, "operator"));
  expect(await journey.box.reads.sightings()).toEqual([]);
  expect(await journey.box.boots.decide(stranger)).toMatchObject({ kind: "local" });
});
