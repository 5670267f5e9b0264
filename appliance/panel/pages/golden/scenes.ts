/** The pictures that are kept: what each shows, by the name of its file. */
import type { Frame } from "../../../../board/frame.ts";
import { FAILURE_ADVICE } from "../../../core/words.ts";
import type { PanelModel, PanelRun } from "../../model.ts";
import { drawBoot } from "../boot.ts";
import { drawPanel } from "../panel.ts";
import type { PanelMoment, PanelPage } from "../view.ts";
import {
  HELD,
  HOSTILE,
  LONG_SERIALS,
  MANY_SERIALS,
  modelOf,
  PASSED,
  REFUSED,
  RUNNING,
  TROUBLES,
  WAKING,
} from "./models.ts";

/** One picture. */
export interface Scene {
  readonly name: string;
  readonly draw: () => Frame;
}

const scene = (name: string, model: PanelModel, view: PanelPage | PanelMoment, scroll = 0): Scene => ({
  name,
  draw: () => drawPanel(model, { ...view, scroll }),
});

const ofRun = (name: string, run: PanelRun, scroll = 0): Scene =>
  scene(
    name,
    modelOf([...[HELD, WAKING].filter(({ id }) => id !== run.id), run]),
    { kind: "run", runId: run.id },
    scroll,
  );

const named = (hostName: string): PanelRun => ({ ...RUNNING, hostName });

const BOOT: readonly Scene[] = [
  {
    name: "boot",
    draw: () =>
      drawBoot("0.1.0", [
        { name: "Record", state: "ok" },
        { name: "Clock", state: "ok" },
        { name: "Network", state: "running" },
        { name: "DHCP", state: "waiting" },
        { name: "Buttons", state: "waiting" },
      ]),
  },
  {
    name: "boot-failed",
    draw: () =>
      drawBoot("0.1.0-rc.12", [
        { name: "Record", state: "failed" },
        { name: "Clock", state: "ok" },
        { name: "Network", state: "ok" },
        { name: "DHCP", state: "ok" },
        { name: "Live image", state: "absent" },
        { name: "Buttons", state: "running" },
      ]),
  },
];

const HOMES: readonly Scene[] = [
  scene("first-start", modelOf([], { hostCount: 0, activeRuns: 0, queuedRuns: 0 }), { kind: "home" }),
  scene(
    "first-start-no-network",
    modelOf([], { hostCount: 0, pageUrl: null, mdnsName: null, link: "down", troubles: TROUBLES.slice(0, 1) }),
    { kind: "home" },
  ),
  scene("idle", modelOf([], { activeRuns: 0, queuedRuns: 0 }), { kind: "home" }),
  scene("idle-runs", modelOf([HELD, RUNNING, WAKING]), { kind: "home" }),
  scene(
    "idle-long",
    modelOf([], {
      name: "vetbox-rack07-row12",
      mdnsName: "vetbox-rack07-row12.local",
      pageUrl: "http://192.168.100.200:8088",
      activeRuns: 3,
      queuedRuns: 28,
    }),
    { kind: "home" },
  ),
  scene(
    "idle-no-network",
    modelOf([], { pageUrl: null, mdnsName: null, link: "down", dnsmasq: "off", timeText: null, troubles: TROUBLES }),
    { kind: "home" },
  ),
  scene(
    "idle-hostile",
    modelOf([], { name: HOSTILE.control, mdnsName: HOSTILE.rightToLeft, pageUrl: `http://${HOSTILE.long}:8088/` }),
    { kind: "home" },
  ),
];

const RUNS: readonly Scene[] = [
  ofRun("run", RUNNING),
  ofRun("run-inventory", {
    ...RUNNING,
    state: "InventoryCheck",
    title: "Inventory",
    place: { index: 0, count: 8 },
    progress: null,
    restMs: null,
    maxTempC: null,
  }),
  ofRun("run-nearly-done", {
    ...RUNNING,
    state: "Storage",
    title: "Storage",
    place: { index: 4, count: 8 },
    progress: 0.998,
    restMs: 51 * 3_600_000,
    maxTempC: 104,
  }),
  ofRun("run-complete", {
    ...RUNNING,
    state: "PSU",
    title: "Power",
    place: { index: 7, count: 8 },
    progress: 1,
    restMs: 0,
  }),
  ofRun("run-waking", WAKING),
  ofRun("run-queued", { ...WAKING, id: "r9", state: "Queued", title: "Waiting for its turn", deadlineMs: null }),
  ofRun("run-long", {
    ...named(HOSTILE.long),
    title: "A stage with a title that is too long",
    place: { index: 9, count: 12 },
  }),
  ofRun("run-accents", named(HOSTILE.accents)),
  ofRun("run-control", { ...named(HOSTILE.control), title: HOSTILE.control }),
  ofRun("run-right-to-left", named(HOSTILE.rightToLeft)),
  ofRun("run-emoji", { ...named(HOSTILE.emoji), title: HOSTILE.zalgo }),
  scene(
    "run-of-many",
    modelOf(Array.from({ length: 30 }, (_, i) => ({ ...RUNNING, id: `m${i}`, hostName: `r07-u${i}` }))),
    { kind: "run", runId: "m17" },
  ),
];

const HOLDS: readonly Scene[] = [
  ofRun("held-what", HELD),
  ofRun("held-action", HELD, 1),
  ofRun(
    "held-advice",
    {
      ...HELD,
      held: {
        what: "The server has not booted: nothing was heard of it for 15 m.",
        action: FAILURE_ADVICE["host-not-seen"],
        login: null,
      },
    },
    1,
  ),
  ofRun("held-no-login", {
    ...HELD,
    held: { what: "Silent for 2 m: power lost", action: "Check the power cord, then retry", login: null },
  }),
  ofRun(
    "held-long",
    {
      ...HELD,
      hostName: HOSTILE.long,
      held: { what: HOSTILE.long.repeat(3), action: HOSTILE.accents.repeat(8), login: `root@${HOSTILE.long}` },
    },
    2,
  ),
  ofRun("held-data", REFUSED),
  ofRun("held-data-arm", REFUSED, 1),
];

const MOMENTS: readonly Scene[] = [
  scene("arming", modelOf([REFUSED]), { kind: "arming", runId: "r4", heldRatio: 0.5 }),
  scene("override", modelOf([REFUSED]), { kind: "override", runId: "r4", restS: 57, isReady: true, heldRatio: 0 }),
  scene("override-held", modelOf([REFUSED]), {
    kind: "override",
    runId: "r4",
    restS: 12,
    isReady: true,
    heldRatio: 0.6,
  }),
  scene(
    "override-many",
    modelOf([{ ...REFUSED, refusedSerials: MANY_SERIALS }]),
    { kind: "override", runId: "r4", restS: 41, isReady: false, heldRatio: 0 },
    3,
  ),
  scene("override-long", modelOf([{ ...REFUSED, refusedSerials: LONG_SERIALS }]), {
    ...{ kind: "override", runId: "r4", restS: 41, isReady: false, heldRatio: 0 },
  }),
  scene(
    "override-hostile",
    modelOf([{ ...REFUSED, hostName: HOSTILE.long, refusedSerials: Object.values(HOSTILE) }]),
    { kind: "override", runId: "r4", restS: 60, isReady: true, heldRatio: 0 },
    1,
  ),
  scene("abort", modelOf([RUNNING]), { kind: "abort", runId: "r1", heldRatio: 0.2 }),
  scene("abort-late", modelOf([RUNNING]), { kind: "abort", runId: "r1", heldRatio: 0.8 }),
  scene("release", modelOf([HELD]), { kind: "abort", runId: "r3", heldRatio: 0.4 }),
  scene("notice-done", modelOf([]), {
    kind: "notice",
    tone: "good",
    title: "Aborted",
    text: "What ran on the server is stopped. It powers off.",
  }),
  scene("notice-refused", modelOf([]), {
    kind: "notice",
    tone: "bad",
    title: "Not yet",
    text: "First hold NEXT and OVERRIDE together, or allow it on the run's page.",
  }),
];

const ENDS: readonly Scene[] = [
  scene("result-pass", modelOf([RUNNING], {}, [PASSED]), { kind: "result", runId: "e1" }),
  scene(
    "result-warn",
    modelOf([], {}, [{ ...PASSED, verdict: "warn", summary: "2 warnings: see the report" }]),
    { kind: "result", runId: "e1" },
    1,
  ),
  scene("result-fail", modelOf([], {}, [{ ...PASSED, verdict: "fail", summary: "Memory: 3 errors" }]), {
    kind: "result",
    runId: "e1",
  }),
  scene(
    "result-cancelled",
    modelOf([], {}, [{ ...PASSED, verdict: "cancelled", summary: "by the panel", tookMs: 40_000 }]),
    { kind: "result", runId: "e1" },
  ),
  ...TROUBLES.map(({ kind }) =>
    scene(`trouble-${kind}`, modelOf([HELD], { troubles: TROUBLES }), { kind: "trouble", trouble: kind }),
  ),
  scene(
    "trouble-rogue-dhcp-action",
    modelOf([HELD], { troubles: TROUBLES }),
    { kind: "trouble", trouble: "rogue-dhcp" },
    1,
  ),
];

/** Every picture that is kept. */
export const SCENES: readonly Scene[] = [...BOOT, ...HOMES, ...RUNS, ...HOLDS, ...MOMENTS, ...ENDS];
