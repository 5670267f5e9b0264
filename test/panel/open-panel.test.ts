/** The panel as a follower of a box that a test changes, with simulated buttons and display, on a clock that stands until it is moved. */
import { describe, expect, test } from "bun:test";
import { createFakeClock, type FakeClock, settle } from "../../agent/fakes/clock.ts";
import type { ReadModel } from "../../appliance/core/ports.ts";
import { fakeLog } from "../../appliance/http/fake-desk.ts";
import { renderPanelModel } from "../../appliance/panel/model-of.ts";
import { openPanel, type Panel, type PanelParts } from "../../appliance/panel/open-panel.ts";
import { drawPanel } from "../../appliance/panel/pages/panel.ts";
import type { PanelView } from "../../appliance/panel/pages/view.ts";
import type { ButtonName } from "../../board/buttons.ts";
import type { Display } from "../../board/display.ts";
import { type Frame, HEIGHT, isLit, WIDTH } from "../../board/frame.ts";
import {
  openSimulatedButtons,
  openSimulatedDisplay,
  type SimulatedButtons,
  type SimulatedDisplay,
} from "../../board/simulator.ts";
import { DATA_HELD } from "../../web/fixtures/data-held.ts";
import { FakeBox } from "../../web/fixtures/fake-box.ts";
import { RUNNING as STAGE_RUN } from "../../web/fixtures/runs.ts";

/** What is left of it is not told: it would count down. */
const RUNNING = { ...STAGE_RUN, restMs: null };
const PLACE = { interfaceName: "eth0", pageUrl: null, mdnsName: null };
const OWN = { hasCarrier: true, disk: null };
const SERIALS = DATA_HELD.refusedDisks.map(({ serial }) => serial);

interface Stand extends AsyncDisposable {
  readonly box: FakeBox;
  readonly clock: FakeClock;
  readonly display: SimulatedDisplay;
  readonly buttons: SimulatedButtons;
  readonly panel: Panel;
  readonly lines: readonly string[];
  hold(button: ButtonName, ms: number): Promise<void>;
  /** The picture of a page, drawn from the same facts at this time. */
  pictureOf(view: PanelView): Promise<string>;
  /** The picture that is shown. */
  readonly picture: string;
}

/** As a person would see it, so that a difference can be read. */
const art = (frame: Frame): string =>
  Array.from({ length: HEIGHT }, (_, y) =>
    Array.from({ length: WIDTH }, (_, x) => (isLit(frame, x, y) ? "#" : ".")).join(""),
  ).join("\n");

const openStand = async (change: (parts: PanelParts) => Partial<PanelParts> = () => ({})): Promise<Stand> => {
  const clock = createFakeClock();
  const box = new FakeBox();
  box.runs = [RUNNING];
  box.hosts = box.hosts.map((host) => ({
    ...host,
    activeRun: host.id === RUNNING.hostId ? RUNNING : null,
    lastRun: null,
  }));
  const display = openSimulatedDisplay();
  const buttons = openSimulatedButtons(() => clock.monoMs());
  const { log, lines } = fakeLog();
  const { reads, operators } = box;
  const parts: PanelParts = { display, buttons, reads, operators, own: async () => OWN, place: PLACE, clock, log };
  const panel = await openPanel({ ...parts, ...change(parts) });
  await clock.pass(1_000);
  return {
    ...{ box, clock, display, buttons, panel, lines },
    hold: async (button, ms) => {
      buttons.press(button);
      await clock.pass(ms);
      buttons.release(button);
      await settle();
    },
    pictureOf: async (view) => {
      const facts = {
        box: await reads.box(),
        own: OWN,
        hostCount: box.hosts.length,
        runs: box.runs,
        learnedMs: clock.wallMs(),
      };
      return art(drawPanel(renderPanelModel(facts, PLACE, clock.wallMs()), view));
    },
    get picture() {
      return art(display.picture.frame);
    },
    [Symbol.asyncDispose]: () => panel[Symbol.asyncDispose](),
  };
};

const runPage = (runId: string): PanelView => ({ kind: "run", runId, scroll: 0 });

describe("openPanel", () => {
  test("shows the run that goes on, and what changes of it", async () => {
    await using stand = await openStand();
    expect(stand.picture).toEqual(await stand.pictureOf(runPage(RUNNING.id)));
    stand.box.change({ ...RUNNING, progress: 0.87 });
    await stand.clock.pass(1_100);
    expect(stand.picture).toEqual(await stand.pictureOf(runPage(RUNNING.id)));
  });

  test("shows a hundred changes a second in four pictures, and an unchanged picture not at all", async () => {
    await using stand = await openStand();
    const before = stand.display.picture.revision;
    await stand.clock.pass(5_000);
    const quiet = stand.display.picture.revision;
    for (let i = 0; i < 100; i += 1) {
      stand.box.change({ ...RUNNING, progress: i / 100 });
      await stand.clock.pass(10);
    }
    expect(quiet - before).toBeLessThanOrEqual(1); // a rest that counts down
    expect(stand.display.picture.revision - quiet).toBeGreaterThan(0);
    expect(stand.display.picture.revision - quiet).toBeLessThanOrEqual(5);
  });

  test("follows a press within a moment, and carries ABORT out as the panel", async () => {
    await using stand = await openStand();
    await stand.hold("next", 80);
    expect(stand.picture).toEqual(await stand.pictureOf({ kind: "home", scroll: 0 }));
    await stand.hold("next", 80);
    await stand.clock.pass(1_000);
    await stand.hold("abort", 3_000);
    expect(stand.box.asked).toEqual([{ call: "cancelRun", args: [RUNNING.id], by: "panel" }]);
    expect(stand.lines.join()).toContain("asked at the panel");
  });

  test("overrides exactly the serials that it showed, once the page has armed it", async () => {
    await using stand = await openStand();
    stand.box.runs = [RUNNING, DATA_HELD];
    expect(await stand.panel.arm(RUNNING.id)).toBe(false);
    expect(await stand.panel.arm(DATA_HELD.id)).toBe(true); // no change has told of the run yet
    await stand.clock.pass(250);
    const view = { kind: "override", runId: DATA_HELD.id, restS: 60, isReady: false, heldRatio: 0, scroll: 0 } as const;
    expect(stand.picture).toEqual(await stand.pictureOf(view));
    await stand.clock.pass(1_500);
    await stand.hold("override", 3_200);
    expect(stand.box.asked).toEqual([{ call: "overrideWipe", args: [DATA_HELD.id, SERIALS], by: "panel" }]);
  });

  test("shows a refusal, and a fault of the desk as one", async () => {
    const refuse = async () =>
      ({ ok: false, refusal: { code: "out-of-turn", detail: "The run is Reporting." } }) as const;
    await using stand = await openStand(({ operators }) => ({ operators: { ...operators, cancelRun: refuse } }));
    await stand.hold("abort", 3_200);
    await stand.clock.pass(300);
    const notice = { kind: "notice", tone: "bad", title: "Refused", text: "The run is Reporting.", scroll: 0 } as const;
    expect(stand.picture).toEqual(await stand.pictureOf(notice));
    const fail = async () => Promise.reject(new Error("disk full"));
    await using broken = await openStand(({ operators }) => ({ operators: { ...operators, cancelRun: fail } }));
    await broken.hold("abort", 3_200);
    expect(broken.lines.join()).toContain("disk full");
  });

  test("lets go of a press whose buttons have gone", async () => {
    let state: "present" | "absent" = "present";
    await using stand = await openStand(({ buttons }) => ({
      buttons: {
        listen: (onEdge) => buttons.listen(onEdge),
        [Symbol.asyncDispose]: () => buttons[Symbol.asyncDispose](),
        get state() {
          return state;
        },
      },
    }));
    stand.buttons.press("abort");
    await stand.clock.pass(1_000);
    state = "absent";
    await stand.clock.pass(9_000);
    expect(stand.box.asked).toEqual([]);
    expect(stand.panel.isAttended).toBe(false);
  });

  test("acts on nothing while its display is away", async () => {
    let state: Display["state"] = "absent";
    await using stand = await openStand(({ display }) => ({
      display: {
        show: (frame) => display.show(frame),
        setBrightness: (brightness) => display.setBrightness(brightness),
        [Symbol.asyncDispose]: () => display[Symbol.asyncDispose](),
        get state() {
          return state;
        },
      },
    }));
    await stand.hold("abort", 9_000);
    expect(stand.box.asked).toEqual([]);
    state = "present";
    await stand.clock.pass(2_000);
    await stand.hold("abort", 3_200);
    expect(stand.box.asked).toHaveLength(1);
  });

  test("goes on through a read model that fails and a display that throws, and takes nobody along", async () => {
    let fails = false;
    const run: ReadModel["run"] = async () => {
      if (fails) throw new Error("locked");
      return { ...RUNNING, progress: 0.9 };
    };
    await using stand = await openStand(({ reads, display }) => ({
      reads: { ...reads, run },
      display: {
        ...display,
        state: "present",
        show: (frame) => {
          if (fails) throw new Error("no bus");
          display.show(frame);
        },
      },
    }));
    fails = true;
    stand.box.change({ ...RUNNING, progress: 0.9 });
    await stand.hold("next", 80);
    await stand.clock.pass(2_000);
    expect(stand.lines.join()).toContain("locked");
    expect(stand.lines.join()).toContain("no bus");
    fails = false;
    await stand.hold("next", 80);
    await stand.clock.pass(12_000);
    expect(stand.picture).toEqual(await stand.pictureOf(runPage(RUNNING.id)));
  });

  test("leaves the stream of changes when it is closed", async () => {
    const stand = await openStand();
    expect(stand.box.listening).toBe(1);
    await stand[Symbol.asyncDispose]();
    expect(stand.box.listening).toBe(0);
  });
});
