/** Texts that a server made up: none may act on the terminal of the person who reads them. */
import { afterEach, describe, expect, test } from "bun:test";
import type { Surroundings } from "../../appliance/cli/terminal.ts";
import { fakeBox, fakeHost, fakeRun, fakeSummary } from "../../appliance/http/fake-views.ts";
import { closeAll, openBox } from "./box.ts";

afterEach(closeAll);

describe("vetbox and hostile texts", () => {
  const PAYLOADS = [
    "\u001b[2J\u001b[H",
    "\u001b]0;owned\u0007",
    "\u001b]8;;http://evil\u001b\\x",
    "\u009b31m",
    "\u001bc",
    "\u001b[?1049h",
    "\u001bP+q\u001b\\",
    "\u001b_x\u001b\\",
    "\u001b^x\u001b\\",
    "\u001b(0",
    "a\rb",
    "a\bb",
    "a\u0000b",
    "a\u0007b",
    "a\u007fb",
    "a\u0085b",
    "a\u2028b",
    "a\u2029b",
    "\u202egpj.exe",
    "\u2066x\u2069",
    "\u200b\u200d\ufeff",
    "\u061cx",
    "\u{e0041}",
    "\ud800",
    "a\nb",
    "a\u000bb",
    "a\fb",
    "\u00adx",
    "\u180ex",
    "\u001b[31",
  ];
  /** What a terminal acts on, reorders by, or does not draw. */
  const ACTIVE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

  test("are inert in every table, line and sentence", async () => {
    for (const payload of PAYLOADS) {
      const failure = { state: "SMART", code: "stage-failed", message: payload } as const;
      const check = { code: "x", verdict: "FAIL", component: payload, message: payload, action: payload } as const;
      const bad = fakeRun({
        ...{ hostName: payload, note: payload, failure, state: "FailedHolding", verdict: "held" },
        stages: [{ state: "SMART", title: payload, status: "failed", attempts: [], checks: [check], summary: payload }],
        differences: [
          { severity: "critical", code: "x", component: payload, expected: payload, found: payload, message: payload },
        ],
        hold: { fingerprint: payload, login: payload, keyShown: false, installed: true },
      });
      const box = await openBox(
        {
          hosts: async () => [fakeHost({ name: payload })],
          run: async () => bad,
          runs: async () => [bad],
          spec: async () => `# ${payload}\n`,
          box: async () => fakeBox({ name: payload }),
          sightings: async () => [{ mac: payload, firstSeenMs: 0, lastSeenMs: 0, count: 1, detail: payload }],
          logs: async () => [{ id: 1, atMs: 0, stage: null, level: "info", text: payload, lostBefore: 0 }],
        },
        { retryRun: async () => ({ ok: false, refusal: { code: "out-of-turn", detail: payload } }) },
      );
      const commands = [
        "hosts list",
        "runs list",
        "runs show x",
        "runs logs x",
        "runs watch x",
        "runs retry x",
        "seen",
        "box",
        "runs show x --json",
        "hosts list --json",
      ];
      for (const command of commands) {
        const { out, err } = await box.run(command.split(" "));
        if (ACTIVE.test(out + err))
          throw new Error(`${command}: ${JSON.stringify(payload)} in ${JSON.stringify(out + err)}`);
      }
      const shown = await box.run(["spec", "show", "r07-u12"], { isTerminal: true });
      if (ACTIVE.test(shown.out)) throw new Error(`spec show: ${JSON.stringify(payload)}`);
    }
  });

  test("stay what they are in JSON", async () => {
    const name = "\u202egpj\u{e0041}\u001b[2J";
    const box = await openBox({ box: async () => fakeBox({ name }) });
    expect(JSON.parse((await box.run(["box", "--json"])).out).name).toBe(name);
  });

  test("colours are for terminals, and only where NO_COLOR is not set", async () => {
    const box = await openBox({ hosts: async () => [fakeHost({ activeRun: fakeSummary() })] });
    const env = { VETBOX_URL: `unix:${box.unix}` };
    const coloured = async (change: Partial<Surroundings>) =>
      (await box.run(["hosts", "list"], { env, ...change })).out.includes("\u001b[36m");
    expect(await coloured({ isTerminal: true })).toBe(true);
    expect(await coloured({ isTerminal: false })).toBe(false);
    expect(await coloured({ isTerminal: true, env: { ...env, NO_COLOR: "1" } })).toBe(false);
    expect(await coloured({ isTerminal: true, env: { ...env, TERM: "dumb" } })).toBe(false);
  });
});
