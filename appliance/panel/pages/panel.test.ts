/** The pages are as somebody has looked at them, and stay whole whatever a server or a config calls things. */
import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { FRAME_BYTES, type Frame, WIDTH } from "../../../board/frame.ts";
import { parseArt, renderArt } from "../../../test/setup/frame-art.ts";
import type { PanelModel, PanelRun } from "../model.ts";
import { drawBoot } from "./boot.ts";
import { HELD, HOSTILE, modelOf, NOW_MS, PASSED, REFUSED, RUNNING, TROUBLES, WAKING } from "./golden/models.ts";
import { SCENES } from "./golden/scenes.ts";
import { PAGE_WIDTH } from "./layout.ts";
import { countSerialWindows } from "./override.ts";
import { drawPanel } from "./panel.ts";
import type { PanelMoment, PanelPage } from "./view.ts";

const GOLDEN = join(import.meta.dir, "golden");
const golden = (name: string): Promise<string> => Bun.file(join(GOLDEN, `${name}.txt`)).text();

/** Bytes with a lit pixel beyond what a page may use: the last two columns, and of the lowest eight rows the last two. */
const beyond = (frame: Frame): number =>
  frame.filter((byte, i) => (i % WIDTH >= PAGE_WIDTH ? byte : i >= FRAME_BYTES - WIDTH ? byte & 0b1100_0000 : 0) !== 0)
    .length;

describe("the golden pictures", () => {
  test.each(SCENES.map(({ name, draw }) => [name, draw] as const))("%s", async (name, draw) => {
    const art = await golden(name);
    expect(renderArt(draw())).toBe(art); // told apart by the eye: `bun run screenshots`
    expect(parseArt(art)).toEqual(draw());
  });

  test("are those of the scenes, and no others", async () => {
    const files = (await readdir(GOLDEN)).filter((name) => name.endsWith(".txt"));
    expect(files.toSorted()).toEqual(SCENES.map(({ name }) => `${name}.txt`).toSorted());
  });

  test("are all different, as far as they show different things", () => {
    expect(new Set(SCENES.map(({ draw }) => draw().join())).size).toBe(SCENES.length);
  });
});

const anyText = fc.oneof(fc.string({ unit: "binary", maxLength: 80 }), fc.constantFrom(...Object.values(HOSTILE)));
const anyNumber = fc.oneof(fc.double(), fc.integer());

const anyRun = (base: PanelRun): fc.Arbitrary<PanelRun> =>
  fc
    .record({
      hostName: anyText,
      title: anyText,
      place: fc.option(fc.record({ index: fc.nat(99), count: fc.nat(99) })),
      progress: fc.option(anyNumber),
      restMs: fc.option(anyNumber),
      deadlineMs: fc.option(anyNumber),
      maxTempC: fc.option(anyNumber),
      refusedSerials: fc.array(anyText, { maxLength: 40 }),
      held: fc.option(fc.record({ what: anyText, action: anyText, login: fc.option(anyText) })),
    })
    .map((part) => ({ ...base, ...part }));

const anyModel: fc.Arbitrary<PanelModel> = fc
  .record({
    run: anyRun(RUNNING),
    held: anyRun(HELD),
    box: fc.record({
      name: anyText,
      pageUrl: fc.option(anyText),
      mdnsName: fc.option(anyText),
      hostCount: fc.nat(2),
      timeText: fc.option(anyText),
      activeRuns: fc.nat(),
    }),
    trouble: fc.record({ kind: fc.constantFrom(...TROUBLES.map(({ kind }) => kind)), what: anyText, action: anyText }),
    summary: anyText,
    tookMs: anyNumber,
  })
  .map(({ run, held, box, trouble, summary, tookMs }) =>
    modelOf([run, held], { ...box, troubles: [trouble] }, [{ ...PASSED, summary, tookMs, hostName: box.name }]),
  );

const viewsOf = (model: PanelModel, text: string, heldRatio: number): readonly (PanelPage | PanelMoment)[] => [
  { kind: "home" },
  ...model.box.troubles.map(({ kind }) => ({ kind: "trouble", trouble: kind }) as const),
  ...model.runs.flatMap(({ id: runId }) => [
    { kind: "run", runId } as const,
    { kind: "abort", runId, heldRatio } as const,
    { kind: "arming", runId, heldRatio } as const,
    { kind: "override", runId, restS: 61, isReady: heldRatio > 0, heldRatio } as const,
  ]),
  { kind: "result", runId: PASSED.id },
  { kind: "notice", tone: "bad", title: text, text },
];

describe("drawPanel", () => {
  test("draws every page of any model within its part of the picture, and throws for none", () => {
    fc.assert(
      fc.property(anyModel, anyText, anyNumber, fc.nat(50), (model, text, ratio, scroll) => {
        for (const view of viewsOf(model, text, ratio)) {
          const frame = drawPanel(model, { ...view, scroll });
          expect(frame).toHaveLength(FRAME_BYTES);
          expect(beyond(frame)).toBe(0);
        }
      }),
      { numRuns: 25 },
    );
  }, 30_000);

  test("shows the box when a page's run, result or trouble is gone", () => {
    const model = modelOf([]);
    const home = drawPanel(model, { kind: "home", scroll: 0 });
    expect(drawPanel(model, { kind: "run", runId: "gone", scroll: 0 })).toEqual(home);
    expect(
      drawPanel(model, { kind: "override", runId: "gone", restS: 9, isReady: true, heldRatio: 0, scroll: 0 }),
    ).toEqual(home);
    expect(drawPanel(model, { kind: "result", runId: "gone", scroll: 0 })).toEqual(home);
    expect(drawPanel(model, { kind: "trouble", trouble: "disk-full", scroll: 0 })).toEqual(home);
  });

  test("moves the picture as time goes by", () => {
    const at = (nowMs: number): Frame => drawPanel({ ...modelOf([]), nowMs }, { kind: "home", scroll: 0 });
    expect(at(NOW_MS + 60_000)).not.toEqual(at(NOW_MS));
    expect(at(NOW_MS + 16 * 60_000)).toEqual(at(NOW_MS));
  });

  test("comes round to the first window when scroll goes on", () => {
    const at = (scroll: number): Frame => drawPanel(modelOf([HELD]), { kind: "run", runId: HELD.id, scroll });
    expect(at(1)).not.toEqual(at(0));
    expect(at(2)).toEqual(at(0));
  });

  test("says 100 % at the end and no sooner", () => {
    const at = (progress: number): Frame =>
      drawPanel(modelOf([{ ...RUNNING, progress }]), { kind: "run", runId: RUNNING.id, scroll: 0 });
    expect(at(0.9999)).toEqual(at(0.999));
    expect(at(1)).not.toEqual(at(0.9999));
  });

  test("offers no ABORT where the desk would refuse it", () => {
    const end = (state: PanelRun["state"]): Frame =>
      drawPanel(modelOf([{ ...WAKING, state }]), { kind: "run", runId: WAKING.id, scroll: 0 });
    expect(end("Reporting")).not.toEqual(end("Booting"));
  });
});

describe("countSerialWindows", () => {
  test("keeps a serial of two rows in one window, and parts one only that is longer than a window", () => {
    const long = "L".repeat(30);
    const counts = [[long, "A"], [long, long], ["A", "B", long], ["X".repeat(70)], [""]].map(countSerialWindows);
    expect(counts).toEqual([1, 2, 2, 2, 1]);
  });

  test("has a window for every serial, and as many as draw different pictures", () => {
    expect([0, 1, 3, 4, 26].map((count) => countSerialWindows(Array.from({ length: count }, String)))).toEqual([
      0, 1, 1, 2, 9,
    ]);
    const run = { ...REFUSED, refusedSerials: Array.from({ length: 26 }, (_, i) => `SERIAL${i}`) };
    const frames = Array.from({ length: 30 }, (_, scroll) =>
      drawPanel(modelOf([run]), {
        kind: "override",
        runId: run.id,
        restS: 9,
        isReady: true,
        heldRatio: 0,
        scroll,
      }).join(),
    );
    expect(new Set(frames).size).toBe(countSerialWindows(run.refusedSerials));
  });
});

describe("drawOverride", () => {
  const pictures = (serials: readonly string[]): readonly string[] =>
    Array.from({ length: countSerialWindows(serials) }, (_, scroll) =>
      drawPanel(modelOf([{ ...REFUSED, refusedSerials: serials }]), {
        ...{ kind: "override", runId: REFUSED.id, restS: 9, isReady: true, heldRatio: 0 },
        scroll,
      }).join(),
    );

  test("tells any two lists of serials apart by what it shows, also where they differ in one sign of a long one", () => {
    const sign = fc.constantFrom(..."0123456789ABCDEF");
    fc.assert(
      fc.property(fc.array(sign, { minLength: 1, maxLength: 80 }), fc.nat(), sign, (signs, at, other) => {
        const changed = signs.with(at % signs.length, other);
        fc.pre(changed.join() !== signs.join());
        const [one, two] = [signs, changed].map((some) => pictures(["FIRST", some.join(""), "LAST"]).join());
        expect(one).not.toBe(two);
      }),
    );
  });
});

describe("drawBoot", () => {
  test("keeps what failed in sight however many checks come after", () => {
    const checks = (state: "ok" | "failed") => [
      { name: "Record", state },
      ...Array.from({ length: 9 }, (_, i) => ({ name: `Check ${i}`, state: "ok" }) as const),
    ];
    expect(drawBoot("1", checks("failed"))).not.toEqual(drawBoot("1", checks("ok")));
  });
});
