/**
 * No hand, however clumsy, and no order of events makes the panel act but by the long press that the page asked for. The witness below knows edges,
 * armings and what was shown; it knows nothing of the reducer.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUTTON_NAMES, type ButtonName } from "../../board/buttons.ts";
import { modelOf, Player, REFUSED, RUNNING } from "./fixtures/player.ts";
import type { PanelModel } from "./model.ts";
import type { PanelAct } from "./panel-state.ts";

const FULL_MS = 3_000;
const WINDOW_MS = 400;
const ARMED_MS = 60_000;
/** Serials that one picture shows. */
const SERIALS_AT_ONCE = 3;

const MANY = { ...REFUSED, refusedSerials: ["A1", "A2", "A3", "A4", "A5"] };
const HELD = { ...RUNNING, state: "FailedHolding", held: REFUSED.held } as const;
const MODELS: readonly PanelModel[] = [
  modelOf(REFUSED, RUNNING),
  modelOf(MANY, RUNNING),
  modelOf(REFUSED),
  modelOf(RUNNING),
  modelOf(),
  modelOf(REFUSED, HELD),
  { ...modelOf(REFUSED), ended: [{ id: "r1", hostName: "r07-u12", verdict: "pass", summary: "", tookMs: 1 }] },
];

type Step =
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "finger"; readonly button: ButtonName; readonly down: boolean }
  | { readonly kind: "arm"; readonly runId: string }
  | { readonly kind: "learn"; readonly index: number }
  | { readonly kind: "display"; readonly isPresent: boolean }
  | { readonly kind: "answer" };

const wait = (ms: number): Step => ({ kind: "wait", ms });
const finger = (button: ButtonName, down: boolean): Step => ({ kind: "finger", button, down });
const hold = (button: ButtonName, ms: number): readonly Step[] => [
  finger(button, true),
  wait(ms),
  finger(button, false),
];
const CHORD: readonly Step[] = [
  ...[finger("next", true), wait(30), finger("override", true), wait(3_100)],
  ...[finger("override", false), finger("next", false)],
];

const HANDS_OFF: readonly Step[] = BUTTON_NAMES.map((name) => finger(name, false));
const ARM: Step = { kind: "arm", runId: "r2" };
/** What a person does who has read the serials of one disk. */
const MEANT: readonly Step[] = [wait(1_500), ...hold("override", 3_300)];

const button = fc.constantFrom(...BUTTON_NAMES);
const lengthMs = fc.oneof(
  fc.constantFrom(80, 300, 900, 2_950, 2_999, 3_000, 3_001, 3_300, 9_000, 40_000),
  fc.integer({ min: 1, max: 4_000 }),
);
const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.oneof(
      { arbitrary: lengthMs.map((ms) => [wait(ms)]), weight: 4 },
      { arbitrary: fc.tuple(button, fc.boolean()).map(([name, down]) => [finger(name, down)]), weight: 4 },
      { arbitrary: fc.tuple(button, lengthMs).map(([name, ms]) => hold(name, ms)), weight: 6 },
      { arbitrary: fc.constantFrom<readonly Step[]>(CHORD, [...HANDS_OFF, ...CHORD, ...MEANT]), weight: 3 },
      { arbitrary: fc.constant([...HANDS_OFF, ...hold("next", 90), wait(900), ...hold("abort", 3_300)]), weight: 2 },
      { arbitrary: fc.constantFrom<readonly Step[]>([ARM, wait(1_500)], [...HANDS_OFF, ARM, ...MEANT]), weight: 3 },
      { arbitrary: fc.nat(MODELS.length - 1).map((index) => [{ kind: "learn", index } as const]), weight: 2 },
      { arbitrary: fc.boolean().map((isPresent) => [{ kind: "display", isPresent } as const]), weight: 1 },
      { arbitrary: fc.constant([{ kind: "answer" }, wait(9_000)] as const), weight: 3 },
      { arbitrary: fc.constantFrom([wait(61_000)], [wait(700_000)]), weight: 1 },
    ),
    { minLength: 3, maxLength: 30 },
  )
  .map((parts) => parts.flat());

interface Edge {
  readonly button: ButtonName;
  readonly down: boolean;
  readonly atMs: number;
  /** How many looks there had been. */
  readonly looks: number;
}

/** What a bystander saw and heard. */
class Witness {
  readonly player = new Player(MODELS[0] ?? modelOf());
  readonly edges: Edge[] = [];
  readonly armings: { readonly runId: string; readonly atMs: number }[] = [];

  play(all: readonly Step[]): this {
    for (const step of all) this.#take(step);
    return this;
  }

  #take(step: Step): void {
    const { player } = this;
    const atMs = player.nowMs;
    if (step.kind === "wait") player.wait(step.ms);
    else if (step.kind === "finger") {
      if (this.downAt(atMs).includes(step.button) === step.down) return;
      this.edges.push({ button: step.button, down: step.down, atMs, looks: player.looks.length });
      player.event({ kind: "edge", edge: { button: step.button, down: step.down, atMonoMs: atMs } });
    } else if (step.kind === "learn") player.learn(MODELS[step.index] ?? modelOf());
    else if (step.kind === "display") player.event({ kind: "display", isPresent: step.isPresent });
    else if (step.kind === "arm") {
      this.armings.push({ runId: step.runId, atMs });
      player.event({ kind: "arm", runId: step.runId });
    } else {
      const asked = player.acts.at(-1);
      if (asked !== undefined) player.event({ kind: "answer", act: asked.act, refusal: null });
    }
  }

  downAt(atMs: number): readonly ButtonName[] {
    const until = this.edges.filter((edge) => edge.atMs <= atMs);
    return BUTTON_NAMES.filter((name) => until.findLast((edge) => edge.button === name)?.down === true);
  }

  /** When the button went down that has been held alone until the given time, the edge at that time itself apart; null when it was not. */
  heldAloneSince(name: ButtonName, untilMs: number): Edge | null {
    const at = this.edges.findLastIndex((edge) => edge.atMs < untilMs);
    const last = this.edges[at];
    return last?.button === name && last.down && this.downBefore(at).length === 0 ? last : null;
  }

  /** Times at which NEXT and OVERRIDE had been down for long enough, alone and together from the start. */
  chords(): readonly number[] {
    return this.edges.flatMap((second, at) => {
      const first = this.edges[at - 1];
      const pair = new Set([first?.button, second.button]);
      if (!second.down || first?.down !== true || !pair.has("next") || !pair.has("override")) return [];
      if (second.atMs - first.atMs > WINDOW_MS || this.downBefore(at - 1).length > 0) return [];
      const after = this.edges[at + 1];
      return after === undefined || after.atMs >= second.atMs + FULL_MS ? [second.atMs + FULL_MS] : [];
    });
  }

  downBefore(index: number): readonly ButtonName[] {
    const before = new Set<ButtonName>();
    for (const edge of this.edges.slice(0, index)) before[edge.down ? "add" : "delete"](edge.button);
    return [...before];
  }

  /** The windows of the list of serials that stood for half a second, in a display that was there and lit. */
  windowsRead(runId: string, fromMs: number, untilMs: number, count: number): ReadonlySet<number> {
    const read = new Set<number>();
    let stands: { index: number; sinceMs: number } | null = null;
    for (const { atMs, view, brightness, isDisplayed } of this.player.looks) {
      if (atMs < fromMs || atMs > untilMs) continue;
      const isShown = view.kind === "override" && view.runId === runId && isDisplayed && brightness !== "off";
      if (!isShown) stands = null;
      else if (stands?.index !== view.scroll % count) stands = { index: view.scroll % count, sinceMs: atMs };
      else if (atMs - stands.sinceMs >= 500) read.add(stands.index);
    }
    return read;
  }
}

const runIdOf = (view: object): string | null =>
  "runId" in view && typeof view.runId === "string" ? view.runId : null;

/** What an act lacks to be meant; empty when it was. */
const faultsOf = (witness: Witness, act: PanelAct, atMs: number): readonly string[] => {
  const name = act.kind === "override" ? "override" : "abort";
  const press = witness.heldAloneSince(name, atMs);
  if (press === null || atMs - press.atMs < FULL_MS) return [`no full long press of ${name} alone`];
  const { atMs: sinceMs, looks } = press;
  const look = witness.player.looks[looks - 1];
  const faults: string[] = [];
  if (look === undefined || !look.isDisplayed || look.brightness === "off") faults.push("nothing was shown");
  if (look === undefined || runIdOf(look.view) !== act.runId) faults.push("another page stood");
  const during = witness.player.looks.slice(looks).filter((one) => one.atMs < atMs);
  if (during.some(({ view }) => runIdOf(view) !== act.runId)) faults.push("the page did not stay");
  if (act.kind !== "override") return faults;
  const armings = [
    ...witness.armings.filter(({ runId }) => runId === act.runId).map((one) => one.atMs),
    ...witness.chords(),
  ].filter((one) => one <= sinceMs && sinceMs + FULL_MS - one <= ARMED_MS);
  if (armings.length === 0) faults.push("nobody armed it within the last minute");
  const count = Math.ceil(act.serials.length / SERIALS_AT_ONCE);
  const read = witness.windowsRead(act.runId, Math.min(...armings), sinceMs, count);
  if (read.size < count) faults.push(`read ${read.size} of ${count} windows of serials`);
  const run = witness.player.model.runs.find(({ id }) => id === act.runId);
  if (run !== undefined && String(run.refusedSerials) !== String(act.serials)) faults.push("other disks");
  return faults;
};

describe("reducePanel", () => {
  test("acts on nothing but a full long press that was meant, whatever else happens", () => {
    const seen = { cancel: 0, release: 0, override: 0 };
    fc.assert(
      fc.property(steps, (all) => {
        const witness = new Witness();
        for (const step of all) {
          const before = witness.player.acts.length;
          witness.play([step]);
          for (const { act, atMs } of witness.player.acts.slice(before)) {
            seen[act.kind] += 1;
            expect(faultsOf(witness, act, atMs)).toEqual([]);
          }
        }
      }),
      { numRuns: 700, seed: 5 },
    );
    // Else the property would hold of a panel that does nothing at all.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(25);
  });

  test("shows a page that exists, or whose run has just gone, after whatever happened", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { player } = new Witness().play(all);
        const runId = runIdOf(player.view);
        const known = [...player.model.runs, ...player.model.ended].map(({ id }) => id);
        expect(runId === null || known.includes(runId)).toBe(true);
      }),
      { numRuns: 200, seed: 6 },
    );
  });
});
