/** Who may go now. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RUN_STATES, type RunState } from "../../agent/wire/names.ts";
import { linkHolders, nextToGo, type Placed, waitsForLink } from "./dispatch.ts";
import type { Run } from "./run.ts";
import { OCCUPIES_PLACE } from "./states.ts";

const run = (id: string, state: RunState, enteredSeq: number): Placed => ({
  ...{ id, hostId: id, state, rev: 1, profile: "quick", plan: ["InventoryCheck", "Network"], destructive: false },
  ...{
    attempt: 1,
    attemptReason: "first",
    restarts: 0,
    orders: {},
    bootId: null,
    agentStart: 0,
    failure: null,
    command: null,
  },
  ...{ createdMs: 0, enteredSeq, enteredMs: 9 - enteredSeq, deadlineMs: null, lastSeenMs: null, endedMs: null },
});

const ids = (runs: readonly Run[]): string => runs.map((r) => r.id).join("");

describe("nextToGo", () => {
  test("gives free places to the oldest, and to the lower id of two of the same moment", () => {
    const runs = [run("c", "Queued", 1), run("b", "Queued", 2), run("a", "Queued", 2), run("x", "SMART", 0)];
    expect(ids(nextToGo(runs, 3))).toBe("ca");
  });

  test("counts neither held nor ended runs", () => {
    const runs = [run("a", "FailedHolding", 0), run("b", "Completed", 0), run("c", "Queued", 1)];
    expect(ids(nextToGo(runs, 1))).toBe("c");
  });

  test("lets nobody go while a measurement holds the link or waits for it", () => {
    expect(nextToGo([run("a", "Network", 0), run("b", "Queued", 1)], 3)).toEqual([]);
    expect(nextToGo([run("a", "Booting", 0), run("n", "Network", 1), run("b", "Queued", 2)], 3)).toEqual([]);
  });

  test("lets none go that may write to disks while it must not, and the others ahead of it", () => {
    const runs = [{ ...run("a", "Queued", 0), destructive: true }, run("b", "Queued", 1)];
    expect(ids(nextToGo(runs, 1, undefined, false))).toBe("b");
    expect(ids(nextToGo(runs, 1))).toBe("a");
  });

  test("gives none when a person's retries have taken more places than there are", () => {
    expect(nextToGo([run("a", "SMART", 0), run("b", "SMART", 0), run("c", "Queued", 1)], 1)).toEqual([]);
  });
});

describe("linkHolders", () => {
  test("shares the link among downloads", () => {
    const runs = [run("a", "Booting", 0), run("b", "WaitingWoL", 1), run("c", "SMART", 2)];
    expect([...linkHolders(runs)]).toEqual(["a", "b"]);
  });

  test("gives the link to the oldest measurement alone", () => {
    const runs = [run("a", "Network", 1), run("b", "Network", 0), run("c", "WaitingWoL", 2)];
    expect([...linkHolders(runs)]).toEqual(["b"]);
  });

  test("keeps a measurement waiting for older downloads, and younger downloads for it", () => {
    const runs = [run("a", "Booting", 0), run("n", "Network", 1), run("w", "WaitingWoL", 2)];
    expect([...linkHolders(runs)]).toEqual(["a"]);
    expect(runs.filter((r) => waitsForLink(r, linkHolders(runs))).map((r) => r.id)).toEqual(["n", "w"]);
  });
});

const anyRuns = fc
  .array(fc.record({ state: fc.constantFrom(...RUN_STATES), enteredSeq: fc.nat(5) }), { maxLength: 12 })
  .map((list) => list.map(({ state, enteredSeq }, i) => run(String.fromCharCode(97 + i), state, enteredSeq)));

test("linkHolders never leaves the link idle that somebody wants, and never mixes its uses", () => {
  fc.assert(
    fc.property(anyRuns, (runs) => {
      const holders = linkHolders(runs);
      const holding = runs.filter((r) => holders.has(r.id)).map((r) => r.state);
      const wanting = runs.filter((r) => ["WaitingWoL", "Booting", "Network"].includes(r.state));
      expect(holding.length > 0).toBe(wanting.length > 0);
      if (holding.includes("Network")) expect(holding).toEqual(["Network"]);
    }),
  );
});

test("nextToGo never fills more than the places", () => {
  fc.assert(
    fc.property(anyRuns, fc.nat(6), (runs, places) => {
      const taken = runs.filter((r) => OCCUPIES_PLACE.has(r.state)).length;
      expect(nextToGo(runs, places).length).toBeLessThanOrEqual(Math.max(0, places - taken));
    }),
  );
});
