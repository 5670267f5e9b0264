import { describe, expect, test } from "bun:test";
import { accept } from "../core/answer.ts";
import type { HostView, RunSummary, RunView } from "../core/views.ts";
import { type CommandDesks, mayAnswerOn, runCommand } from "./commands.ts";

/** Desks that know one host and one run, and write down what they are asked. */
const desks = () => {
  const asked: unknown[][] = [];
  const note =
    (name: string) =>
    async (...args: unknown[]) => {
      asked.push([name, ...args]);
      return accept({ id: "r1", state: "Queued" } as RunSummary);
    };
  const fake: CommandDesks = {
    reads: {
      host: async (ref) => (ref === "r07" ? ({ id: "h1" } as HostView) : null),
      run: async (ref) => (ref === "r1" ? ({ id: "r1" } as RunView) : null),
    },
    operators: {
      startRun: note("start"),
      cancelRun: note("cancel"),
      releaseRun: note("release"),
      retryRun: note("retry"),
    },
  };
  return { asked, ask: (verb: string, payload: string) => runCommand(verb, Buffer.from(payload), fake) };
};

describe("runCommand", () => {
  test("starts a run that writes to no disk, by mqtt", async () => {
    const { ask, asked } = desks();
    expect(await ask("start", '{"host":"r07","repaired":"fan"}')).toEqual({ ok: true, run: "r1", state: "Queued" });
    expect(asked).toEqual([["start", "h1", { profile: "quick", destructive: false, repaired: "fan" }, "mqtt"]]);
  });

  test.each(["cancel", "release", "retry"])("asks the desk to %s", async (verb) => {
    const { ask, asked } = desks();
    await ask(verb, '{"run":"r1"}');
    expect(asked).toEqual([[verb, "r1", "mqtt"]]);
  });

  test.each([
    ["start", '{"host":"r07","destructive":true}', "invalid"],
    ["start", '{"host":"r99"}', "not-found"],
    ["start", '{"host":"r07","profile":"forever"}', "invalid"],
    ["start", "", "invalid"],
    ["start", "null", "invalid"],
    ["start", `{"host":"${"x".repeat(5000)}"}`, "too-large"],
    ["cancel", '{"run":"r2"}', "not-found"],
    ["override-wipe", '{"run":"r1","serials":["S1"]}', "not-found"],
    ["constructor", "{}", "not-found"],
  ])("refuses %s %s as %s and asks no desk", async (verb, payload, code) => {
    const { ask, asked } = desks();
    expect(await ask(verb, payload)).toMatchObject({ ok: false, code });
    expect(asked).toEqual([]);
  });
});

describe("mayAnswerOn", () => {
  const own = ["vetbox", "homeassistant"];
  test.each(["desk/answers", "vetbox-desk/answers", "a"])("allows %s", (topic) =>
    expect(mayAnswerOn(topic, own)).toBe(true),
  );
  test.each([
    "",
    "vetbox",
    "vetbox/b/status",
    "homeassistant/device/x/config",
    "$SYS/x",
    "a/+",
    "a/#",
    "a\0",
    "x".repeat(257),
  ])("refuses %p", (topic) => expect(mayAnswerOn(topic, own)).toBe(false));
});
