/** Messages that come twice: the record is the same, and so is the answer. */
import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Orchestrator } from "../../appliance/orchestrator.ts";
import { accepted, bootIdOf, type Journey, MAC, openJourney } from "./journey.ts";

/** A recorded request: it can be sent as often as one likes. */
type Request = (box: Orchestrator) => Promise<unknown>;

const upload = async (j: Journey, runId: string): Promise<Request> => {
  let copies = 0;
  const query = {
    bootId: bootIdOf(1),
    stage: "InventoryCheck",
    attempt: 1,
    name: "raw.txt",
    sha256: "0".repeat(64),
  } as const;
  return async (box) => {
    const path = join(j.artifactDir, `upload-${copies++}`);
    await writeFile(path, "raw");
    return box.agents.artifact(runId, query, path, 3);
  };
};

/** Every message that an agent sends in a run that fails, is held, is retried and is cancelled; each in its state. */
const recorded = async (j: Journey): Promise<readonly (() => Promise<Request>)[]> => {
  const { runId } = j;
  const bootId = bootIdOf(1);
  const hello = {
    protocol: 1,
    bootId,
    agentVersion: "1",
    mac: MAC,
    address: "10.0.0.9",
    uptimeMs: 1,
    clockMs: 1,
  } as const;
  const at = (send: Request) => async () => send;
  const [code, body] = [j.enrolCode, j.claimBody()];
  const beat = (acks: number[]) =>
    ({ bootId, acks, stage: "InventoryCheck", attempt: 1, progress: 0.5, note: "half" }) as const;
  return [
    at((box) => box.agents.hello(runId, code, hello)),
    at((box) => box.agents.claim(runId, code, body)),
    at((box) => box.agents.claim(runId, code, { ...body, claimKey: "cd".repeat(16) })), // refused, and written down once
    at((box) => box.agents.claim(runId, code, { ...body, bootId: bootIdOf(9) })),
    at((box) => box.agents.heartbeat(runId, beat([]))),
    at((box) => box.agents.log(runId, { bootId, entries: [{ seq: 1, atMs: 5, level: "info", text: "hello" }] })),
    at((box) => box.agents.sensor(runId, { bootId, samples: [{ seq: 1, atMs: 5, readings: { "cpu/tempC": 40 } }] })),
    () => upload(j, runId),
    at((box) => box.agents.result(runId, j.resultBody("InventoryCheck", "bad"))),
    at((box) => box.agents.hold(runId, bootId)),
    async () => {
      await j.box.operators.retryRun(runId, "operator");
      await j.box.settled();
      const { command } = await j.heartbeat();
      return (box) => box.agents.heartbeat(runId, beat([command.id]));
    },
    at((box) => box.agents.result(runId, j.resultBody("InventoryCheck", "good", 2))),
    at((box) => box.agents.result(runId, j.resultBody("SMART", "nonsense"))),
    async () => {
      await j.box.operators.cancelRun(runId, "operator");
      await j.box.settled();
      const { command } = await j.heartbeat();
      return (box) => box.agents.heartbeat(runId, beat([command.id]));
    },
  ];
};

test("openAgentDesk stores every recorded request once, however often it comes", async () => {
  await using journey = await openJourney();
  await journey.start();
  await journey.tick();
  await journey.script();
  for (const [i, prepare] of (await recorded(journey)).entries()) {
    const send = await prepare();
    const first = await send(journey.box);
    await journey.box.settled();
    const rows = await journey.rows();
    expect({ i, answer: await send(journey.box) }).toEqual({ i, answer: first });
    await send(journey.box);
    await journey.box.settled();
    expect({ i, same: (await journey.rows()) === rows }).toEqual({ i, same: true });
  }
  expect((await journey.run()).state).toBe("Cancelled");
});

test("rows sees the first delivery of each kind of request", async () => {
  await using journey = await openJourney();
  await journey.start();
  await journey.tick();
  await journey.script();
  let before = await journey.rows();
  const silent: number[] = [];
  for (const [i, prepare] of (await recorded(journey)).entries()) {
    await (await prepare())(journey.box);
    await journey.box.settled();
    const after = await journey.rows();
    if (after === before) silent.push(i);
    before = after;
  }
  expect(silent).toEqual([4, 6]); // a heartbeat without news, and samples, which are written with their stage
});

test("result answers a repeat by where the run stands once it has moved on", async () => {
  await using journey = await openJourney();
  await journey.toFirstStage();
  const first = await journey.result("InventoryCheck");
  expect(await journey.result("InventoryCheck")).toEqual(first);
  await journey.result("SMART");
  expect(accepted(await journey.box.agents.result(journey.runId, journey.resultBody("InventoryCheck")))).toMatchObject({
    next_state: "Storage",
    turn: { do: "run", stage: "Storage", attempt: 1 },
  });
});
