/** The parts of a report that judge: the verdict, what to do, differences, stages with their checks. */
import type { Check } from "../../agent/wire/check.ts";
import { adviceOf } from "../core/power-words.ts";
import type { Failure } from "../core/run.ts";
import type { RunVerdict, RunView, StageView } from "../core/views.ts";
import {
  ATTEMPT_WORDS,
  RUN_VERDICT_WORDS,
  renderDuration,
  renderUtc,
  SEVERITY_WORDS,
  STAGE_STATUS_WORDS,
  type Tone,
  VERDICT_WORDS,
} from "../core/words.ts";
import { Part, Sign, Table, Toned } from "./report-html-parts.tsx";

/** One word for the head of the page. A held server has failed, whatever is decided about it. */
const HEADLINES: Record<RunVerdict, string> = {
  running: "RUNNING",
  pass: "PASSED",
  warn: "PASSED, WITH WARNINGS",
  held: "FAILED",
  fail: "FAILED",
  cancelled: "CANCELLED",
};

/** The verdict before everything else. */
export const Headline = ({ run }: { run: RunView }) => (
  <header class={RUN_VERDICT_WORDS[run.verdict].tone}>
    <Sign tone={RUN_VERDICT_WORDS[run.verdict].tone} />
    <div>
      <h1>{HEADLINES[run.verdict]}</h1>
      <p class="who">
        {run.hostName} <code>{run.mac}</code>
      </p>
      <p class="dim">
        Run <code>{run.id}</code>, {run.profile}, {run.destructive ? "disks may be erased" : "disks read only"}. Began{" "}
        {renderUtc(run.createdMs)}, <code>{run.state}</code> since {renderUtc(run.enteredMs)}.
      </p>
      {run.repaired === null ? null : <p>Repaired before this run: “{run.repaired}”</p>}
    </div>
  </header>
);

const LOOK_AGAIN = "Look whether the repair was done, in this place and on this server.";

interface Todo {
  readonly tone: Tone;
  readonly what: string;
  readonly action: string | null;
}

const todoOfCheck = (check: Check): Todo => ({
  tone: VERDICT_WORDS[check.verdict].tone,
  what: `${check.component}: ${check.message}`,
  action: check.action ?? null,
});

const restarts = (stage: StageView): readonly Todo[] =>
  stage.attempts
    .filter((a) => a.reason === "reboot" || a.reason === "agent-restart")
    .map((a) => ({
      tone: ATTEMPT_WORDS[a.reason].tone,
      what: `${ATTEMPT_WORDS[a.reason].text} during ${stage.title} (attempt ${a.attempt}, ${renderUtc(a.startedMs)}).`,
      action: a.reason === "reboot" ? "Suspect power, memory or heat; see the server's event log." : null,
    }));

/** Everything that a technician has to know or do, worst first. */
const todosOf = (run: RunView): readonly Todo[] => {
  const todos: Todo[] = [
    ...run.differences
      .filter((d) => d.severity !== "info")
      .map((d) => ({
        tone: SEVERITY_WORDS[d.severity].tone,
        what: d.message,
        action: `Expected: ${d.expected}. Found: ${d.found}.`,
      })),
    ...(run.changes?.warnings ?? []).map((what): Todo => ({ tone: "warn", what, action: LOOK_AGAIN })),
    ...run.stages.flatMap((s) =>
      s.checks
        .filter((c) => VERDICT_WORDS[c.verdict].tone === "bad" || VERDICT_WORDS[c.verdict].tone === "warn")
        .map(todoOfCheck),
    ),
    ...run.stages.flatMap(restarts),
  ];
  const { diagnosis } = run.timeline;
  if (diagnosis !== null) todos.unshift({ tone: "warn", what: diagnosis.cause, action: diagnosis.remedy });
  if (run.failure !== null)
    todos.unshift({ tone: "bad", what: sayFailure(run.failure), action: adviceOf(run.failure) });
  return todos.toSorted((a, b) => Number(b.tone === "bad") - Number(a.tone === "bad"));
};

/** The failure; what became of its host, and on what grounds, where that was looked at. */
const sayFailure = ({ message, diagnosis }: Failure): string =>
  diagnosis === undefined ? message : `${message} ${diagnosis.cause} (${diagnosis.evidence.join("; ")})`;

/** What failed and what to do about it. */
export const Todos = ({ run }: { run: RunView }) => {
  const todos = todosOf(run);
  return (
    <Part title="What to do">
      {todos.length === 0 ? (
        <p>{run.verdict === "running" ? "Nothing so far." : "Nothing: no check failed or warned."}</p>
      ) : null}
      <ul class="todo">
        {todos.map((todo) => (
          <li class={todo.tone}>
            <Sign tone={todo.tone} />
            <div>
              <p>
                <strong>{todo.what}</strong>
              </p>
              {todo.action === null ? null : <p>{todo.action}</p>}
            </div>
          </li>
        ))}
      </ul>
    </Part>
  );
};

/** What differs from the expected spec. */
export const DifferenceTable = ({ run }: { run: RunView }) => (
  <Part title="Differences from the spec">
    {run.differences.length === 0 ? (
      <p>None.</p>
    ) : (
      <Table
        stacked
        columns={[
          { title: "" },
          { title: "Component" },
          { title: "Expected" },
          { title: "Found" },
          { title: "What it means" },
        ]}
        rows={run.differences.map((d) => [
          <Toned word={SEVERITY_WORDS[d.severity]} />,
          d.component,
          d.expected,
          d.found,
          <>
            {d.message} <code class="dim">{d.code}</code>
          </>,
        ])}
      />
    )}
  </Part>
);

const AttemptLine = ({ stage }: { stage: StageView }) => (
  <>
    {stage.attempts.map((a) => (
      <p class="dim">
        Attempt {a.attempt}: {ATTEMPT_WORDS[a.reason].text.toLowerCase()}, began {renderUtc(a.startedMs)}
        {a.endedMs === null
          ? ", not ended"
          : `, ${a.outcome ?? "interrupted"} after ${renderDuration(a.endedMs - a.startedMs)}`}
      </p>
    ))}
  </>
);

/** Every stage with its attempts and all its checks. */
export const StageTables = ({ run }: { run: RunView }) => (
  <Part title="Stages">
    {run.stages.map((stage) => (
      <>
        <h3>
          {stage.title} <code>{stage.state}</code> <Toned word={STAGE_STATUS_WORDS[stage.status]} />
        </h3>
        {stage.summary === null ? null : <p>{stage.summary}</p>}
        <AttemptLine stage={stage} />
        {stage.checks.length === 0 ? null : (
          <Table
            stacked
            columns={[
              { title: "" },
              { title: "Component" },
              { title: "Finding" },
              { title: "Measured", class: "opt" },
              { title: "Limit", class: "opt" },
            ]}
            rows={stage.checks.map((c) => [
              <Toned word={VERDICT_WORDS[c.verdict]} />,
              c.component,
              <>
                {c.message} <code class="dim">{c.code}</code>
              </>,
              c.measured,
              c.limit,
            ])}
          />
        )}
      </>
    ))}
  </Part>
);
