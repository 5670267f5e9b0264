import { describe, expect, test } from "bun:test";
import { createWebApp } from "./app.tsx";
import { NOW_MS } from "./fixtures/clock.ts";
import { FakeBox } from "./fixtures/fake-box.ts";
import { COMPLETED, HELD, RUNNING } from "./fixtures/runs.ts";
import { TAGS_HEADER } from "./parts.tsx";

const ORIGIN = "http://localhost";
const OWN = { origin: ORIGIN, "sec-fetch-site": "same-origin" };

const openApp = (box: FakeBox) =>
  createWebApp({
    reads: box.reads,
    operators: box.operators,
    by: () => "operator@test",
    ownHost: (host) => /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host),
    now: () => NOW_MS,
  });

const send = (box: FakeBox, path: string, form: Record<string, string> = {}, headers: Record<string, string> = OWN) =>
  openApp(box).request(path, { method: "POST", body: new URLSearchParams(form), headers });

describe("forms, without scripts", () => {
  const box = () => new FakeBox();
  const cases: readonly (readonly [string, string, Record<string, string>, string, readonly unknown[]])[] = [
    [
      "registers a host",
      "/hosts",
      { name: "r07-u20", mac: "3c:ec:ef:44:01:b2" },
      "/hosts/h-r07-u20",
      [{ name: "r07-u20", mac: "3c:ec:ef:44:01:b2" }],
    ],
    [
      "starts a run, read only",
      "/hosts/h-r07u12/runs",
      { profile: "quick", disks: "read-only" },
      `/runs/${COMPLETED.id}`,
      ["h-r07u12", { profile: "quick", destructive: false }],
    ],
    [
      "starts a run that may erase, when told so",
      "/hosts/h-r07u12/runs",
      { profile: "soak", disks: "may-erase" },
      `/runs/${COMPLETED.id}`,
      ["h-r07u12", { profile: "soak", destructive: true }],
    ],
    [
      "takes a form without the disks field as read only",
      "/hosts/h-r07u12/runs",
      { profile: "quick" },
      `/runs/${COMPLETED.id}`,
      ["h-r07u12", { profile: "quick", destructive: false }],
    ],
    [
      "starts a run with what was repaired before",
      "/hosts/h-r07u12/runs",
      { profile: "quick", disks: "read-only", repaired: " DIMM B2 replaced " },
      `/runs/${COMPLETED.id}`,
      ["h-r07u12", { profile: "quick", destructive: false, repaired: "DIMM B2 replaced" }],
    ],
    [
      "saves a spec as it was typed",
      "/hosts/h-r07u14/spec",
      { specYaml: "disks:\r\n  - { serial: A }\r\n" },
      "/hosts/h-r07u14",
      ["h-r07u14", "disks:\n  - { serial: A }\n"],
    ],
    [
      "removes a spec that is saved empty",
      "/hosts/h-r07u14/spec",
      { specYaml: " \n" },
      "/hosts/h-r07u14",
      ["h-r07u14", null],
    ],
    ["retries", `/runs/${HELD.id}/retry`, {}, `/runs/${HELD.id}`, [HELD.id]],
    ["releases", `/runs/${HELD.id}/release`, {}, `/runs/${HELD.id}`, [HELD.id]],
    ["cancels", `/runs/${RUNNING.id}/cancel`, {}, `/runs/${RUNNING.id}`, [RUNNING.id]],
    ["removes a host", "/hosts/h-r07u17/remove", {}, "/", ["h-r07u17"]],
  ];
  test.each(cases)("a post %s and leads on with 303", async (_what, path, form, next, args) => {
    const fake = box();
    const answer = await send(fake, path, form);
    expect([answer.status, answer.headers.get("location")]).toEqual([303, next]);
    expect(fake.asked.map((a) => [a.args, a.by])).toEqual([[args, "operator@test"]]);
  });

  test("a refused spec stays in the editor, with line, column and the place marked", async () => {
    const answer = await send(new FakeBox(), "/hosts/h-r07u14/spec", { specYaml: "memory: {}\ndisks: 4\n" });
    expect(answer.status).toBe(422);
    const html = await answer.text();
    expect(html).toContain("Line 2, column 8: ");
    expect(html).toContain("disks must be a list.");
    expect(html).toContain("2 | disks: 4\n           ^");
    expect(html).toContain("\nmemory: {}\ndisks: 4\n</textarea>");
  });

  test("a refused name stays in the form, which stands open", async () => {
    const answer = await send(new FakeBox(), "/hosts", { name: "Not A Name", mac: "x" });
    expect(answer.status).toBe(422);
    expect(await answer.text()).toMatch(/<details class="card" open="">[\s\S]*value="Not A Name"/);
  });

  test("a refusal of the desk is a page with the way back", async () => {
    const answer = await send(new FakeBox(), "/hosts/h-r07u14/remove");
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain("A run of this host is not over.");
  });
});

describe("the hold's key", () => {
  test("is asked for once more, shown once, and kept in no cache", async () => {
    const box = new FakeBox();
    const question = await openApp(box).request(`/runs/${HELD.id}/key`);
    expect(await question.text()).toContain("It is shown once, now.");
    expect(box.asked).toEqual([]);
    const shown = await send(box, `/runs/${HELD.id}/key`);
    expect(shown.headers.get("cache-control")).toBe("no-store");
    const html = await shown.text();
    expect(html).toContain("b3BlbnNzaC1rZXktdjEAAAAAFAKE");
    expect(html).toContain(`download="vetbox-${HELD.id}.key"`);
    const again = await send(box, `/runs/${HELD.id}/key`);
    expect(again.status).toBe(410);
    expect(await again.text()).not.toContain("BEGIN OPENSSH");
  });

  test("stands on no other page of its run", async () => {
    const app = openApp(new FakeBox());
    for (const path of ["", "/parts", "/logs", "/key", "/release"])
      expect(await (await app.request(`/runs/${HELD.id}${path}`)).text()).not.toContain("BEGIN OPENSSH");
  });
});

describe("requests of other sites", () => {
  const evil = "http://evil.example";
  const headers: readonly Record<string, string>[] = [
    {},
    { origin: evil },
    { origin: "null" },
    { origin: "" },
    { origin: `${ORIGIN}.evil.example` },
    { origin: "https://localhost:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { origin: ORIGIN, "sec-fetch-site": "cross-site" },
    { origin: evil, "sec-fetch-site": "same-origin" },
  ];
  const posts = [
    "/hosts",
    "/hosts/h-r07u12/runs",
    "/hosts/h-r07u14/spec",
    `/runs/${HELD.id}/release`,
    `/runs/${HELD.id}/key`,
  ];

  test("change nothing, in 55 tries", async () => {
    const box = new FakeBox();
    for (const path of posts)
      for (const one of headers)
        expect((await send(box, path, { name: "x", mac: "y", profile: "quick" }, one)).status).toBe(403);
    expect(box.asked).toEqual([]);
  });

  test("change nothing by GET", async () => {
    const box = new FakeBox();
    const app = openApp(box);
    for (const path of posts) await app.request(path);
    expect(box.asked).toEqual([]);
  });

  test("are refused under a name that is not the box's, whatever they ask", async () => {
    const box = new FakeBox();
    const app = openApp(box);
    const foreign = { ...OWN, host: "evil.example", origin: evil };
    expect((await app.request("/", { headers: foreign })).status).toBe(421);
    expect((await app.request(posts[3] ?? "", { method: "POST", headers: foreign })).status).toBe(421);
    expect(box.asked).toEqual([]);
  });
});

describe("parts", () => {
  const tagsOf = (html: string): string =>
    [...html.matchAll(/data-part="([^"]+)" data-tag="([^"]+)"/g)].map((m) => `${m[1]}=${m[2]}`).join(",");

  test("are answered only where they differ", async () => {
    const box = new FakeBox();
    const app = openApp(box);
    const tags = tagsOf(await (await app.request(`/runs/${RUNNING.id}`)).text());
    const fetchParts = () => app.request(`/runs/${RUNNING.id}/parts`, { headers: { [TAGS_HEADER]: tags } });
    expect((await fetchParts()).status).toBe(204);
    box.change({ ...RUNNING, progress: 0.43 });
    const html = await (await fetchParts()).text();
    expect([...html.matchAll(/data-part="([^"]+)"/g)].map((m) => m[1])).toEqual(["head"]);
    expect(html).toContain('hx-swap-oob="outerMorph"');
  });
});

describe("files", () => {
  test("a report has no rights, whatever is in it", async () => {
    const box = new FakeBox();
    box.reportPath = import.meta.path;
    const answer = await openApp(box).request(`/runs/${HELD.id}/report`);
    expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none'.*; sandbox$/);
    expect(answer.headers.get("content-type")).toContain("text/html");
  });

  test("an artifact is only ever downloaded", async () => {
    const box = new FakeBox();
    box.artifactPath = import.meta.path;
    const answer = await openApp(box).request(`/runs/${HELD.id}/artifacts/a-1`);
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="dmidecode.txt"');
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
  });

  test.each([
    `/runs/${HELD.id}/report`,
    `/runs/${HELD.id}/artifacts/a-1`,
    `/runs/${HELD.id}/artifacts/..%2f..%2fetc`,
    "/runs/x",
    "/hosts/x",
  ])("%s that is not there is a page that says so", async (path) => {
    const answer = await openApp(new FakeBox()).request(path);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("That did not work");
  });
});
