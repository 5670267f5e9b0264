import { describe, expect, test } from "bun:test";
import type { Check } from "../agent/wire/check.ts";
import { createWebApp } from "./app.tsx";
import { NOW_MS } from "./fixtures/clock.ts";
import { FakeBox } from "./fixtures/fake-box.ts";
import { HOSTILE, hostileView } from "./fixtures/hostile.ts";
import { structureOf, UNSAFE_CHARS } from "./fixtures/markup.ts";
import { BOOT_STOPPED, COMPLETED, HELD, RUNNING, WAITING_TO_WAKE } from "./fixtures/runs.ts";

const openApp = (box: FakeBox) =>
  createWebApp({
    reads: box.reads,
    operators: box.operators,
    by: () => "operator@test",
    ownHost: (host) => host.startsWith("localhost"),
    now: () => NOW_MS,
  });

const PAGES = [
  "/",
  "/parts",
  "/hosts/h-r07u14",
  "/hosts/h-r07u14/parts",
  "/hosts/h-r07u14/remove",
  "/hosts/h-r07u14/learn?serials=false",
  ...[COMPLETED, RUNNING, HELD, BOOT_STOPPED, WAITING_TO_WAKE].map((run) => `/runs/${run.id}`),
  `/runs/${HELD.id}/parts`,
  `/runs/${HELD.id}/lines?after=0`,
  `/runs/${HELD.id}/logs`,
  `/runs/${HELD.id}/key`,
  `/runs/${HELD.id}/retry`,
  `/runs/${HELD.id}/release`,
  `/runs/${RUNNING.id}/cancel`,
];

const spoiledBox = (payload: string): FakeBox => {
  const box = new FakeBox();
  box.runs = hostileView(box.runs, payload);
  box.hosts = hostileView(box.hosts, payload);
  box.sightings = hostileView(box.sightings, payload);
  box.box = hostileView(box.box, payload);
  box.lines = hostileView(box.lines, payload);
  box.spec = payload;
  return box;
};

const htmlOf = async (box: FakeBox, path: string): Promise<string> => {
  const answer = await openApp(box).request(path);
  expect([path, answer.status]).toEqual([path, 200]);
  return answer.text();
};

test("the start page tells how the box stands with its broker, what the matter is, and what was dropped", async () => {
  const box = new FakeBox();
  expect(await htmlOf(box, "/")).not.toContain("MQTT");
  const mqtt = { state: "connected", trouble: null, sinceMs: NOW_MS, waiting: 0, dropped: 0 } as const;
  box.box = { ...box.box, mqtt };
  expect(await htmlOf(box, "/")).toContain("MQTT connected");
  const trouble = "the broker <site> does not answer";
  box.box = { ...box.box, mqtt: { ...mqtt, state: "trouble", trouble, waiting: 12, dropped: 3 } };
  const html = await htmlOf(box, "/");
  for (const words of [
    "MQTT is cut off",
    "the broker &lt;site&gt; does not answer",
    "12 events wait",
    "3 events dropped",
  ])
    expect(html).toContain(words);
});

test("the start page tells of another DHCP server by address and MAC, and of none when there is none", async () => {
  const box = new FakeBox();
  expect(await htmlOf(box, "/")).not.toContain("Another DHCP server");
  box.box = { ...box.box, otherDhcp: [{ address: "10.77.0.9", mac: "52:54:00:a1:b2:c3" }] };
  for (const path of ["/", "/parts"])
    expect(await htmlOf(box, path)).toMatch(/Another DHCP server.*10\.77\.0\.9 \(52:54:00:a1:b2:c3\)/s);
});

describe("pages", () => {
  test("there are 30 hostile strings", () => {
    expect(new Set(HOSTILE).size).toBe(30);
  });

  test.each(PAGES)("%s is made of the same elements whatever a server's strings hold", async (path) => {
    const harmless = await structureOf(await htmlOf(spoiledBox("harmless"), path));
    expect(harmless.length).toBeGreaterThan(0);
    for (const payload of HOSTILE) {
      const html = await htmlOf(spoiledBox(payload), path);
      expect(await structureOf(html)).toEqual(harmless);
      expect(UNSAFE_CHARS.exec(html)).toBeNull();
    }
  });

  test("what was watched around a stage is one line while nothing happened, and open when something did", async () => {
    const [first, ...others] = COMPLETED.stages;
    if (first === undefined) throw new Error("the run has no stage");
    const watched = (code: string, verdict: Check["verdict"], message: string): Check => ({
      ...{ code: `watch.${code}`, verdict, component: code, message },
    });
    const quiet = [watched("nic-errors", "PASS", "No NIC counted."), watched("memory", "SKIPPED", "Nobody counts.")];
    const pageWith = (checks: readonly Check[]) => {
      const box = new FakeBox();
      const stage = { ...first, checks: [...first.checks, ...checks] };
      box.runs = box.runs.map((run) => (run.id === COMPLETED.id ? { ...run, stages: [stage, ...others] } : run));
      return htmlOf(box, `/runs/${COMPLETED.id}`);
    };
    const closed = await pageWith(quiet);
    expect(closed).toContain("<details><summary>Watched meanwhile: 1 pass, 1 skipped</summary>");
    const open = await pageWith([...quiet, watched("kernel-log", "FAIL", "A machine check came.")]);
    expect(open).toMatch(/<details open="">.*A machine check came\..*<details><summary>Watched meanwhile: 1 pass/s);
  });

  test("a text of 300 000 characters is cut", async () => {
    const html = await htmlOf(spoiledBox(HOSTILE.at(-1) ?? ""), `/runs/${HELD.id}/lines?after=0`);
    expect(html.length).toBeLessThan(40 * 4500);
    expect(html).toContain("…");
  });
});

describe("every page", () => {
  test.each(PAGES)("%s forbids inline script and foreign content", async (path) => {
    const answer = await openApp(new FakeBox()).request(path);
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await answer.text()).not.toMatch(/\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)/);
  });

  test("assets are named by digest, kept for ever, and small together", async () => {
    const app = openApp(new FakeBox());
    const html = await (await app.request("/")).text();
    const paths = [...html.matchAll(/"(\/assets\/[^"]+)"/g)].map((m) => m[1] ?? "");
    expect(paths.map((p) => p.replace(/\.[0-9a-f]{12}\./, "."))).toEqual([
      "/assets/icon.svg",
      "/assets/style.css",
      "/assets/htmx.js",
      "/assets/hx-sse.js",
      "/assets/live.js",
    ]);
    let bytes = Bun.gzipSync(html).byteLength;
    for (const path of paths) {
      const answer = await app.request(path, { headers: { "accept-encoding": "gzip" } });
      expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      bytes += (await answer.arrayBuffer()).byteLength;
    }
    expect(bytes).toBeLessThan(60_000); // first load over a slow link: `surfaces` A.5
  });
});

describe("a learned spec", () => {
  test("comes into the editor as a draft that nobody has saved", async () => {
    const box = new FakeBox();
    const html = await htmlOf(box, "/hosts/h-r07u14/learn?serials=false");
    expect(html).toContain("not saved yet");
    expect(html).toContain("\n# learned without serials\n");
    expect(await htmlOf(box, "/hosts/h-r07u14/learn?serials=true")).toContain("\n# learned with serials\n");
    expect(box.asked).toEqual([]);
  });

  test("is offered where there was a run, and refused where none has an inventory", async () => {
    expect(await htmlOf(new FakeBox(), "/hosts/h-r07u14")).toContain("Learn from the last inventory");
    expect(await htmlOf(new FakeBox(), "/hosts/h-r07u17")).not.toContain("Learn from the last inventory");
    const answer = await openApp(new FakeBox()).request("/hosts/h-r07u17/learn");
    expect([answer.status, await answer.text()]).toEqual([409, expect.stringContaining("good inventory yet")]);
  });
});

describe("the words of a run", () => {
  test("waiting says how long of how long, with the state's own name beside it", async () => {
    const html = await htmlOf(new FakeBox(), `/runs/${WAITING_TO_WAKE.id}`);
    expect(html).toContain("Waiting for the server to wake");
    expect(html).toContain("<code>WaitingWoL</code>");
    expect(html).toContain("waited 3 m of 15 m");
  });

  test("a boot that stopped shows the boot doctor's word before the stages", async () => {
    const html = await htmlOf(new FakeBox(), `/runs/${BOOT_STOPPED.id}`);
    const places = ["The system image was not sent whole", "118 MB of 312 MB sent", ">Stages<"].map((t) =>
      html.indexOf(t),
    );
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  test("a reboot within a stage is said", async () => {
    expect(await htmlOf(new FakeBox(), `/runs/${RUNNING.id}`)).toContain("The server rebooted");
  });

  test("every page says that there is no login", async () => {
    for (const path of ["/", `/runs/${HELD.id}`, "/hosts/h-r07u14"])
      expect(await htmlOf(new FakeBox(), path)).toContain("No login yet: this page is reachable from this box only.");
  });
});
