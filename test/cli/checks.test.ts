/** `vetbox checks`: the reference is the tables that judge. */
import { expect, test } from "bun:test";
import { BUILT_STAGES, LIMIT_TABLES, specOf } from "../../agent/stages/catalog.ts";
import { WATCH_RULES } from "../../agent/watch/spec.ts";
import { runLine } from "./box.ts";

test("vetbox checks rules tells every rule of every stage and of the watch around them, once", async () => {
  const { code, out } = await runLine(["checks", "rules", "--json"]);
  const told = (JSON.parse(out) as readonly { readonly code: string }[]).map((rule) => rule.code);
  const built = BUILT_STAGES.flatMap((state) => specOf(state)?.rules ?? []).map((rule) => rule.code);
  for (const rule of [...built, ...WATCH_RULES.map(({ code: own }) => own)]) expect(told).toContain(rule);
  expect(told).toContain("watch.event-log");
  expect([code, new Set(told).size]).toEqual([0, told.length]);
  expect((await runLine(["checks", "rules"])).out).toContain("cpu.miscompute");
});

test("vetbox checks limits tells every limit with its default for each profile and its bounds", async () => {
  const { out } = await runLine(["checks", "limits", "--json"]);
  const told = (JSON.parse(out) as readonly { readonly key: string }[]).map(({ key }) => key);
  expect(told).toEqual(
    Object.entries(LIMIT_TABLES).flatMap(([stage, table]) => Object.keys(table).map((key) => `${stage}.${key}`)),
  );
  const { out: text } = await runLine(["checks", "limits"]);
  expect(text).toMatch(/^LIMIT +WHAT +QUICK \/ STANDARD \/ SOAK +UNIT +MAY BE +SOURCE/);
  expect(text).toMatch(/cpu\.loadS +how long the processors are loaded +120 \/ 1800 \/ 43200 +s +2 to 604800/);
});
