import { afterEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import type { Answer, OperatorDesk, ReadModel } from "../core/ports.ts";
import type { EdgeEnv } from "./edge.ts";
import { fakeDesk, fakeEdge, fakeLog } from "./fake-desk.ts";
import { fakeBox, fakeHost, fakeRun, fakeSummary } from "./fake-views.ts";
import { SANDBOX_POLICY } from "./guard.ts";
import { createOperatorApp } from "./operator-app.ts";
import { SPEC_BYTES } from "./operator-hosts.ts";

const HOST = fakeHost();
const RUN = fakeRun();
const dirs: string[] = [];
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
});
const tempDir = async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-operator-"));
  dirs.push(dir);
  return dir;
};

const openApp = (reads: Partial<ReadModel>, desk: Partial<OperatorDesk> = {}, pages?: Hono<EdgeEnv>) => {
  const app = createOperatorApp({
    desk: fakeDesk<OperatorDesk>("desk", desk),
    reads: fakeDesk<ReadModel>("reads", {
      host: async (ref) => (ref === HOST.id || ref === HOST.name ? HOST : null),
      run: async (ref) => (RUN.id.startsWith(ref) ? RUN : null),
      ...reads,
    }),
    log: fakeLog().log,
    ...(pages === undefined ? {} : { pages }),
  });
  return (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    app.request(
      `http://localhost${path}`,
      {
        method,
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      },
      fakeEdge("127.0.0.1"),
    );
};

describe("createOperatorApp reads", () => {
  const reads: Partial<ReadModel> = {
    box: async () => fakeBox(),
    hosts: async () => [HOST],
    hostRuns: async () => [fakeSummary()],
    spec: async () => "cpu: {}\n",
    timeline: async () => RUN.timeline,
    runs: async (limit) => [fakeSummary({ note: `limit ${limit}` })],
    logs: async (_id, options) => [
      { id: 1, atMs: 2, stage: null, level: "info", text: JSON.stringify(options), lostBefore: 0 },
    ],
    facts: async () => ({ cpu: 1 }),
    sightings: async () => [],
  };
  const ROWS: readonly (readonly [string, unknown])[] = [
    ["/api/v1/box", fakeBox()],
    ["/api/v1/hosts", [HOST]],
    ["/api/v1/hosts/r07-u12", HOST],
    ["/api/v1/hosts/h1/runs", [fakeSummary()]],
    ["/api/v1/hosts/h1/boot", RUN.timeline],
    ["/api/v1/runs", [fakeSummary({ note: "limit 50" })]],
    ["/api/v1/runs?limit=3", [fakeSummary({ note: "limit 3" })]],
    ["/api/v1/runs/01JD", RUN],
    ["/api/v1/runs/01JD/facts/InventoryCheck", { cpu: 1 }],
    ["/api/v1/sightings", []],
  ];
  for (const [path, value] of ROWS)
    test(`GET ${path}`, async () => {
      const answer = await openApp(reads)("GET", path);
      expect([answer.status, await answer.json()]).toEqual([200, value]);
    });

  test("GET schemas are those of a spec and of an inventory", async () => {
    const get = openApp(reads);
    const schema = async (of: string) => (await get("GET", `/api/v1/schemas/${of}`)).json();
    expect(await schema("spec")).toMatchObject({ title: "Expected spec of a host", additionalProperties: false });
    expect(await schema("inventory")).toMatchObject({ title: "Inventory of a server", type: "object" });
  });

  test("GET spec is the YAML as it was written", async () =>
    expect(await (await openApp(reads)("GET", "/api/v1/hosts/h1/spec")).text()).toBe("cpu: {}\n"));

  test("GET logs passes its window on, and asks for the last lines without one", async () => {
    const get = openApp(reads);
    const asked = async (query: string) =>
      JSON.parse(
        ((await (await get("GET", `/api/v1/runs/01JD/logs${query}`)).json()) as { text: string }[])[0]?.text ?? "",
      );
    expect(await asked("")).toEqual({ afterId: -1, limit: 500 });
    expect(await asked("?after=7&limit=2&stage=SMART")).toEqual({ afterId: 7, limit: 2, stage: "SMART" });
  });

  const MISSING: readonly (readonly [string, number])[] = [
    ["/api/v1/hosts/nobody", 404],
    ["/api/v1/hosts/nobody/spec", 404],
    ["/api/v1/runs/zzz", 404],
    ["/api/v1/runs/01JD/facts/Format", 422],
    ["/api/v1/runs/01JD/logs?limit=0", 422],
    ["/api/v1/runs/01JD/logs?limit=1e3", 422],
    ["/api/v1/runs/01JD/logs?after=x", 422],
    ["/api/v1/runs?limit=1001", 422],
    ["/api/v1/runs/01JD/artifacts/..%2f..%2fetc%2fpasswd", 404],
    ["/api/v1/everything", 404],
    ["/elsewhere", 404],
  ];
  for (const [path, status] of MISSING)
    test(`GET ${path} is ${status}`, async () => expect((await openApp(reads)("GET", path)).status).toBe(status));
});

describe("createOperatorApp changes", () => {
  const asked: unknown[][] = [];
  const record =
    (name: string) =>
    async (...args: unknown[]): Promise<Answer<never>> => {
      asked.push([name, ...args]);
      return { ok: true, value: { did: name } as never };
    };
  const desk: Partial<OperatorDesk> = {
    addHost: record("addHost"),
    removeHost: record("removeHost"),
    setSpec: record("setSpec"),
    startRun: record("startRun"),
    cancelRun: record("cancelRun"),
    releaseRun: record("releaseRun"),
    retryRun: record("retryRun"),
    revealHoldKey: record("revealHoldKey"),
  };
  afterEach(() => void asked.splice(0));
  const BY = "operator@127.0.0.1";
  const yaml = { "content-type": "application/yaml" };

  const ROWS: readonly (readonly [string, string, unknown, number, readonly unknown[], Record<string, string>?])[] = [
    [
      "POST",
      "/api/v1/hosts",
      { name: "a", mac: "52:54:00:AA:00:02" },
      201,
      ["addHost", { name: "a", mac: "52:54:00:aa:00:02" }, BY],
    ],
    ["DELETE", "/api/v1/hosts/r07-u12", undefined, 200, ["removeHost", "h1", BY]],
    ["PUT", "/api/v1/hosts/h1/spec", "cpu: {}\n", 200, ["setSpec", "h1", "cpu: {}\n", BY], yaml],
    ["DELETE", "/api/v1/hosts/h1/spec", undefined, 200, ["setSpec", "h1", null, BY]],
    [
      "POST",
      "/api/v1/hosts/h1/runs",
      {},
      201,
      ["startRun", "h1", { profile: "standard", destructive: false, repaired: null }, BY],
    ],
    [
      "POST",
      "/api/v1/hosts/h1/runs",
      { profile: "soak", destructive: true, repaired: "DIMM B2 replaced" },
      201,
      ["startRun", "h1", { profile: "soak", destructive: true, repaired: "DIMM B2 replaced" }, BY],
    ],
    ["POST", "/api/v1/runs/01JD/cancel", undefined, 200, ["cancelRun", RUN.id, BY]],
    ["POST", "/api/v1/runs/01JD/release", undefined, 200, ["releaseRun", RUN.id, BY]],
    ["POST", "/api/v1/runs/01JD/retry", undefined, 200, ["retryRun", RUN.id, BY]],
    ["POST", "/api/v1/runs/01JD/hold-key", undefined, 200, ["revealHoldKey", RUN.id, BY]],
  ];
  for (const [method, path, body, status, call, headers] of ROWS)
    test(`${method} ${path} ${body === undefined ? "" : JSON.stringify(body)}`, async () => {
      const answer = await openApp({}, desk)(method, path, body, headers);
      expect([answer.status, await answer.json()]).toEqual([status, { did: call[0] }]);
      expect(asked).toEqual([[...call]]);
    });

  const REFUSED: readonly (readonly [string, string, unknown, number, Record<string, string>?])[] = [
    ["POST", "/api/v1/hosts", { name: "a" }, 422],
    ["POST", "/api/v1/hosts", { name: "a", mac: "x" }, 422],
    ["POST", "/api/v1/hosts", { name: "a", mac: HOST.mac, admin: true }, 422],
    ["POST", "/api/v1/hosts", '{"name":"a","name":"b","mac":"52:54:00:aa:00:01"}', 400],
    ["POST", "/api/v1/hosts/h1/runs", { destructive: "yes" }, 422],
    ["POST", "/api/v1/hosts/h1/runs", { destrucktive: true }, 422],
    ["POST", "/api/v1/hosts/nobody/runs", {}, 404],
    ["PUT", "/api/v1/hosts/h1/spec", "x".repeat(SPEC_BYTES + 1), 413, yaml],
    ["PUT", "/api/v1/hosts/h1/spec", "cpu: {}", 415, { "content-type": "text/plain" }],
    ["POST", "/api/v1/runs/zzz/cancel", undefined, 404],
    ["POST", "/api/v1/runs/01JD/cancel", undefined, 403, { origin: "http://evil.example" }],
    ["GET", "/api/v1/runs/01JD/cancel", undefined, 404],
    ["GET", "/api/v1/runs/01JD/hold-key", undefined, 404],
  ];
  for (const [method, path, body, status, headers] of REFUSED)
    test(`${method} ${path} ${(JSON.stringify(body) ?? "").slice(0, 60)} is ${status} and changes nothing`, async () => {
      expect((await openApp({}, desk)(method, path, body, headers)).status).toBe(status);
      expect(asked).toEqual([]);
    });
});

describe("createOperatorApp files", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(700_000));
  const open = async () => {
    const dir = await tempDir();
    await Bun.write(join(dir, "a1"), bytes);
    await Bun.write(join(dir, "report"), "<p>report</p>");
    const artifact = { stage: "InventoryCheck", attempt: 1, sizeBytes: bytes.length, sha256: "" } as const;
    return openApp({
      run: async () =>
        fakeRun({
          artifacts: [
            { ...artifact, id: "a1", name: 'x"; evil\r\nX-Bad: 1\u202e.json' },
            { ...artifact, id: "a2", name: "gone" },
          ],
        }),
      artifactPath: async (_run, id) => join(dir, id),
      reportPath: async (_run, form) => (form === "html" ? join(dir, "report") : null),
    });
  };

  test("sends an artifact whole, as a download that no browser runs, under a clean name", async () => {
    const answer = await (await open())("GET", "/api/v1/runs/01JD/artifacts/a1");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-length": "700000",
      "content-disposition": 'attachment; filename="x___evil__X-Bad__1_.json"',
      "content-security-policy": SANDBOX_POLICY,
      "x-content-type-options": "nosniff",
    });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
  });

  test("tells the length to HEAD and sends nothing", async () => {
    const answer = await (await open())("HEAD", "/api/v1/runs/01JD/artifacts/a1");
    expect([answer.headers.get("content-length"), (await answer.arrayBuffer()).byteLength]).toEqual(["700000", 0]);
  });

  test("sends the report in a sandbox", async () => {
    const answer = await (await open())("GET", "/api/v1/runs/01JD/report.html");
    expect([answer.headers.get("content-type"), answer.headers.get("content-security-policy")]).toEqual([
      "text/html; charset=utf-8",
      SANDBOX_POLICY,
    ]);
    expect(await answer.text()).toBe("<p>report</p>");
  });

  for (const path of ["artifacts/a2", "artifacts/a3", "report.json", "report.pdf"])
    test(`has no ${path}`, async () =>
      expect((await (await open())("GET", `/api/v1/runs/01JD/${path}`)).status).toBe(404));
});

describe("createOperatorApp pages", () => {
  test("serves the pages behind its own guards, and keeps the API's paths", async () => {
    const pages = new Hono<EdgeEnv>().get("/", (c) => c.html("<p>home</p>")).get("/api/v1/box", (c) => c.text("pages"));
    const get = openApp({ box: async () => fakeBox() }, {}, pages);
    expect(await (await get("GET", "/")).text()).toBe("<p>home</p>");
    expect(await (await get("GET", "/api/v1/box")).json()).toEqual(fakeBox());
    expect((await get("GET", "/", undefined, { host: "evil.example" })).status).toBe(421);
  });
});
