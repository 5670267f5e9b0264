import { describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFiles } from "../../agent/system/files.ts";
import type { OtherDhcp } from "../../appliance/core/views.ts";
import { readBoxFacts } from "../../appliance/panel/box-facts.ts";
import { type PanelFacts, renderPanelModel } from "../../appliance/panel/model-of.ts";
import { openPanelLearner } from "../../appliance/panel/panel-facts.ts";
import { ago, NOW_MS } from "../../web/fixtures/clock.ts";
import { DATA_HELD } from "../../web/fixtures/data-held.ts";
import { FakeBox } from "../../web/fixtures/fake-box.ts";
import { BOX } from "../../web/fixtures/rack.ts";
import { COMPLETED, HELD, RUNNING, WAITING_TO_WAKE } from "../../web/fixtures/runs.ts";

const PLACE = { interfaceName: "eth0", pageUrl: "http://10.77.0.1:8088", mdnsName: null };
const OWN = { hasCarrier: true, disk: { freeBytes: 60, totalBytes: 100 } };

const modelOf = (facts: Partial<PanelFacts>, nowMs = NOW_MS) =>
  renderPanelModel({ box: BOX, own: OWN, hostCount: 3, runs: [], learnedMs: nowMs, ...facts }, PLACE, nowMs);

describe("renderPanelModel", () => {
  test("tells a stage with its place, its heat and what is left, which grows smaller by itself", () => {
    const series = [
      { series: "coretemp/package0/tempC", count: 1, min: 30, mean: 40, max: 91, last: 61.5 },
      { series: "nvme/composite/tempC", count: 1, min: 30, mean: 40, max: 50, last: 44 },
      { series: "psu/inW", count: 1, min: 300, mean: 300, max: 300, last: 300 },
    ];
    const run = { ...RUNNING, restMs: 60_000, series };
    const facts = { box: BOX, own: OWN, hostCount: 3, runs: [run], learnedMs: NOW_MS };
    expect(renderPanelModel(facts, PLACE, NOW_MS + 10_000).runs).toEqual([
      {
        ...{ id: "01ke9xb1d8w4", hostName: "r07-u13", state: "InventoryCheck", verdict: "running", title: "Inventory" },
        ...{ place: { index: 0, count: 2 }, progress: 0.42, restMs: 50_000, maxTempC: 61.5 },
        ...{ enteredMs: ago(1, 40), deadlineMs: ago(1, 40) + 240_000, held: null, refusedSerials: [] },
      },
    ]);
  });

  test("tells a run outside of its stages in words, and who is held with what to do", () => {
    const { runs } = modelOf({ runs: [WAITING_TO_WAKE, RUNNING, DATA_HELD] });
    expect(runs.map(({ id }) => id)).toEqual([
      DATA_HELD.id,
      ...[WAITING_TO_WAKE, RUNNING].toSorted((a, b) => a.createdMs - b.createdMs).map(({ id }) => id),
    ]);
    const [held] = runs;
    expect(held).toMatchObject({ title: "Held: you decide", place: null, refusedSerials: ["S6PW1234", "S6PW1235"] });
    expect(held?.held?.what).toContain("mailstore");
    expect(held?.held?.action).toContain("allow the wipe");
    expect(runs.find(({ id }) => id === WAITING_TO_WAKE.id)).toMatchObject({
      title: "Waiting for the server to wake",
      held: null,
    });
  });

  test("tells where to log in only once the key is installed", () => {
    const hold = { fingerprint: "", login: "root@10.77.0.53", keyShown: false, installed: false };
    const loginOf = (installed: boolean) =>
      modelOf({ runs: [{ ...HELD, hold: { ...hold, installed } }] }).runs[0]?.held?.login;
    expect([loginOf(false), loginOf(true)]).toEqual([null, "root@10.77.0.53"]);
  });

  test("keeps results for half an hour, the newest first", () => {
    const cancelled = { ...COMPLETED, id: "c", verdict: "cancelled", endedMs: ago(2) } as const;
    const old = { ...COMPLETED, id: "o", endedMs: ago(31) };
    const failure = { state: "SMART", code: "stage-failed", message: "disk S6PW1234 is failing" } as const;
    const failed = { ...COMPLETED, id: "f", verdict: "fail", endedMs: ago(1), failure } as const;
    expect(modelOf({ runs: [COMPLETED, old, cancelled, failed] }).ended).toEqual([
      { id: "f", hostName: "r07-u12", verdict: "fail", summary: "disk S6PW1234 is failing", tookMs: ago(1) - ago(9) },
      { id: "c", hostName: "r07-u12", verdict: "cancelled", summary: "Aborted: no verdict", tookMs: ago(2) - ago(9) },
      {
        id: COMPLETED.id,
        hostName: "r07-u12",
        verdict: "pass",
        summary: "2 of 2 stages passed",
        tookMs: ago(6) - ago(9),
      },
    ]);
  });

  test("tells each trouble of the box, the worst first, within the room that pages have", () => {
    const own = { hasCarrier: false, disk: { freeBytes: 4, totalBytes: 100 } };
    const otherDhcp = [{ address: "10.77.0.9", mac: "52:54:00:a1:b2:c3" }];
    const { box } = modelOf({ own, box: { ...BOX, dnsmasq: "restarting", otherDhcp } }, 86_400_000);
    expect(box.troubles.map(({ kind }) => kind)).toEqual([
      "link-down",
      "dnsmasq-down",
      "rogue-dhcp",
      "disk-full",
      "clock-unset",
    ]);
    for (const { what, action } of box.troubles) expect([what.length <= 40, action.length <= 60]).toEqual([true, true]);
    expect([box.link, box.timeText]).toEqual(["down", null]);
    expect(modelOf({}).box).toMatchObject({ link: "up", troubles: [], hostCount: 3, pageUrl: "http://10.77.0.1:8088" });
  });

  test("tells by what to find a second DHCP server on the switch, of several the first and how many more", () => {
    const unknown = ["10.77.0.9", "10.77.0.10", "10.77.0.11"].map((address) => ({ address, mac: null }));
    const known = { address: "10.77.0.9", mac: "52:54:00:a1:b2:c3" };
    const textOf = (...otherDhcp: readonly OtherDhcp[]) =>
      modelOf({ box: { ...BOX, otherDhcp } }).box.troubles.map(({ what, action }) => [what, action]);
    const seen = [textOf(known), textOf(...unknown)];
    expect(seen).toEqual([
      [["10.77.0.9 answers DHCP too.", "Find 52:54:00:a1:b2:c3 on the switch and unplug it."]],
      [["10.77.0.9 +2 answer DHCP too.", "Find 10.77.0.9 on the switch and unplug it."]],
    ]);
  });

  test("makes hostile texts safe, so that a serial that hides something is none that the desk knows", () => {
    const refusedDisks = [{ serial: "S6PW\u202e4321", found: [] }];
    const [run] = modelOf({ runs: [{ ...DATA_HELD, hostName: "\u001b[31mred", refusedDisks }] }).runs;
    expect([run?.hostName, run?.refusedSerials]).toEqual(["red", ["S6PW\ufffd4321"]]);
  });
});

describe("openPanelLearner", () => {
  const open = (box: FakeBox) => {
    const asked: string[] = [];
    const run = async (ref: string) => {
      asked.push(ref);
      return box.reads.run(ref);
    };
    const learner = openPanelLearner({ reads: { ...box.reads, run }, own: async () => OWN, nowMs: () => NOW_MS });
    return { learner, asked };
  };
  const change = (over: object) => ({ seq: 1, kind: "run", hostId: null, runId: null, ...over }) as const;

  test("reads the runs that are not over or ended lately, and later only what changed", async () => {
    const box = new FakeBox();
    const { learner, asked } = open(box);
    const { hostCount, runs } = await learner.learn();
    expect(hostCount).toBe(box.hosts.length);
    expect(runs.map(({ id }) => id)).toContain(COMPLETED.id);
    expect(new Set(asked)).toEqual(new Set(runs.map(({ id }) => id)));
    asked.length = 0;
    await learner.learn();
    expect(asked).toEqual([]);
    expect(learner.note(change({ runId: RUNNING.id }))).toBe(true);
    expect(learner.note(change({ kind: "log", runId: HELD.id }))).toBe(false);
    await learner.learn();
    expect(asked).toEqual([RUNNING.id]);
  });

  test("reads everything again after a reset, and again what it could not read", async () => {
    const box = new FakeBox();
    let fails = false;
    const run = async (ref: string) => (fails ? Promise.reject(new Error("locked")) : box.reads.run(ref));
    const learner = openPanelLearner({ reads: { ...box.reads, run }, own: async () => OWN, nowMs: () => NOW_MS });
    await learner.learn();
    box.runs = box.runs.map((one) => (one.id === RUNNING.id ? { ...one, progress: 0.9 } : one));
    learner.note(change({ kind: "reset" }));
    fails = true;
    await expect(learner.learn()).rejects.toThrow("locked");
    fails = false;
    expect((await learner.learn()).runs.find(({ id }) => id === RUNNING.id)?.progress).toBe(0.9);
  });
});

test("readBoxFacts: a carrier is a 1; everything else is none, and a disk that is not there is not told", async () => {
  const root = await mkdtemp(join(tmpdir(), "vetbox-facts-"));
  try {
    for (const [name, text] of [
      ["up0", "1\n"],
      ["down0", "0\n"],
    ] as const) {
      await mkdir(join(root, "sys/class/net", name), { recursive: true });
      await writeFile(join(root, "sys/class/net", name, "carrier"), text);
    }
    const files = openFiles(root);
    const carriers = await Promise.all(
      ["up0", "down0", "none0"].map((interfaceName) => readBoxFacts(files, { interfaceName, stateDir: root })),
    );
    expect(carriers.map(({ hasCarrier }) => hasCarrier)).toEqual([true, false, false]);
    expect(carriers[0]?.disk?.totalBytes).toBeGreaterThan(0);
    expect((await readBoxFacts(files, { interfaceName: "up0", stateDir: join(root, "nowhere") })).disk).toBeNull();
  } finally {
    await rm(root, { recursive: true });
  }
});
