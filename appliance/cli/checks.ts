/** `vetbox checks rules | limits`: every check that a server can meet, and every figure that decides, from the very tables that judge. Needs no box. */
import { BUILT_STAGES, LIMIT_TABLES, specOf } from "../../agent/stages/catalog.ts";
import { WATCH_RULES } from "../../agent/watch/spec.ts";
import { PROFILES } from "../../agent/wire/names.ts";
import { VERDICT_WORDS } from "../core/words.ts";
import { EXIT, renderJson, renderTable, wantsColour } from "./terminal.ts";
import { type Cli, group, localVerb } from "./verb.ts";

const ARGS = { json: { type: "boolean", description: "Write JSON instead of a table" } } as const;

const rulesOf = () =>
  [...BUILT_STAGES.flatMap((state) => specOf(state)?.rules ?? []), ...WATCH_RULES].map(
    ({ code, worst, source, action }) => ({ code, worst, source, action }),
  );

const limitsOf = () =>
  Object.entries(LIMIT_TABLES).flatMap(([stage, table]) =>
    Object.entries(table).map(([key, { what, unit, source, default: value, min, max }]) => ({
      ...{ key: `${stage}.${key}`, what, unit, source, min, max },
      default: typeof value === "number" ? Object.fromEntries(PROFILES.map((profile) => [profile, value])) : value,
    })),
  );

/** See above. */
export const checkCommands = (cli: Cli) =>
  group("vetbox checks", "What servers are judged by", {
    rules: localVerb(
      cli,
      "rules",
      "Every check: its code, its worst answer, where its limit comes from, what to do",
      ARGS,
      async ({ json }) => {
        const rules = rulesOf();
        const rows = rules.map(({ code, worst, source, action }) => [code, VERDICT_WORDS[worst], source, action]);
        cli.out(
          json === true
            ? renderJson(rules)
            : renderTable(["CODE", "AT WORST", "SOURCE", "TO DO"], rows, wantsColour(cli)),
        );
        return EXIT.ok;
      },
    ),
    limits: localVerb(
      cli,
      "limits",
      "Every figure that decides or says how long, and what a spec may set it to (limits: { cpu: { loadS: 60 } })",
      ARGS,
      async ({ json }) => {
        const limits = limitsOf();
        const rows = limits.map(({ key, what, unit, default: value, min, max, source }) => [
          ...[key, what, PROFILES.map((profile) => value[profile]).join(" / "), unit, `${min} to ${max}`, source],
        ]);
        const headers = ["LIMIT", "WHAT", PROFILES.join(" / ").toUpperCase(), "UNIT", "MAY BE", "SOURCE"];
        cli.out(json === true ? renderJson(limits) : renderTable(headers, rows, wantsColour(cli)));
        return EXIT.ok;
      },
    ),
  });
