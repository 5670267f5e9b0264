/** Everything a broken or hostile agent may send, over a real TLS listener: each is refused in its own way, and the box lives on. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WIRE_LIMITS } from "../../agent/wire/limits.ts";
import type { AgentDesk } from "../core/ports.ts";
import { createAgentApp } from "./agent-app.ts";
import { type Listener, serveApp } from "./edge.ts";
import { fakeDesk, fakeLog } from "./fake-desk.ts";
import { openUploadDir } from "./upload.ts";

const TOKEN = "a".repeat(64);
const BOOT_ID = "0f3c1e52-7e0a-4c0e-9e7f-1b2c3d4e5f60";
const GOOD = JSON.stringify({ bootId: BOOT_ID, acks: [] });

let listener: Listener;
let uploadDir: string;
/** Time stands still for the failure counter unless a row moves it on. */
let monoMs = 0;

beforeAll(async () => {
  uploadDir = await mkdtemp(join(tmpdir(), "vetbox-bad-input-"));
  await openUploadDir(uploadDir);
  const agents = fakeDesk<AgentDesk>("agents", {
    authorise: async (runId, bearer) =>
      runId === "run-1" && bearer === TOKEN
        ? { ok: true, value: true }
        : { ok: false, refusal: { code: "token-invalid", detail: "" } },
    heartbeat: async () => ({ ok: true, value: { alive: true } as never }),
  });
  // Plain HTTP here, so that a row can write any bytes; TLS is the certificate's test.
  listener = await serveApp(createAgentApp({ agents, uploadDir, log: fakeLog().log, monoMs: () => monoMs }), {
    hostname: "127.0.0.1",
    port: 0,
  });
});
afterAll(async () => {
  await listener.stop();
  await rm(uploadDir, { recursive: true, force: true });
});

/** Sends raw bytes and yields the status of the first answer; null when the connection was closed without one. */
const raw = (text: string): Promise<number | null> =>
  new Promise((resolve) => {
    const socket = net.connect(listener.port, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      got += chunk;
      if (got.includes("\r\n")) socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(got)?.[1];
      resolve(status === undefined ? null : Number(status));
    });
  });

const request = (
  body: BodyInit,
  { path = "/api/v1/runs/run-1/heartbeat", bearer = `Bearer ${TOKEN}`, headers = {} as Record<string, string> } = {},
) =>
  fetch(`${listener.url}${path}`, {
    method: "POST",
    body,
    headers: { ...(bearer === "" ? {} : { authorization: bearer }), ...headers },
  });

const heartbeat = (acks: string) => `{"bootId":"${BOOT_ID}","acks":${acks}}`;
const facts = (text: string) =>
  `{"bootId":"${BOOT_ID}","stage":"InventoryCheck","attempt":1,"outcome":"measured","startedMs":1,"durationMs":1,"facts":${text}}`;
const result = "/api/v1/runs/run-1/result";
const latin = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

/** Name, what is sent, and the status that answers it (with the place in the body, where there is one). */
const ROWS: readonly (readonly [string, () => Promise<Response>, number, string?])[] = [
  // tokens (C.5 5)
  ["no token", () => request(GOOD, { bearer: "" }), 401],
  ["an empty token", () => request(GOOD, { bearer: "Bearer " }), 401],
  ["a token without its scheme", () => request(GOOD, { bearer: TOKEN }), 401],
  ["basic authentication", () => request(GOOD, { bearer: "Basic cm9vdDpyb290" }), 401],
  ["a token cut short", () => request(GOOD, { bearer: `Bearer ${TOKEN.slice(1)}` }), 401],
  ["a token that is too long", () => request(GOOD, { bearer: `Bearer ${"a".repeat(129)}` }), 401],
  ["two tokens", () => request(GOOD, { bearer: `Bearer ${TOKEN} ${TOKEN}` }), 401],
  ["a token that is no hex", () => request(GOOD, { bearer: `Bearer ${"z".repeat(64)}` }), 401],
  ["another run's token", () => request(GOOD, { path: "/api/v1/runs/run-2/heartbeat" }), 401],
  ["a run that climbs", () => request(GOOD, { path: "/api/v1/runs/..%2f..%2fetc/heartbeat" }), 404],
  ["a run of 65 characters", () => request(GOOD, { path: `/api/v1/runs/${"r".repeat(65)}/heartbeat` }), 404],
  ["a run with NUL", () => request(GOOD, { path: "/api/v1/runs/a%00b/heartbeat" }), 404],
  ["a path that is not ours", () => request(GOOD, { path: "/api/v1/runs/run-1/exec" }), 404],
  // sizes (C.5 20, 21)
  ["1 byte over, by Content-Length", () => request(`{"x":"${"x".repeat(WIRE_LIMITS.jsonBytes)}"}`), 413],
  ["a compressed body", () => request(Bun.gzipSync(GOOD), { headers: { "content-encoding": "gzip" } }), 415],
  // JSON (C.5 23)
  ["no body", () => request(""), 400],
  ["text", () => request("hello"), 400],
  ["JSON cut short", () => request(GOOD.slice(0, -1)), 400],
  ["JSON with a tail", () => request(`${GOOD}x`), 400],
  ["JSON with a comment", () => request(`/* */${GOOD}`), 400],
  ["NaN", () => request(heartbeat("[NaN]")), 400],
  ["10 000 levels", () => request(facts("[".repeat(10_000) + "]".repeat(10_000)), { path: result }), 400],
  [
    "10 000 levels of objects",
    () => request(facts(`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`), { path: result }),
    400,
  ],
  ["500 000 open brackets", () => request("[".repeat(500_000)), 400],
  ["a million entries", () => request(facts(`[${"1,".repeat(1_000_000)}1]`), { path: result }), 400],
  ["a key twice", () => request(`{"bootId":"${BOOT_ID}","acks":[],"acks":[1]}`), 400],
  ["__proto__", () => request(facts('{"__proto__":{"polluted":1}}'), { path: result }), 400],
  ["1e400", () => request(heartbeat("[1e400]")), 400],
  ["half of a surrogate pair, escaped", () => request(facts('"\\ud800"'), { path: result }), 400],
  ["half of a surrogate pair, as bytes", () => request(latin('{"a":"\xed\xa0\x80"}')), 400],
  ["bytes that are not UTF-8", () => request(latin('{"a":"\xff"}')), 400],
  ["UTF-16", () => request(new Uint8Array(Buffer.from(GOOD, "utf16le"))), 400],
  // shapes
  ["null", () => request("null"), 422],
  ["a list", () => request("[]"), 422, "bootId"],
  ["a field missing", () => request(`{"bootId":"${BOOT_ID}"}`), 422, "acks"],
  ["a wrong type deep inside", () => request(heartbeat('[1,"2"]')), 422, "acks.1"],
  ["a number below zero", () => request(heartbeat("[-1]")), 422, "acks.0"],
  ["a fraction", () => request(heartbeat("[1.5]")), 422, "acks.0"],
  ["more than JavaScript counts", () => request(heartbeat("[9007199254740993]")), 422, "acks.0"],
  ["too many entries", () => request(heartbeat(`[${Array(17).fill(1)}]`)), 422, "acks"],
  ["control characters", () => request(`{"bootId":"${BOOT_ID}","acks":[],"note":"\\u001b[31m"}`), 422, "note"],
  ["an unknown stage", () => request(`{"bootId":"${BOOT_ID}","acks":[],"stage":"Format"}`), 422, "stage"],
];

describe("agent API", () => {
  for (const [name, send, status, path] of ROWS)
    test(`answers ${status} to ${name}`, async () => {
      monoMs += 60_001;
      const answer = await send();
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      const body = (await answer.json()) as { code: string; path?: string };
      expect(body.path).toBe(path as string);
      expect((await request(GOOD)).status).toBe(200);
    });

  test("pollutes no prototype with any of it", () =>
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined());
});

const head = (lines: readonly string[]) =>
  `${["POST /api/v1/runs/run-1/heartbeat HTTP/1.1", ...lines].join("\r\n")}\r\n\r\n`;
const AUTH = `Authorization: Bearer ${TOKEN}`;

/** What no HTTP library would send (C.5 25). */
const RAW: readonly (readonly [string, string, readonly (number | null)[]])[] = [
  ["two lengths that differ", head(["Host: x", AUTH, "Content-Length: 5", "Content-Length: 6"]), [400]],
  [
    "a length and chunks",
    `${head(["Host: x", AUTH, "Content-Length: 5", "Transfer-Encoding: chunked"])}0\r\n\r\n`,
    [400],
  ],
  ["no Host", head([AUTH, "Content-Length: 0"]), [400]],
  ["a folded header", head(["Host: x", "X-A: 1\r\n folded", AUTH, "Content-Length: 0"]), [400, 431]],
  ["40 kB of header", head(["Host: x", `X-A: ${"a".repeat(40_000)}`, AUTH]), [400, 431]],
  ["1 MB of token", head(["Host: x", `Authorization: Bearer ${"a".repeat(1_000_000)}`]), [400, 431, null]],
  ["a length that is no number", head(["Host: x", AUTH, "Content-Length: 1e3"]), [400]],
  ["a length below zero", head(["Host: x", AUTH, "Content-Length: -1"]), [400]],
  ["no HTTP at all", "\u0016\u0003\u0001\u0000\u0000\r\n\r\n", [400, null]],
];

describe("agent API listener", () => {
  for (const [name, text, statuses] of RAW)
    test(`refuses ${name}`, async () => {
      expect(statuses).toContain(await raw(text));
      expect((await request(GOOD)).status).toBe(200);
    });

  test("stops reading a chunked body at its limit", async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(0x20));
        if (sent > 256 * WIRE_LIMITS.jsonBytes) controller.close();
      },
    });
    const answer = await fetch(`${listener.url}/api/v1/runs/run-1/heartbeat`, {
      method: "POST",
      body: endless,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([413, "too-large"]);
    expect(sent).toBeLessThan(64 * WIRE_LIMITS.jsonBytes);
  });

  test("keeps no file and little memory of 50 oversize uploads at once", async () => {
    const query = `artifact?${new URLSearchParams({ bootId: BOOT_ID, stage: "SMART", attempt: "1", name: "x", sha256: "0".repeat(64) })}`;
    const megabyte = new Uint8Array(1024 * 1024);
    const endless = () => {
      let sent = 0;
      return new ReadableStream({
        pull: (controller) => {
          if (++sent > 66) controller.close();
          else controller.enqueue(megabyte);
        },
      });
    };
    const before = process.memoryUsage().rss;
    const all = Array.from({ length: 50 }, async (_, i) => {
      const answer = await fetch(`${listener.url}/api/v1/runs/run-1/${query}`, {
        method: "POST",
        body: endless(),
        headers: { authorization: `Bearer ${TOKEN}`, connection: "close", "x-upload": String(i) },
      }).catch(() => null); // the box may close a body that it will not read before its sender has seen the answer
      return answer?.status ?? "closed";
    });
    const statuses = new Set(await Promise.all(all));
    const allowed: (number | string)[] = [413, 503, "closed"];
    expect([...statuses].filter((status) => !allowed.includes(status))).toEqual([]);
    expect(statuses.has(200)).toBe(false);
    expect(await readdir(uploadDir)).toEqual([]);
    // Sender and receiver share this process, so this is both ends together.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  test("keeps no file of an upload whose sender dies in the middle", async () => {
    const query = `artifact?${new URLSearchParams({ bootId: BOOT_ID, stage: "SMART", attempt: "1", name: "x", sha256: "0".repeat(64) })}`;
    const socket = net.connect(listener.port, "127.0.0.1");
    socket.write(
      `POST /api/v1/runs/run-1/${query} HTTP/1.1\r\nHost: x\r\n${AUTH}\r\nContent-Length: 1000000\r\n\r\n${"x".repeat(100_000)}`,
    );
    const appeared = async () => {
      while ((await readdir(uploadDir)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await appeared();
    socket.destroy();
    while ((await readdir(uploadDir)).length > 0) await new Promise((resolve) => setImmediate(resolve));
    expect((await request(GOOD)).status).toBe(200);
  });
});
