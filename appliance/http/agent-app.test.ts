import { afterEach, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "../../agent/system/fault.ts";
import { WIRE_LIMITS } from "../../agent/wire/limits.ts";
import type { Command } from "../../agent/wire/messages.ts";
import { AGENT_CALLS, agentPath } from "../../agent/wire/routes.ts";
import type { AgentDesk, Answer } from "../core/ports.ts";
import { createAgentApp } from "./agent-app.ts";
import { FAILURE_LIMITS } from "./failure-limit.ts";
import { createFeed, fakeDesk, fakeEdge, fakeLog } from "./fake-desk.ts";
import { openUploadDir } from "./upload.ts";

const RUN = "run-1";
const TOKEN = "a".repeat(64);
const BOOT_ID = "0f3c1e52-7e0a-4c0e-9e7f-1b2c3d4e5f60";
const ok = <T>(value: T): Answer<T> => ({ ok: true, value });

const dirs: string[] = [];
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
});

/** An app over a desk of which only the planned calls may be made; one token is good. */
const openApp = async (planned: Partial<AgentDesk>) => {
  const uploadDir = await mkdtemp(join(tmpdir(), "vetbox-upload-"));
  dirs.push(uploadDir);
  await openUploadDir(uploadDir);
  const { log, lines } = fakeLog();
  const authorise: AgentDesk["authorise"] = async (runId, bearer) =>
    runId === RUN && bearer === TOKEN
      ? ok(true as const)
      : { ok: false, refusal: { code: "token-invalid", detail: "The token is not this run's." } };
  let monoMs = 0;
  const app = createAgentApp({
    agents: fakeDesk<AgentDesk>("agents", { authorise, ...planned }),
    uploadDir,
    log,
    monoMs: () => monoMs,
  });
  const post = (
    call: string,
    body: BodyInit | null,
    options: { headers?: Record<string, string>; address?: string; run?: string; bearer?: string } = {},
  ) =>
    app.request(
      `/api/v1/runs/${options.run ?? RUN}/${call}`,
      {
        method: "POST",
        body,
        headers: { authorization: `Bearer ${options.bearer ?? TOKEN}`, ...options.headers },
      },
      fakeEdge(options.address),
    );
  const pass = (ms: number) => {
    monoMs += ms;
  };
  return { app, post, uploadDir, lines, pass };
};

const HELLO = {
  protocol: 1,
  bootId: BOOT_ID,
  agentVersion: "0.1.0",
  mac: "52:54:00:AA:00:01",
  uptimeMs: 9000,
  clockMs: 0,
};
const HEARTBEAT = { bootId: BOOT_ID, acks: [] };

describe("createAgentApp", () => {
  test("gives each call's decoded body and token to the desk, and its answer back", async () => {
    const asked: unknown[] = [];
    const record =
      (name: string) =>
      async (...args: unknown[]): Promise<Answer<never>> => {
        asked.push([name, ...args]);
        return ok({ said: name } as never);
      };
    const { post } = await openApp({
      hello: record("hello"),
      claim: record("claim"),
      heartbeat: record("heartbeat"),
      log: record("log"),
      sensor: record("sensor"),
      result: record("result"),
      hold: record("hold"),
    });
    const claim = { protocol: 1, bootId: BOOT_ID, mac: "52:54:00:aa:00:01", claimKey: "0".repeat(32), agentStart: 1 };
    const log = { bootId: BOOT_ID, entries: [{ seq: 1, atMs: 5, level: "info", text: "up" }] };
    const sensor = { bootId: BOOT_ID, samples: [{ seq: 1, atMs: 5, readings: { "cpu/tempC": 41.5 } }] };
    const result = {
      bootId: BOOT_ID,
      stage: "InventoryCheck",
      attempt: 1,
      outcome: "measured",
      startedMs: 1,
      durationMs: 2,
      facts: { any: ["thing"] },
    };
    const calls: [string, object][] = [
      ["hello", HELLO],
      ["claim", claim],
      ["heartbeat", HEARTBEAT],
      ["log", log],
      ["sensor", sensor],
      ["result", result],
      ["hold", { bootId: BOOT_ID }],
    ];
    for (const [name, body] of calls) {
      const answer = await post(name, JSON.stringify(body));
      expect([answer.status, await answer.json()]).toEqual([200, { said: name }]);
    }
    expect(asked).toEqual([
      ["hello", RUN, TOKEN, { ...HELLO, mac: "52:54:00:aa:00:01" }],
      ["claim", RUN, TOKEN, claim],
      ["heartbeat", RUN, HEARTBEAT],
      ["log", RUN, log],
      ["sensor", RUN, sensor],
      ["result", RUN, result],
      ["hold", RUN, BOOT_ID],
    ]);
  });

  test("serves every call of the wire contract at its path", async () => {
    const { app } = await openApp({});
    for (const call of AGENT_CALLS) {
      const method = call === "commands" ? "GET" : "POST";
      const answer = await app.request(agentPath(RUN, call), { method }, fakeEdge());
      expect([call, answer.status]).toEqual([call, 401]); // known, and refused for want of a token
    }
    expect((await app.request(`/api/v1/runs/${RUN}/shell`, { method: "POST" }, fakeEdge())).status).toBe(404);
  });

  test("refuses a token before it reads the body", async () => {
    const { post } = await openApp({});
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull: (controller) => {
          pulled++;
          controller.enqueue(new Uint8Array(10));
        },
      },
      { highWaterMark: 0 },
    );
    expect((await post("result", body, { bearer: "b".repeat(64) })).status).toBe(401);
    expect(pulled).toBe(0);
  });

  test("tells a fault as 5xx without its context, and logs it", async () => {
    const { post, lines } = await openApp({
      heartbeat: async () => {
        throw new Fault("disk-full", { path: "/data/x.db" });
      },
    });
    const answer = await post("heartbeat", JSON.stringify(HEARTBEAT));
    expect([answer.status, await answer.text()]).toEqual([503, expect.not.stringContaining("/data")]);
    expect(lines.join("")).toContain("/data/x.db");
    expect(lines.join("")).not.toContain(TOKEN);
  });

  test("lets an address wait after 10 failed tokens, and nobody else", async () => {
    const { post, pass } = await openApp({ heartbeat: async () => ok({ alive: true } as never) });
    const beat = (address: string, bearer = TOKEN) => post("heartbeat", JSON.stringify(HEARTBEAT), { address, bearer });
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await beat("10.77.0.66", "c".repeat(64))).status);
    expect(statuses).toEqual([...Array(FAILURE_LIMITS.max).fill(401), 429, 429]);
    const limited = await beat("10.77.0.66");
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "60"]);
    expect((await beat("10.77.0.51")).status).toBe(200);
    pass(FAILURE_LIMITS.windowMs);
    expect((await beat("10.77.0.66")).status).toBe(200);
  });

  test("lets no token of 10 000 random ones in, and asks the desk about 10 of them", async () => {
    let asked = 0;
    const { post } = await openApp({
      authorise: async () => {
        asked++;
        return { ok: false, refusal: { code: "token-invalid", detail: "" } };
      },
    });
    const seen = new Set<number>();
    for (let i = 0; i < 10_000; i++) {
      const bearer = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
      seen.add((await post("heartbeat", "{}", { bearer })).status);
    }
    expect([asked, [...seen].sort()]).toEqual([10, [401, 429]]);
  });
});

describe("createAgentApp artifact", () => {
  const query = (bytes: Uint8Array, name = "lshw.json") =>
    `artifact?${new URLSearchParams({
      bootId: BOOT_ID,
      stage: "InventoryCheck",
      attempt: "1",
      name,
      sha256: new Bun.CryptoHasher("sha256").update(bytes).digest("hex"),
    })}`;

  test("hands a whole file over, under a name of its own", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(65_000));
    const handed: unknown[] = [];
    const { post, uploadDir } = await openApp({
      artifact: async (runId, about, path, sizeBytes) => {
        handed.push([runId, about.name, about.attempt, sizeBytes, path.startsWith(`${uploadDir}/`)]);
        expect(new Uint8Array(await readFile(path))).toEqual(bytes);
        return ok({ id: "a1" });
      },
    });
    const answer = await post(query(bytes), bytes);
    expect([answer.status, await answer.json()]).toEqual([200, { id: "a1" }]);
    expect(handed).toEqual([[RUN, "lshw.json", 1, 65_000, true]]);
    expect(await readdir(uploadDir)).toEqual([]);
  });

  test("keeps nothing of a body that does not match its digest, or that the desk refuses or fails on", async () => {
    const answers = [
      () => Promise.resolve({ ok: false, refusal: { code: "too-large", detail: "" } } as const),
      () => Promise.reject(new Fault("disk-full")),
    ];
    const { post, uploadDir } = await openApp({ artifact: () => (answers.shift() ?? Promise.reject)() });
    const bytes = new TextEncoder().encode("whole");
    const statuses = [
      (await post(query(bytes), "damaged")).status,
      (await post(query(bytes), bytes)).status,
      (await post(query(bytes), bytes)).status,
    ];
    expect([statuses, await readdir(uploadDir)]).toEqual([[422, 413, 503], []]);
  });

  test("takes 8 at once and asks the others to come again", async () => {
    const gate = Promise.withResolvers<void>();
    const { post } = await openApp({
      artifact: async () => {
        await gate.promise;
        return ok({ id: "a" });
      },
    });
    const bytes = new TextEncoder().encode("x");
    const all = Array.from({ length: 12 }, () => post(query(bytes), bytes));
    const busy = await Promise.race(all);
    expect([busy.status, busy.headers.has("retry-after")]).toEqual([503, true]);
    gate.resolve();
    const statuses = (await Promise.all(all)).map((answer) => answer.status).sort();
    expect(statuses).toEqual([...Array(8).fill(200), ...Array(4).fill(503)]);
  });

  for (const name of ["../../etc/passwd", "..%2f..%2fx", "a\u0000b", "a/b", ".hidden", "x".repeat(300), "", "CON:"])
    test(`refuses the name ${JSON.stringify(name.slice(0, 20))}`, async () => {
      const { post } = await openApp({});
      const answer = await post(query(new Uint8Array(1), name), new Uint8Array(1));
      expect([answer.status, ((await answer.json()) as { path?: string }).path]).toEqual([422, "name"]);
    });
});

describe("openUploadDir", () => {
  test("clears what a box that lost power left, and nothing else", async () => {
    const { uploadDir } = await openApp({});
    await Bun.write(join(uploadDir, "x.part"), "half");
    await Bun.write(join(uploadDir, "kept"), "whole");
    await openUploadDir(uploadDir);
    expect(await readdir(uploadDir)).toEqual(["kept"]);
  });
});

describe("createAgentApp commands", () => {
  const open = async (feed: ReturnType<typeof createFeed<Command>>) => {
    const { app } = await openApp({ commands: (_runId, signal) => feed.read(signal) });
    return async (gone: AbortSignal, edge = fakeEdge()) => {
      const answer = await app.request(
        `/api/v1/runs/${RUN}/commands`,
        { headers: { authorization: `Bearer ${TOKEN}` }, signal: gone },
        edge,
      );
      return { answer, reader: (answer.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader() };
    };
  };

  test("streams each command with its id, and ends when the agent goes", async () => {
    const feed = createFeed<Command>();
    const connect = await open(feed);
    const gone = new AbortController();
    const edge = fakeEdge();
    const { answer, reader } = await connect(gone.signal, edge);
    expect([answer.headers.get("content-type"), edge.kept()]).toEqual(["text/event-stream", 1]);
    expect((await reader.read()).value).toBe("retry: 2000\n\n");
    feed.push({ id: 7, cmd: "cancel_stage" });
    expect((await reader.read()).value).toBe('id: 7\nevent: command\ndata: {"id":7,"cmd":"cancel_stage"}\n\n');
    expect(feed.open()).toBe(1);
    gone.abort();
    expect((await reader.read()).done).toBe(true);
    await feed.unread();
  });

  test("ends a run's older stream when a newer one opens", async () => {
    const feed = createFeed<Command>();
    const connect = await open(feed);
    const never = new AbortController();
    const older = await connect(never.signal);
    await older.reader.read();
    const newer = await connect(never.signal);
    await newer.reader.read();
    expect((await older.reader.read()).done).toBe(true);
    feed.push({ id: 8, cmd: "abort" });
    expect((await newer.reader.read()).value).toContain("id: 8\n");
    await newer.reader.cancel();
    await feed.unread(); // a source that is not told would hang here
  });

  test("opens no stream for HEAD", async () => {
    const { app } = await openApp({});
    const answer = await app.request(
      `/api/v1/runs/${RUN}/commands`,
      { method: "HEAD", headers: { authorization: `Bearer ${TOKEN}` } },
      fakeEdge(),
    );
    expect(answer.status).toBe(405);
  });
});

test("WIRE_LIMITS of an artifact stay under what the listener lets in", () => {
  // Bun.serve refuses bodies over 128 MiB by itself, with a text instead of a problem.
  expect(WIRE_LIMITS.artifactBytes).toBeLessThan(128 * 1024 * 1024);
});
