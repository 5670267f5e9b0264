import { describe, expect, test } from "bun:test";
import { type EscalationStep, nextEscalation } from "./power-escalation.ts";
import type { PowerAct, PowerDeed, PowerState } from "./power-port.ts";

const act = (deed: PowerDeed, atS: number, change: Partial<PowerAct> = {}): PowerAct => ({
  ...{ deed, by: "box", ok: true, detail: "", firstMs: atS * 1000, lastMs: atS * 1000, count: 1 },
  ...change,
});
const said = (state: PowerState, atS: number): PowerAct => act("status", atS, { detail: state });
const failed = (deed: PowerDeed, atS: number, count = 1): PowerAct =>
  act(deed, atS, { ok: false, detail: "no", count });
const wait = (untilS: number): EscalationStep => ({ do: "wait", untilMs: untilS * 1000 });
const next = (nowS: number, ...acts: readonly PowerAct[]): EscalationStep =>
  nextEscalation({ nowMs: nowS * 1000, sinceMs: 0, acts });

/** What was done so far, when it is now, and what follows. Waiting began at 0 s. */
const CASES: readonly (readonly [string, EscalationStep, EscalationStep])[] = [
  ["nothing was done: the BMC is asked", next(0), { do: "status" }],
  ["off at once: the packets get their first round", next(2, said("off", 2)), wait(20)],
  ["off, the round is over: it is asked again before anything is done", next(20, said("off", 2)), { do: "status" }],
  ["still off: the next boot is chosen", next(21, said("off", 21)), { do: "pxe" }],
  ["the boot is chosen: on", next(22, said("off", 21), act("pxe", 22)), { do: "on" }],
  ["it cannot be chosen: on all the same", next(22, said("off", 21), failed("pxe", 22)), { do: "on" }],
  [
    "chosen long ago, by a box that was cut off: it is asked",
    next(90, said("off", 21), act("pxe", 22)),
    { do: "status" },
  ],
  ["on just now: it is looked at a little later", next(24, act("on", 23)), wait(33)],
  ["on from the start: two rounds for the packets", next(3, said("on", 2)), wait(40)],
  ["on and silent for two rounds: the next boot", next(41, said("on", 40)), { do: "pxe" }],
  ["on and the boot is chosen: cycle", next(42, said("on", 40), act("pxe", 42)), { do: "cycle" }],
  ["a packet woke it: it is looked at once a minute", next(81, said("off", 2), said("on", 20)), { do: "status" }],
  ["a packet woke it, asked lately: wait", next(30, said("off", 2), said("on", 20)), wait(80)],
  [
    "a packet woke it five minutes ago and it never asked to boot: the next boot",
    next(325, said("off", 2), act("status", 20, { detail: "on", lastMs: 320_000, count: 6 })),
    { do: "pxe" },
  ],
  ["powered by us a minute ago: patience", next(85, act("on", 23), said("on", 84)), wait(144)],
  ["powered by us five minutes ago: again", next(324, act("on", 23), said("on", 323)), { do: "pxe" }],
  ["pushed twice: ten minutes", next(700, act("on", 23), act("cycle", 330), said("on", 699)), wait(759)],
  ["pushed twice, ten minutes ago: again", next(931, act("on", 23), act("cycle", 330), said("on", 930)), { do: "pxe" }],
  ["off again after our push: half a minute", next(40, act("on", 23), said("off", 40)), wait(53)],
  ["off again and again: longer", next(60, act("on", 23, { count: 3, lastMs: 50_000 }), said("off", 60)), wait(120)],
  ["between on and off: asked soon", next(11, said("unknown", 10)), wait(20)],
  ["a first failure: 20 s", next(11, failed("status", 10)), wait(30)],
  ["a third failure: 80 s", next(100, failed("status", 90, 3)), wait(170)],
  ["many failures: five minutes at most", next(100, failed("status", 90, 40)), wait(390)],
  ["the wait after a failure is over: asked", next(31, failed("status", 10)), { do: "status" }],
  ["a power-on that failed waits as well", next(30, act("pxe", 22), failed("on", 23)), wait(43)],
  ["an operator switched it off a while ago: asked", next(60, act("off", 40, { by: "operator" })), { do: "status" }],
];

describe("nextEscalation", () => {
  test.each(CASES)("%s", (_name, step, expected) => {
    expect(step).toEqual(expected);
  });

  test("leads a host that is off, or that hangs, to a boot, with few questions and growing waits", () => {
    for (const start of ["off", "on"] as const) {
      let state: PowerState = start;
      const acts: PowerAct[] = [];
      for (let nowS = 0; nowS <= 3600; nowS += 5) {
        const step = nextEscalation({ nowMs: nowS * 1000, sinceMs: 0, acts });
        if (step.do === "wait") {
          expect(step.untilMs).toBeGreaterThan(nowS * 1000);
          continue;
        }
        if (step.do === "on") state = "on";
        acts.push(step.do === "status" ? said(state, nowS) : act(step.do, nowS));
      }
      const pushes = acts.filter(({ deed }) => deed === "on" || deed === "cycle");
      expect(pushes.map(({ deed }) => deed)).toEqual([start === "off" ? "on" : "cycle", "cycle", "cycle", "cycle"]);
      const gapsS = pushes.slice(1).map(({ firstMs }, i) => (firstMs - (pushes[i]?.firstMs ?? 0)) / 1000);
      // 5, 10 and 20 minutes, and at most a look's time besides.
      expect(gapsS.every((gapS, i) => gapS >= 300 * 2 ** i && gapS <= 300 * 2 ** i + 60)).toBe(true);
      expect(acts.filter(({ deed }) => deed === "pxe")).toHaveLength(4);
      expect(acts.length).toBeLessThan(80);
    }
  });
});
