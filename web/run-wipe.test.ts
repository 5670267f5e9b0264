import { describe, expect, test } from "bun:test";
import type { PanelPort } from "../appliance/core/panel-port.ts";
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

describe("allowing a wipe at the panel", () => {
  const openWith = (over: Partial<PanelPort>) => {
    const asked: unknown[] = [];
    const box = new FakeBox();
    const panel: PanelPort = {
      ...{
        isAttended: true,
        picture: { frame: new Uint8Array(1024), brightness: "full", revision: 0 } as const,
        hold: null,
      },
      pictures: () => (async function* () {})(),
      arm: async (runId, by) => {
        asked.push([runId, by]);
        return { ok: true, value: true };
      },
      ...over,
    };
    const app = createWebApp({
      ...{ reads: box.reads, operators: box.operators, by: () => "operator@test", now: () => NOW_MS, panel },
      ownHost: () => true,
    });
    return {
      asked,
      get: (path: string) => app.request(path),
      arm: (path: string) => app.request(path, { method: "POST", headers: OWN }),
    };
  };
  const ARM = `/runs/${DATA_HELD.id}/arm-panel`;

  test("is offered where somebody can use the panel", async () => {
    expect(await (await openWith({}).get(PATH)).text()).toContain(`action="${ARM}"`);
    expect(await (await openWith({ isAttended: false }).get(PATH)).text()).not.toContain("arm-panel");
    expect(await (await openApp(new FakeBox()).request(PATH)).text()).not.toContain("arm-panel");
  });

  test("arms it and says what to do there; a refusal leads back", async () => {
    const { asked, arm } = openWith({});
    const html = await (await arm(ARM)).text();
    expect(html).toContain("Hold OVERRIDE for 3 seconds");
    expect(html).not.toContain('href="/panel"');
    expect(asked).toEqual([[DATA_HELD.id, "operator@test"]]);
    expect((await arm("/runs/none/arm-panel")).status).toBe(404);
    const refused = openWith({
      arm: async () => ({ ok: false, refusal: { code: "not-ready", detail: "No display." } }),
    });
    const answer = await refused.arm(ARM);
    expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining("No display.")]);
  });

  test("the panel's page is linked from the start page and has buttons only where they are simulated", async () => {
    const real = openWith({});
    const simulated = openWith({ hold: () => {} });
    for (const [box, count] of [
      [real, 0],
      [simulated, 1],
    ] as const) {
      expect((await (await box.get("/")).text()).split('href="/panel"').length - 1).toBe(count);
      expect((await (await box.get("/panel")).text()).split("data-button=").length - 1).toBe(3 * count);
    }
  });
});
