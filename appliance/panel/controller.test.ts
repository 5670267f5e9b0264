import { describe, expect, test } from "bun:test";
import { modelOf, Player, REFUSED, RUNNING } from "./fixtures/player.ts";
import type { PanelRun } from "./model.ts";

const FULL_MS = 3_200;
const OTHER = { ...RUNNING, id: "r3", hostName: "r07-u16" };

/** A panel that has been looked at for a while, on the page of the run that matters most. */
const playing = (...runs: readonly PanelRun[]): Player => new Player(modelOf(...runs)).wait(1_000);
const actsOf = (player: Player) => player.acts.map(({ act }) => act);
const OVERRIDDEN = { kind: "override", runId: "r2", serials: ["S6PW1234"] } as const;

describe("NEXT", () => {
  test("walks the pages and comes round", () => {
    const player = playing(RUNNING, OTHER).press("next");
    expect(player.view).toMatchObject({ kind: "run", runId: "r3" });
    expect(player.press("next").view).toMatchObject({ kind: "home" });
    expect(player.press("next").view).toMatchObject({ kind: "run", runId: "r1" });
  });

  test("held leads to the first page", () => {
    expect(playing(RUNNING).hold("next", FULL_MS).view).toMatchObject({ kind: "home" });
  });
});

describe("the page that stands", () => {
  test("is the oldest run's unless somebody is needed, and that one's when nobody has touched the panel for a while", () => {
    expect(playing().view).toMatchObject({ kind: "home" });
    const player = playing(RUNNING);
    expect(player.view).toMatchObject({ kind: "run", runId: "r1" });
    player.press("next").learn(modelOf(REFUSED, RUNNING)).wait(30_000);
    expect(player.view).toMatchObject({ kind: "home" });
    expect(player.wait(31_000).view).toMatchObject({ kind: "run", runId: "r2" });
  });

  test("becomes the result when its run ends, and leaves after a while", () => {
    const player = playing(RUNNING, OTHER);
    const ended = [{ id: "r1", hostName: "r07-u12", verdict: "pass", summary: "8 of 8", tookMs: 1 }] as const;
    player.learn({ ...modelOf(OTHER), ended });
    expect(player.wait(59_000).view).toMatchObject({ kind: "result", runId: "r1" });
    expect(player.wait(2_000).view).toMatchObject({ kind: "run", runId: "r3" });
  });

  test("stays under a finger whatever happens elsewhere, and comes up after it", () => {
    const player = playing(RUNNING).wait(120_000).down("override");
    player.learn(modelOf(REFUSED, RUNNING)).wait(1_000);
    player.event({ kind: "arm", runId: "r2" });
    expect(player.wait(500).view).toMatchObject({ kind: "run", runId: "r1" });
    expect(player.up("override").wait(250).view).toMatchObject({ kind: "override", runId: "r2" });
  });
});

describe("ABORT", () => {
  test("held ends the run that is shown, with a countdown", () => {
    const player = playing(RUNNING).down("abort").wait(1_500);
    expect(player.view).toEqual({ kind: "abort", runId: "r1", heldRatio: 0.5, scroll: 0 });
    expect(player.acts).toEqual([]);
    expect(actsOf(player.wait(1_700))).toEqual([{ kind: "cancel", runId: "r1" }]);
    expect(actsOf(player.wait(9_000).up("abort").wait(100))).toHaveLength(1);
  });

  test("held releases a run that is held", () => {
    expect(actsOf(playing(REFUSED).hold("abort", FULL_MS))).toEqual([{ kind: "release", runId: "r2" }]);
  });

  test("pressed shortly, or held together with another button, does nothing", () => {
    const player = playing(RUNNING).press("abort").hold("abort", 2_900);
    player.down("abort").wait(1_000).down("next").wait(9_000).up("abort").up("next");
    expect(player.acts).toEqual([]);
  });

  test("does nothing where no run is shown", () => {
    const player = playing(RUNNING).hold("next", FULL_MS).hold("abort", FULL_MS);
    expect(player.view).toMatchObject({ kind: "home" });
    expect(player.acts).toEqual([]);
  });

  test("means the run on which it was begun: not one that was held meanwhile, not another one in its place", () => {
    const player = playing(RUNNING, OTHER).down("abort").wait(1_000);
    player
      .learn(modelOf({ ...RUNNING, state: "FailedHolding", held: REFUSED.held }, OTHER))
      .wait(9_000)
      .up("abort");
    expect(player.acts).toEqual([]);
    const gone = playing(RUNNING, OTHER).down("abort").wait(1_000);
    expect(gone.learn(modelOf(OTHER)).wait(9_000).up("abort").acts).toEqual([]);
  });

  test("means nothing any more when its run was gone meanwhile, also when it is back", () => {
    const player = playing(RUNNING, OTHER).down("abort").wait(1_000).learn(modelOf(OTHER)).wait(500);
    expect(player.learn(modelOf(RUNNING, OTHER)).wait(5_000).up("abort").acts).toEqual([]);
  });

  test("means nothing on a page that came up while the finger was on its way", () => {
    const player = playing(RUNNING).wait(120_000).learn(modelOf(REFUSED, RUNNING)).wait(500);
    expect(player.view).toMatchObject({ kind: "run", runId: "r2" });
    expect(player.hold("abort", FULL_MS).acts).toEqual([]);
    expect(actsOf(player.hold("abort", FULL_MS))).toEqual([{ kind: "release", runId: "r2" }]);
  });

  test("waits for an edge that is told late before it acts", () => {
    const player = playing(RUNNING).down("abort").wait(2_990);
    player.nowMs += 60; // a tick comes first, then the edge of 40 ms ago
    player.event({ kind: "time" });
    player.event({ kind: "edge", edge: { button: "abort", down: false, atMonoMs: player.nowMs - 55 } });
    expect(player.wait(1_000).acts).toEqual([]);
  });

  test("asks once until the desk has answered, and says what came of it", () => {
    const player = playing(RUNNING).hold("abort", FULL_MS).wait(1_000).hold("abort", FULL_MS);
    expect(player.acts).toHaveLength(1);
    player.event({ kind: "answer", act: { kind: "cancel", runId: "r1" }, refusal: "The run is Reporting." });
    expect(player.view).toMatchObject({ kind: "notice", tone: "bad", text: "The run is Reporting." });
    expect(player.hold("abort", FULL_MS).acts).toHaveLength(1); // that press took the notice away
    expect(player.hold("abort", FULL_MS).acts).toHaveLength(2);
  });
});

describe("OVERRIDE", () => {
  test("acts when the page has armed it and the serial stood", () => {
    const player = playing(REFUSED);
    player.event({ kind: "arm", runId: "r2" });
    expect(player.view).toMatchObject({ kind: "override", runId: "r2", restS: 60, isReady: false, heldRatio: 0 });
    player.wait(2_000).down("override").wait(1_500);
    expect(player.view).toMatchObject({ kind: "override", restS: 57, isReady: true, heldRatio: 0.5 });
    expect(actsOf(player.wait(1_700))).toEqual([OVERRIDDEN]);
    expect(actsOf(player.up("override").wait(1_000).hold("override", FULL_MS))).toHaveLength(1);
  });

  test("acts after the chord, for the run on which it was pressed", () => {
    const player = playing(REFUSED).chord().wait(1_500);
    expect(player.view).toMatchObject({ kind: "override", runId: "r2", isReady: true });
    expect(actsOf(player.hold("override", FULL_MS))).toEqual([OVERRIDDEN]);
  });

  test("does nothing but explain itself when nobody has armed it", () => {
    const player = playing(REFUSED).hold("override", FULL_MS);
    expect(player.view).toMatchObject({ kind: "notice", tone: "bad", title: "Not yet" });
    expect(player.acts).toEqual([]);
  });

  test("is over after a minute, after a short ABORT, and when the disks are others", () => {
    const armed = (): Player => playing(REFUSED).chord().wait(1_500);
    expect(armed().wait(60_000).hold("override", FULL_MS).acts).toEqual([]);
    expect(armed().wait(58_000).hold("override", 9_000).acts).toEqual([]);
    expect(armed().press("abort").hold("override", FULL_MS).acts).toEqual([]);
    const others = modelOf({ ...REFUSED, refusedSerials: ["S6PW9999"] });
    expect(armed().learn(others).wait(1_000).hold("override", FULL_MS).acts).toEqual([]);
    expect(armed().down("override").wait(1_000).learn(others).wait(5_000).acts).toEqual([]);
  });

  test("needs every window of serials to have stood; NEXT turns them before it leaves the page", () => {
    const serials = Array.from({ length: 8 }, (_, i) => `S6PW000${i}`);
    const player = playing({ ...REFUSED, refusedSerials: serials })
      .chord()
      .wait(1_000);
    expect(player.hold("override", FULL_MS).view).toMatchObject({
      kind: "notice",
      text: expect.stringContaining("NEXT"),
    });
    expect(player.press("next").view).toMatchObject({ kind: "override", isReady: false }); // takes the notice away
    player.wait(1_000);
    for (let i = 0; i < 6 && !(player.view.kind === "override" && player.view.isReady); i++)
      player.press("next").wait(1_000);
    expect(player.view).toMatchObject({ kind: "override", isReady: true });
    expect(actsOf(player.hold("override", FULL_MS))).toEqual([{ kind: "override", runId: "r2", serials }]);
  });

  test("is over by the press's own time, also where the box was busy and looks late", () => {
    const player = playing(REFUSED).chord().wait(55_500).down("override").wait(500);
    player.nowMs += 30_000;
    player.event({ kind: "time" });
    expect(actsOf(player)).toEqual([OVERRIDDEN]); // complete at 59 s
    const late = playing(REFUSED).chord().wait(58_000).down("override").wait(500);
    late.nowMs += 30_000;
    late.event({ kind: "time" });
    expect(late.acts).toEqual([]);
  });

  test("needs the serials to be read again after the display was away", () => {
    const many = { ...REFUSED, refusedSerials: ["A1", "A2", "A3", "A4"] };
    const player = playing(many).chord().wait(7_000);
    expect(player.view).toMatchObject({ kind: "override", isReady: true });
    player.event({ kind: "display", isPresent: false });
    player.event({ kind: "display", isPresent: true });
    expect(player.wait(1_000).hold("override", FULL_MS).acts).toEqual([]);
  });

  test("needs a display that shows the serials", () => {
    const player = playing(REFUSED).chord().wait(1_500);
    player.event({ kind: "display", isPresent: false });
    expect(player.wait(1_000).hold("override", FULL_MS).acts).toEqual([]);
    player.event({ kind: "display", isPresent: true });
    expect(player.hold("override", FULL_MS).acts).toEqual([]); // not read since
    expect(actsOf(player.wait(2_000).hold("override", FULL_MS).wait(1_000))).toEqual([OVERRIDDEN]);
  });
});

describe("the light", () => {
  test("dims, then blanks; the press that wakes it is swallowed whole", () => {
    const player = playing(RUNNING).wait(61_000);
    expect(player.brightness).toBe("dim");
    expect(player.wait(540_000).brightness).toBe("off");
    expect(player.hold("abort", 9_000).acts).toEqual([]);
    expect(player.brightness).toBe("full");
    expect(player.view).toMatchObject({ kind: "run", runId: "r1" });
    expect(player.press("next").view).toMatchObject({ kind: "home" });
  });

  test("never blanks while somebody is needed, and comes on with news", () => {
    const player = playing(RUNNING).wait(700_000);
    expect(player.brightness).toBe("off");
    expect(player.learn(modelOf(REFUSED, RUNNING)).brightness).toBe("full");
    expect(player.wait(9_000_000).brightness).toBe("dim");
    const trouble = { kind: "disk-full", what: "", action: "" } as const;
    const base = modelOf();
    const troubled = new Player({ ...base, box: { ...base.box, troubles: [trouble] } }).wait(700_000);
    expect(troubled.brightness).toBe("dim");
    expect(troubled.view).toMatchObject({ kind: "trouble", trouble: "disk-full" });
  });
});
