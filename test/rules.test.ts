/** Every judge rule is seen at its worst and seen to pass, on facts whose checks somebody wrote down. */
import { describe, expect, test } from "bun:test";
import type { Check } from "../agent/wire/check.ts";
import { JUDGES, judgeCase } from "./setup/stage-cases.ts";

describe.each(JUDGES.map(([stage, own]) => [stage.key, stage, own] as const))("the rules of %s", (_key, stage, own) => {
  const all = own.map((one) => ({ ...one, found: judgeCase(stage, one) }));

  test.each(own.map((one) => [one.name, one] as const))(
    "%s leads to the checks that were written down",
    (_name, one) => {
      const found = judgeCase(stage, one).map(({ code, verdict, component }) => `${code} ${verdict} ${component}`);
      for (const [code, verdict, component] of one.checks) expect(found).toContain(`${code} ${verdict} ${component}`);
    },
  );

  test("each is seen at its worst, and each is seen to pass", () => {
    const seen = (code: string, verdict: Check["verdict"]) =>
      all.some(({ checks }) => checks.some(([one, at]) => one === code && at === verdict));
    const quiet = (code: string) => all.some(({ found }) => !found.some((check) => check.code === code));
    const missing = stage.rules.flatMap(({ code, worst, silent }) => [
      ...(seen(code, worst) ? [] : [`${code} is never written down as ${worst}`]),
      ...((silent === true ? quiet(code) : seen(code, "PASS")) ? [] : [`${code} never passes`]),
    ]);
    expect(missing).toEqual([]);
  });

  test("no check has a code without a rule, and none that measured against a limit hides its source", () => {
    const codes = new Set(stage.rules.map(({ code }) => code));
    const checks = all.flatMap(({ found }) => found).filter(({ code }) => !code.startsWith("inventory.probe"));
    expect(checks.filter(({ code }) => !codes.has(code)).map(({ code }) => code)).toEqual([]);
    if (!stage.rules.some(({ silent }) => silent))
      expect(checks.filter(({ limit, source }) => limit !== undefined && source === undefined)).toEqual([]);
  });

  test("every rule says where its limit comes from and what to do", () => {
    expect(stage.rules.filter(({ source, action }) => source.length < 10 || action.length < 10)).toEqual([]);
    expect(new Set(stage.rules.map(({ code }) => code)).size).toBe(stage.rules.length);
    expect(stage.rules.filter(({ code }) => !code.startsWith(`${stage.key}.`)).map(({ code }) => code)).toEqual([]);
  });
});
