/** `vetbox runs plan | rejudge | override-wipe`: what a run would do, what an old one would be today, and the leave to wipe. */
import { PROFILES, STAGE_STATES, type StageState } from "../../agent/wire/names.ts";
import { plainText } from "../../agent/wire/plain.ts";
import type { PlanView, RejudgedStage, RunSummary } from "../core/views.ts";
import { renderDisk, renderDuration, STAGE_STATUS_WORDS, STATE_WORDS, VERDICT_WORDS } from "../core/words.ts";
import { EXIT, renderTable, Stop, wantsColour } from "./terminal.ts";
import { boxVerb, type Cli } from "./verb.ts";

const at = encodeURIComponent;

/** Options that decide what a run's stages do. */
export const PLAN_ARGS = {
  host: { type: "positional" as const, required: true as const, description: "Name, MAC or id of the host" },
  profile: {
    ...{ type: "enum" as const, options: [...PROFILES], default: "standard" as const },
    description: "How much is done",
  },
  destructive: { type: "boolean" as const, description: "Let stages WRITE TO THE DISKS of this server" },
  stages: {
    ...{ type: "string" as const, valueHint: "SMART,Memory" },
    description: `Only these, besides Inventory: ${STAGE_STATES.slice(1).join(", ")}`,
  },
};

/** `SMART,memory` to stages, as their names are written. */
export const parseStages = (words: string | undefined): readonly StageState[] | undefined =>
  words?.split(",").map((word) => {
    const stage = STAGE_STATES.find((state) => state.toLowerCase() === word.trim().toLowerCase());
    if (stage === undefined)
      throw new Stop(EXIT.usage, `There is no stage “${word.trim()}”; there are ${STAGE_STATES.join(", ")}.`);
    return stage;
  });

const quoted = (word: string): string => (/^[A-Za-z0-9_./:=,@%+<>-]+$/.test(word) ? word : JSON.stringify(word));

const renderPlan = (plan: PlanView, colour: boolean): string => {
  const { disks, stages, from } = plan;
  const rows = stages.map(({ title, expectedMs, limitMs, steps }) => [
    ...[title, renderDuration(expectedMs), renderDuration(limitMs), steps.length],
  ]);
  const written = disks.map(({ serial, sizeBytes, model, mayWrite, whyNot }) => [
    ...[serial, renderDisk(sizeBytes), model ?? null],
    mayWrite ? ({ text: "WILL BE WIPED", tone: "bad" } as const) : `read only: ${whyNot ?? ""}`,
  ]);
  const steps = stages.flatMap(({ title, steps }) => [
    `\n${plainText(title)}\n`,
    ...steps.map(({ what, argv }) => {
      const command = argv === undefined ? "" : `    ${plainText(argv.map(quoted).join(" "))}\n`;
      return `  ${plainText(what)}\n${command}`;
    }),
  ]);
  const basis =
    from === null ? "the host was never looked at: by its spec alone" : `by the inventory of run ${from.runId}`;
  return [
    `${plainText(plan.hostName)}, ${plan.profile}${plan.destructive ? ", DESTRUCTIVE" : ""}: about ${renderDuration(plan.expectedMs)}, ${basis}\n\n`,
    renderTable(["STAGE", "EXPECTED", "LIMIT", "STEPS"], rows, colour),
    written.length === 0 ? "\nNo disk is touched: the spec expects none that is there.\n" : "\n",
    written.length === 0 ? "" : renderTable(["DISK", "SIZE", "MODEL", "WHAT HAPPENS TO IT"], written, colour),
    ...steps,
  ].join("");
};

const planVerb = (cli: Cli) =>
  boxVerb(
    cli,
    "plan",
    "What a run would do: commands, disks by serial, and time. Nothing is switched on",
    PLAN_ARGS,
    async ({ host, profile, destructive, stages }, { box, json, one }) => {
      const only = parseStages(stages);
      const query = new URLSearchParams({ profile, destructive: String(destructive === true) });
      if (only !== undefined) query.set("stages", only.join(","));
      const plan = await box.get<PlanView>(`/hosts/${at(host)}/plan?${query}`);
      if (json) one(plan, []);
      else cli.out(renderPlan(plan, wantsColour(cli)));
      return EXIT.ok;
    },
  );

const rejudgeVerb = (cli: Cli) =>
  boxVerb(
    cli,
    "rejudge",
    "Judge an old run under today's limits. The record stays as it is; exit code 1 if anything fails today",
    { run: { type: "positional", required: true, description: "Id of the run, or its unique beginning" } },
    async ({ run }, { box, json, one }) => {
      const stages = await box.get<readonly RejudgedStage[]>(`/runs/${at(run)}/rejudge`);
      if (json) one(stages, []);
      else {
        const colour = wantsColour(cli);
        const rows = stages.map(({ title, status, checks, changes, reason }) => [
          ...[title, STAGE_STATUS_WORDS[status], checks.length, reason ?? `${changes.length} changed`],
        ]);
        const changes = stages.flatMap(({ title, changes }) =>
          changes.map(({ before, now }) => [
            title,
            now?.component ?? before?.component ?? null,
            before === null ? null : VERDICT_WORDS[before.verdict],
            now === null ? null : VERDICT_WORDS[now.verdict],
            now?.message ?? before?.message ?? null,
          ]),
        );
        cli.out(renderTable(["STAGE", "TODAY", "CHECKS", "AGAINST THEN"], rows, colour));
        if (changes.length > 0)
          cli.out(`\n${renderTable(["STAGE", "COMPONENT", "THEN", "TODAY", "BECAUSE"], changes, colour)}`);
      }
      return stages.some(({ status }) => status === "failed" || status === "error") ? EXIT.failed : EXIT.ok;
    },
  );

const overrideVerb = (cli: Cli) =>
  boxVerb(
    cli,
    "override-wipe",
    "Allow the wipe that was refused because of data on the disks: for exactly these disks, once, for ten minutes",
    {
      run: { type: "positional", required: true, description: "Id of the run, or its unique beginning" },
      disks: {
        type: "string",
        required: true,
        valueHint: "SERIAL,SERIAL",
        description: "Serials of ALL disks that hold data. What is on them WILL BE DESTROYED",
      },
    },
    async ({ run, disks }, { box, one }) => {
      const serials = disks.split(",").map((serial) => serial.trim());
      const after = await box.send<RunSummary>("POST", `/runs/${at(run)}/override-wipe`, { serials });
      one(after, [
        ["run", after.id],
        ["host", after.hostName],
        ["state", STATE_WORDS[after.state]],
        ["allowed", serials.join(", ")],
      ]);
      return EXIT.ok;
    },
  );

/** See above. */
export const planVerbs = (cli: Cli) => ({
  plan: planVerb(cli),
  rejudge: rejudgeVerb(cli),
  "override-wipe": overrideVerb(cli),
});
