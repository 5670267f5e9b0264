/** `vetbox runs`: see them, start them, decide about them. */
import { STAGE_STATES } from "../../agent/wire/names.ts";
import { plainText } from "../../agent/wire/plain.ts";
import { LOSS_WORDS } from "../core/power-words.ts";
import type { Failure } from "../core/run.ts";
import type { LogView, RunSummary, RunView } from "../core/views.ts";
import {
  CHANGE_WORDS,
  PART_WORDS,
  RUN_VERDICT_WORDS,
  renderDuration,
  SEVERITY_WORDS,
  STAGE_STATUS_WORDS,
  STATE_WORDS,
  VERDICT_WORDS,
} from "../core/words.ts";
import { writeNew } from "./new-file.ts";
import { PLAN_ARGS, parseStages, planVerbs } from "./run-plan.ts";
import { type Cell, EXIT, type ExitCode, renderFile, renderTable, wantsColour } from "./terminal.ts";
import { boxVerb, type Cli, group } from "./verb.ts";
import { exitOf, watchRun } from "./watch.ts";

const RUN = { type: "positional", required: true, description: "Id of the run, or its unique beginning" } as const;
const at = encodeURIComponent;

const time = (ms: number): string => new Date(ms).toISOString().replace("T", " ").slice(0, 19);

const lossFields = ({ diagnosis }: Failure): readonly (readonly [string, Cell])[] =>
  diagnosis === undefined
    ? []
    : [
        ["host is", LOSS_WORDS[diagnosis.kind]],
        ["probably", diagnosis.cause],
        ["grounds", diagnosis.evidence.join("; ")],
        ["to do", diagnosis.remedy],
      ];

const fields = (run: RunSummary): readonly (readonly [string, Cell])[] => [
  ["run", run.id],
  ["host", `${run.hostName} (${run.mac})`],
  ["state", STATE_WORDS[run.state]],
  ["result", RUN_VERDICT_WORDS[run.verdict]],
  ["profile", `${run.profile}${run.destructive ? ", may write to disks" : ""}`],
  ...(run.repaired === null ? [] : [["repaired", run.repaired] as const]),
  ["started", `${time(run.createdMs)} UTC`],
  ...(run.endedMs === null ? [] : [["ended", `${time(run.endedMs)} UTC`] as const]),
  ...(run.failure === null
    ? []
    : ([
        ["failed in", `${run.failure.state} (${run.failure.code})`],
        ["because", run.failure.message],
        ...lossFields(run.failure),
      ] as const)),
  ...(run.note === null ? [] : [["doing", run.note] as const]),
];

/** A run's stages, failed checks, differences and hold, below its fields. */
const renderDetails = (run: RunView, colour: boolean): string => {
  const stages = run.stages.map((s) => [s.title, STAGE_STATUS_WORDS[s.status], s.attempts.length, s.summary]);
  const checks = run.stages
    .flatMap((s) => s.checks)
    .filter((check) => check.verdict !== "PASS")
    .map((check) => [VERDICT_WORDS[check.verdict], check.component, check.message, check.action ?? null]);
  const differences = run.differences.map((d) => [SEVERITY_WORDS[d.severity], d.component, d.expected, d.found]);
  const changes = [
    ...(run.changes?.unexpected ?? []).map((one) => [one, run.repaired === null ? null : "no"] as const),
    ...(run.changes?.expected ?? []).map((one) => [one, "yes"] as const),
  ].map(([{ part, kind, where, what, before, after }, announced]) => [
    ...[CHANGE_WORDS[kind], PART_WORDS[part], what === null ? where : `${where}, ${what}`, before, after, announced],
  ]);
  const parts = [
    stages.length === 0 ? "" : renderTable(["STAGE", "RESULT", "ATTEMPTS", "SUMMARY"], stages, colour),
    checks.length === 0 ? "" : renderTable(["CHECK", "COMPONENT", "FOUND", "TO DO"], checks, colour),
    differences.length === 0 ? "" : renderTable(["SPEC", "COMPONENT", "EXPECTED", "FOUND"], differences, colour),
    changes.length === 0 ? "" : renderTable(["CHANGE", "PART", "WHERE", "BEFORE", "NOW", "ANNOUNCED"], changes, colour),
    (run.changes?.warnings ?? []).map((warning) => `${plainText(warning)}\n`).join(""),
    run.hold === null
      ? ""
      : `Held: ssh ${plainText(run.hold.login ?? "(address unknown)")} with \`vetbox runs key ${plainText(run.id)}\`\n`,
  ];
  return parts
    .filter((part) => part !== "")
    .map((part) => `\n${part}`)
    .join("");
};

const decision = (cli: Cli, name: "cancel" | "release" | "retry", description: string) =>
  boxVerb(cli, name, description, { run: RUN }, async ({ run }, { box, one }) => {
    const after = await box.send<RunSummary>("POST", `/runs/${at(run)}/${name}`);
    one(after, fields(after));
    return EXIT.ok;
  });

const readVerbs = (cli: Cli) => ({
  list: boxVerb(
    cli,
    "list",
    "The latest runs",
    { limit: { type: "string", default: "50", description: "How many" } },
    async ({ limit }, { box, list }) => {
      const runs = await box.get<readonly RunSummary[]>(`/runs?limit=${at(limit)}`);
      const rows = runs.map((run) => [
        run.id,
        run.hostName,
        STATE_WORDS[run.state],
        RUN_VERDICT_WORDS[run.verdict],
        run.profile,
        time(run.createdMs),
        renderDuration((run.endedMs ?? cli.nowMs()) - run.createdMs),
      ]);
      list(runs, ["RUN", "HOST", "STATE", "RESULT", "PROFILE", "STARTED (UTC)", "TOOK"], rows);
      return EXIT.ok;
    },
  ),
  show: boxVerb(cli, "show", "One run with everything", { run: RUN }, async ({ run }, { box, one, json }) => {
    const found = await box.get<RunView>(`/runs/${at(run)}`);
    one(found, fields(found));
    if (!json) cli.out(renderDetails(found, wantsColour(cli)));
    return EXIT.ok;
  }),
  logs: boxVerb(
    cli,
    "logs",
    "The last log lines",
    {
      run: RUN,
      stage: { type: "enum", options: [...STAGE_STATES], description: "Of one stage only" },
      limit: { type: "string", default: "500", description: "How many" },
    },
    async ({ run, stage, limit }, { box, json, list }) => {
      const query = new URLSearchParams({ limit, ...(stage === undefined ? {} : { stage }) });
      const lines = await box.get<readonly LogView[]>(`/runs/${at(run)}/logs?${query}`);
      if (json) list(lines, [], []);
      for (const line of json ? [] : lines) {
        if (line.lostBefore > 0) cli.out(`… ${line.lostBefore} lines were lost here …\n`);
        cli.out(`${time(line.atMs)} ${line.level.padEnd(5)} ${line.stage ?? "-"} ${plainText(line.text)}\n`);
      }
      return EXIT.ok;
    },
  ),
  report: boxVerb(
    cli,
    "report",
    "The run's report",
    {
      run: RUN,
      form: { type: "enum", options: ["html", "json"], default: "json", description: "Which one" },
      output: { type: "string", valueHint: "file", description: "Write it there instead of to standard output" },
    },
    async ({ run, form, output }, { box }) => {
      const ask = () => box.text(`/runs/${at(run)}/report.${form}`);
      if (output === undefined) cli.out(renderFile(await ask(), cli));
      else await writeNew(output, ask);
      return EXIT.ok;
    },
  ),
});

const actVerbs = (cli: Cli) => ({
  start: boxVerb(
    cli,
    "start",
    "Start a run of a host",
    {
      ...PLAN_ARGS,
      repaired: {
        type: "string",
        valueHint: "note",
        description: "What was repaired before: “DIMM B2 replaced”. The report tells the expected changes by it",
      },
      wait: { type: "boolean", description: "Watch until it is over or held; the exit code is its result" },
    },
    async ({ host, profile, destructive, stages, repaired, wait }, { box, one, json }): Promise<ExitCode> => {
      const only = parseStages(stages);
      const body = {
        ...{ profile, destructive: destructive === true, repaired: repaired ?? null },
        ...(only === undefined ? {} : { stages: only }),
      };
      const run = await box.send<RunSummary>("POST", `/hosts/${at(host)}/runs`, body);
      if (wait !== true) {
        one(run, fields(run));
        return EXIT.ok;
      }
      const last = await watchRun(cli, box, run.id);
      if (json) one(last, []);
      return exitOf(last);
    },
  ),
  watch: boxVerb(
    cli,
    "watch",
    "Follow a run until it is over or held",
    { run: RUN },
    async ({ run }, { box, one, json }) => {
      const last = await watchRun(cli, box, run);
      if (json) one(last, []);
      return exitOf(last);
    },
  ),
  cancel: decision(cli, "cancel", "End a run"),
  release: decision(cli, "release", "Let a held server go"),
  retry: decision(cli, "retry", "Run the failed stage again"),
  key: boxVerb(
    cli,
    "key",
    "The key of a held server. It is shown ONCE",
    { run: RUN, output: { type: "string", valueHint: "file", description: "Write it there, readable by you alone" } },
    async ({ run, output }, { box, json, one }) => {
      const ask = () => box.send<{ privateKey: string; login: string | null }>("POST", `/runs/${at(run)}/hold-key`);
      if (output === undefined) {
        const key = await ask();
        if (json) one(key, []);
        else cli.out(key.privateKey);
        return EXIT.ok;
      }
      await writeNew(output, async () => {
        const key = await ask();
        cli.err(`ssh -i ${output} ${plainText(key.login ?? "root@ADDRESS")}\n`);
        return key.privateKey;
      });
      return EXIT.ok;
    },
  ),
});

/** `vetbox runs …` */
export const runCommands = (cli: Cli) =>
  group("vetbox runs", "Runs: see, start, decide", { ...readVerbs(cli), ...planVerbs(cli), ...actVerbs(cli) });
