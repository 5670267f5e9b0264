/** The agent API over the real orchestrator: who is let in, and what a repeated request changes. */
import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { agentPath } from "../../agent/wire/routes.ts";
import { fakeEdge } from "../../appliance/http/fake-desk.ts";
import { BOOT_ID, openRealBox } from "./box.ts";
import { CLAIM, HELLO, RESULT } from "./messages.ts";

const codeOf = async (answer: Response): Promise<string> =>
  `${answer.status} ${((await answer.json()) as { code?: string }).code ?? "ok"}`;

const claimed = async (box: Awaited<ReturnType<typeof openRealBox>>, runId: string): Promise<string> => {
  const answer = await box.post(runId, "claim", await box.enrolCode(), CLAIM);
  return ((await answer.json()) as { sessionToken: string }).sessionToken;
};

describe("agent API over the real desks", () => {
  test("lets an enrol code in once, and its own agent again", async () => {
    await using box = await openRealBox();
    const runId = await box.start();
    const code = await box.enrolCode();
    const first = await box.post(runId, "claim", code, CLAIM);
    const again = await box.post(runId, "claim", code, CLAIM);
    expect([first.status, await first.json()]).toEqual([200, await again.json()]);
    const other = await box.post(runId, "claim", code, { ...CLAIM, claimKey: "d".repeat(32) });
    expect(await codeOf(other)).toBe("409 enrol-used");
  });

  test("refuses a code that is too old, another server's, another run's or made up", async () => {
    await using box = await openRealBox();
    const runId = await box.start();
    const code = await box.enrolCode();
    const other = { ...CLAIM, mac: "52:54:00:aa:00:02" };
    expect(await codeOf(await box.post(runId, "claim", code, other))).toBe("403 mac-mismatch");
    expect(await codeOf(await box.post("nosuchrun", "claim", code, CLAIM))).toMatch(/^40[14] /);
    expect(await codeOf(await box.post(runId, "claim", "f".repeat(32), CLAIM))).toBe("401 token-invalid");
    box.time.ms += 10 * 60_000 + 1;
    expect(await codeOf(await box.post(runId, "claim", code, CLAIM))).toBe("410 enrol-expired");
  });

  test("lets a session token in for its own run alone, and writes nothing for any other", async () => {
    await using box = await openRealBox();
    const runId = await box.start();
    const token = await claimed(box, runId);
    const beat = { bootId: BOOT_ID, acks: [] };
    expect((await box.post(runId, "heartbeat", token, beat)).status).toBe(200);
    const before = await box.dump();
    for (const [run, bearer] of [
      ["nosuchrun", token],
      [runId, token.replace(/^./, (digit) => (digit === "0" ? "1" : "0"))],
      [runId, token.slice(2)],
      [runId, "0".repeat(64)],
    ] as const)
      expect(await codeOf(await box.post(run, "heartbeat", bearer, beat, "10.77.0.66"))).toMatch(/^40[14] /);
    expect(await box.dump()).toBe(before);
  });

  test("leaves the database equal when any request of a run comes twice", async () => {
    await using box = await openRealBox();
    const runId = await box.start();
    const code = await box.enrolCode();
    const twice = async (send: () => Response | Promise<Response>): Promise<unknown> => {
      const first = await send();
      const body = await first.json();
      const before = await box.dump();
      const second = await send();
      expect([second.status, await second.json()]).toEqual([first.status, body]);
      expect(await box.dump()).toBe(before);
      return body;
    };
    const post = (...[call, bearer, body]: [Parameters<typeof box.post>[1], string, unknown]) =>
      twice(() => box.post(runId, call, bearer, body));
    await post("hello", code, HELLO);
    const { sessionToken } = (await post("claim", code, CLAIM)) as { sessionToken: string };
    await post("heartbeat", sessionToken, { bootId: BOOT_ID, acks: [], stage: "InventoryCheck", progress: 0.5 });
    await post("log", sessionToken, { bootId: BOOT_ID, entries: [{ seq: 1, atMs: 5, level: "info", text: "up" }] });
    await post("sensor", sessionToken, {
      bootId: BOOT_ID,
      samples: [{ seq: 1, atMs: 5, readings: { "a/tempC": 41 } }],
    });
    const bytes = new TextEncoder().encode("raw tool output");
    const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    const query = new URLSearchParams({
      bootId: BOOT_ID,
      stage: "InventoryCheck",
      attempt: "1",
      name: "lspci.txt",
      sha256,
    });
    await twice(() =>
      box.app.request(
        `${agentPath(runId, "artifact")}?${query}`,
        { method: "POST", headers: { authorization: `Bearer ${sessionToken}` }, body: bytes },
        fakeEdge(),
      ),
    );
    expect([(await readdir(box.uploadDir)).length, (await box.reads.run(runId))?.artifacts.length]).toEqual([0, 1]);
    expect(await post("result", sessionToken, RESULT)).toMatchObject({ next_state: "Completed", turn: { do: "off" } });
  });

  test("tells a listening agent of a cancel at once", async () => {
    await using box = await openRealBox();
    const runId = await box.start();
    const token = await claimed(box, runId);
    const gone = new AbortController();
    const answer = await box.app.request(
      agentPath(runId, "commands"),
      { headers: { authorization: `Bearer ${token}` }, signal: gone.signal },
      fakeEdge(),
    );
    const reader = (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe("retry: 2000\n\n");
    await box.operators.cancelRun(runId, "test");
    expect((await reader.read()).value).toMatch(
      /^id: \d+\nevent: command\ndata: \{"id":\d+,"cmd":"cancel_stage"\}\n\n$/,
    );
    gone.abort();
    expect((await reader.read()).done).toBe(true);
  });

  test("gives a held server its key, and no server that is not held", async () => {
    await using box = await openRealBox();
    const runId = await box.start();
    const token = await claimed(box, runId);
    const hold = () => box.post(runId, "hold", token, { bootId: BOOT_ID });
    expect(await codeOf(await hold())).toBe("409 out-of-turn");
    const failed = { ...RESULT, outcome: "error", reason: "lsblk hangs", facts: undefined };
    expect(await (await box.post(runId, "result", token, failed)).json()).toMatchObject({ turn: { do: "hold" } });
    await box.settled();
    expect(await (await hold()).json()).toEqual({ authorizedKey: "ssh-ed25519 AAAA" });
  });
});
