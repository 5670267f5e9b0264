import { describe, expect, test } from "bun:test";
import { createFakeClock, settle } from "./fakes/clock.ts";
import { createTurns } from "./turns.ts";
import type { Turn } from "./wire/messages.ts";

const run = (stage: "SMART" | "Memory", attempt = 1): Turn => ({ do: "run", stage, attempt, limitMs: 1, order: {} });
const start = (turn: Turn) => createTurns(turn, createFakeClock());

describe("createTurns", () => {
  test("takes over the turn of an answer that was asked for since the last change", () => {
    const turns = start({ do: "wait" });
    turns.offer(run("SMART"), turns.epoch);
    expect(turns.current).toEqual(run("SMART"));
  });

  test("an answer that was asked for before the last change is old news", () => {
    const turns = start(run("SMART"));
    const asked = turns.epoch;
    turns.offer(run("Memory"), turns.epoch);
    turns.offer(run("SMART"), asked);
    expect(turns.current).toEqual(run("Memory"));
  });

  test("the same turn again, with whatever limit, is no change", () => {
    const turns = start(run("SMART"));
    const { over, epoch } = turns;
    turns.offer({ do: "run", stage: "SMART", attempt: 1, limitMs: 99, order: {} }, epoch);
    expect([turns.epoch, over.aborted]).toEqual([epoch, false]);
  });

  test("another attempt of the same stage is a change, and ends the one before", () => {
    const turns = start(run("SMART"));
    const { over } = turns;
    turns.offer(run("SMART", 2), turns.epoch);
    expect([turns.epoch, over.aborted, turns.over.aborted]).toEqual([1, true, false]);
  });

  test("wait takes no stage away, but ends a hold", () => {
    const running = start(run("SMART"));
    running.offer({ do: "wait" }, running.epoch);
    expect(running.current.do).toBe("run");
    const held = start({ do: "hold" });
    held.offer({ do: "wait" }, held.epoch);
    expect(held.current.do).toBe("wait");
  });

  test("off is never taken back", () => {
    const turns = start(run("SMART"));
    turns.force({ do: "off" });
    turns.force(run("Memory"));
    turns.offer({ do: "hold" }, turns.epoch);
    expect(turns.current.do).toBe("off");
  });

  test("changed hears of a change that came before it was waited for", async () => {
    const turns = start(run("SMART"));
    turns.force({ do: "hold" });
    let heard = false;
    void turns.changed(new AbortController().signal).then(() => {
      heard = true;
    });
    await settle();
    expect(heard).toBe(true);
  });
});
