import { describe, expect, test } from "bun:test";
import { createWebApp } from "./app.tsx";
import { NOW_MS } from "./fixtures/clock.ts";
import { DATA_HELD } from "./fixtures/data-held.ts";
import { FakeBox } from "./fixtures/fake-box.ts";
import { COMPLETED, HELD } from "./fixtures/runs.ts";

const openApp = (box: FakeBox) =>
  createWebApp({
    ...{ reads: box.reads, operators: box.operators, by: () => "operator@test", now: () => NOW_MS },
    ownHost: () => true,
  });

const OWN = { origin: "http://localhost", "sec-fetch-site": "same-origin" };
const post = (box: FakeBox, path: string, form: Record<string, string>) =>
  openApp(box).request(path, { method: "POST", body: new URLSearchParams(form), headers: OWN });

const PATH = `/runs/${DATA_HELD.id}/wipe`;

describe("allowing a wipe", () => {
  test("is offered only where data holds the run", async () => {
    const app = openApp(new FakeBox());
    expect(await (await app.request(`/runs/${DATA_HELD.id}`)).text()).toContain(`href="${PATH}"`);
    for (const { id } of [HELD, COMPLETED]) {
      expect(await (await app.request(`/runs/${id}`)).text()).not.toContain("/wipe");
      expect((await app.request(`/runs/${id}/wipe`)).status).toBe(409);
    }
    expect((await app.request("/runs/none/wipe")).status).toBe(404);
  });

  test("shows what was found on each disk, with no serial typed for anybody", async () => {
    const box = new FakeBox();
    const html = await (await openApp(box).request(PATH)).text();
    for (const { serial } of DATA_HELD.refusedDisks) expect(html).toContain(`<code>${serial}</code>`);
    expect(html).toContain("of host mail-03 on partition 1");
    expect(html.match(/value=""/g)).toHaveLength(2);
    expect(box.asked).toEqual([]);
  });

  test("takes the serials as typed and leads on", async () => {
    const box = new FakeBox();
    const answer = await post(box, PATH, { "serial-0": "S6PW1234", "serial-1": " S6PW1235 " });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, `/runs/${DATA_HELD.id}`]);
    expect(box.asked).toEqual([
      { call: "overrideWipe", args: [DATA_HELD.id, ["S6PW1234", "S6PW1235"]], by: "operator@test" },
    ]);
  });

  test.each([
    ["one serial is missing", { "serial-0": "S6PW1234" }],
    ["they are exchanged", { "serial-0": "S6PW1235", "serial-1": "S6PW1234" }],
    ["one has another case", { "serial-0": "s6pw1234", "serial-1": "S6PW1235" }],
    ["nothing was typed", {}],
  ])("changes nothing when %s, and keeps what was typed", async (_why, form) => {
    const box = new FakeBox();
    const answer = await post(box, PATH, form);
    expect(answer.status).toBe(422);
    const html = await answer.text();
    expect(html).toContain("Not allowed: what was typed is not the serial of disk S6PW123");
    for (const typed of Object.values(form)) expect(html).toContain(`value="${typed}"`);
    expect(box.asked).toEqual([]);
  });

  test("is refused to other sites", async () => {
    const box = new FakeBox();
    const form = new URLSearchParams({ "serial-0": "S6PW1234", "serial-1": "S6PW1235" });
    const headers = { origin: "http://evil.example", "sec-fetch-site": "cross-site" };
    expect((await openApp(box).request(PATH, { method: "POST", body: form, headers })).status).toBe(403);
    expect(box.asked).toEqual([]);
  });
});

describe("the plan", () => {
  test("tells each disk's fate, every command, and asks for the length and the disks of the form", async () => {
    const box = new FakeBox();
    const html = await (await openApp(box).request("/hosts/h-r07u17/plan?profile=soak&disks=may-erase")).text();
    expect(html).toContain("Will be wiped");
    expect(html).toContain("12 TB, ST12000NM0008: the expected spec does not name it by its serial");
    expect(html).toContain("--filename=&lt;disk S6PW1234&gt;");
    expect(box.planned).toEqual([["h-r07u17", { profile: "soak", destructive: true }]]);
    expect(box.asked).toEqual([]);
  });

  test("is read only and quick when the form says nothing", async () => {
    const box = new FakeBox();
    await openApp(box).request("/hosts/h-r07u17/plan");
    expect(box.planned).toEqual([["h-r07u17", { profile: "quick", destructive: false }]]);
    expect((await openApp(box).request("/hosts/none/plan")).status).toBe(404);
  });
});
