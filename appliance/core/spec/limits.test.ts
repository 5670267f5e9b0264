/** Limits in specs: every figure of every stage may be given by a host or a class, within its bounds, and nothing else may. */
import { describe, expect, test } from "bun:test";
import { LIMIT_TABLES } from "../../../agent/stages/catalog.ts";
import { resolveLimits } from "../../../agent/stages/limits.ts";
import { PROFILES } from "../../../agent/wire/names.ts";
import { renderSpecSchema } from "./json-schema.ts";
import { parseSpec } from "./spec.ts";

const ALL = Object.entries(LIMIT_TABLES).flatMap(([stage, table]) =>
  Object.entries(table).map(([key, limit]) => [`${stage}.${key}`, { stage, key, limit }] as const),
);

const specWith = (stage: string, key: string, figure: unknown) =>
  parseSpec(`limits:\n  ${stage}:\n    ${key}: ${String(figure)}\n`);

describe.each(ALL)("the limit %s", (_name, { stage, key, limit }) => {
  test("is taken at both its bounds and refused beyond them, with its place, bounds and unit", () => {
    for (const figure of [limit.min, limit.max])
      expect(specWith(stage, key, figure)).toMatchObject({
        ok: true,
        value: { limits: { [stage]: { [key]: figure } } },
      });
    for (const figure of [limit.min - 1, limit.max * 2 + 1, '"5"', true, ".inf", "[]"]) {
      const answer = specWith(stage, key, figure);
      expect(answer).toMatchObject({ ok: false, refusal: { code: "invalid" } });
      if (!answer.ok) expect(answer.refusal.path).toStartWith("3:");
    }
    const answer = specWith(stage, key, limit.max * 2 + 1);
    if (!answer.ok) expect(answer.refusal.detail).toContain(`from ${limit.min} to ${limit.max}, in ${limit.unit}`);
  });

  test("has defaults within its bounds, and says what it is and where they come from", () => {
    const { default: value } = limit;
    for (const profile of PROFILES) {
      const figure = typeof value === "number" ? value : value[profile];
      expect([figure >= limit.min, figure <= limit.max]).toEqual([true, true]);
      expect(resolveLimits({ [key]: limit }, profile)).toEqual({ [key]: figure });
      expect(resolveLimits({ [key]: limit }, profile, { [key]: limit.max })).toEqual({ [key]: limit.max });
    }
    expect([limit.what.length > 5, limit.unit.length > 0, limit.source.length > 5]).toEqual([true, true, true]);
  });
});

test("limits of a class are taken over key by key, and taken away by null", () => {
  const [first] = ALL;
  if (first === undefined) throw new Error("no stage has a limit");
  const { stage, key, limit } = first[1];
  const classes = new Map([["r640", `limits:\n  ${stage}: { ${key}: ${limit.max} }\n`]]);
  const inherits = (yaml: string) => parseSpec(`inherits: [r640]\n${yaml}`, classes);
  expect(inherits("")).toMatchObject({ value: { limits: { [stage]: { [key]: limit.max } } } });
  expect(inherits(`limits:\n  ${stage}: { ${key}: ${limit.min} }\n`)).toMatchObject({
    value: { limits: { [stage]: { [key]: limit.min } } },
  });
  expect(inherits("limits: null\ncpu: { sockets: 2 }\n")).not.toHaveProperty("value.limits");
});

test("a limit or a stage that is not known is refused with what there is", () => {
  expect(parseSpec("limits: { warp: { x: 1 } }\n")).toMatchObject({ ok: false, refusal: { path: "1:11" } });
  const answer = parseSpec("limits: { cpu: { loadSeconds: 1 } }\n");
  expect(answer).toMatchObject({ ok: false, refusal: { path: "1:18" } });
  if (!answer.ok) expect(answer.refusal.detail).toContain("allowed here: ");
});

test("the JSON Schema knows every limit with its bounds", () => {
  const schema = JSON.stringify(renderSpecSchema());
  for (const [, { limit }] of ALL)
    expect(schema).toContain(
      `"minimum":${limit.min},"maximum":${limit.max},"description":"${limit.what}, in ${limit.unit}"`,
    );
});
