/** The top of a run: how it stands, since when, why it failed, and the bar of decisions at the foot of the screen. */
import { adviceOf, LOSS_WORDS } from "../appliance/core/power-words.ts";
import { TERMINAL } from "../appliance/core/states.ts";
import type { RunSummary, RunView } from "../appliance/core/views.ts";
import {
  RUN_VERDICT_WORDS,
  renderDuration,
  renderUtc,
  renderWait,
  STATE_WORDS,
  type Word,
} from "../appliance/core/words.ts";
import { DECISION_TABLE, decisionsIn } from "./decisions.ts";
import { ToneIcon } from "./icons.tsx";
import { Notice } from "./layout.tsx";

/** What a run's tile says: the state while it goes on, the verdict when it is over. */
export const wordOf = (run: RunSummary): Word =>
  TERMINAL.has(run.state) ? RUN_VERDICT_WORDS[run.verdict] : STATE_WORDS[run.state];

/** The state's name, how long it has lasted and of how long, and when the server was last heard of. */
export const RunFacts = ({ run, now }: { run: RunSummary; now: number }) => {
  const facts = [
    renderWait(run, now),
    run.endedMs === null && run.lastSeenMs !== null ? `heard ${renderDuration(now - run.lastSeenMs)} ago` : null,
    run.endedMs === null ? null : `ended ${renderUtc(run.endedMs)}`,
  ].filter((fact) => fact !== null);
  return (
    <small class="facts">
      <code>{run.state}</code>
      {facts.map((fact) => (
        <span>{fact}</span>
      ))}
    </small>
  );
};

/** How far a stage is, when its agent said so. */
export const Progress = ({ run }: { run: RunSummary }) =>
  run.progress === null || run.endedMs !== null ? null : (
    <progress max={100} value={Math.round(run.progress * 100)} aria-label="progress of the stage">
      {Math.round(run.progress * 100)} %
    </progress>
  );

const RunTerms = ({ run }: { run: RunView }) => (
  <p class="dim facts terms">
    <span>{run.profile}</span>
    <span>{run.destructive ? "disks may be erased" : "disks read only"}</span>
    <span>{run.address ?? run.mac}</span>
    <span>began {renderUtc(run.createdMs)}</span>
    {run.repaired === null ? null : <span>repaired before: {run.repaired}</span>}
  </p>
);

/** The headline of a run, and under which terms it runs. */
export const RunHead = ({ run, now }: { run: RunView; now: number }) => {
  const word = wordOf(run);
  return (
    <>
      <div class={`hero ${word.tone}`}>
        <div class="mark">
          <ToneIcon tone={word.tone} />
        </div>
        <div class="grow">
          <p class="words">{word.text}</p>
          <RunFacts run={run} now={now} />
          {run.note === null || run.endedMs !== null ? null : <p class="note">{run.note}</p>}
          <Progress run={run} />
          {run.restMs === null ? null : <p class="note">about {renderDuration(run.restMs)} left</p>}
        </div>
      </div>
      <RunTerms run={run} />
    </>
  );
};

/** Why the run failed and what to do first. */
export const RunFailure = ({ run }: { run: RunView }) =>
  run.failure === null ? null : (
    <Notice tone="bad">
      <p>
        <strong>{run.failure.message}</strong>
      </p>
      {run.failure.diagnosis === undefined ? null : (
        <>
          <p>{run.failure.diagnosis.cause}</p>
          <ul>
            {run.failure.diagnosis.evidence.map((line) => (
              <li>{line}</li>
            ))}
          </ul>
        </>
      )}
      <p>{adviceOf(run.failure)}</p>
      <small class="facts">
        <code>{run.failure.code}</code>
        {run.failure.diagnosis === undefined ? null : <span>{LOSS_WORDS[run.failure.diagnosis.kind].text}</span>}
        <span>in {run.failure.state}</span>
      </small>
    </Notice>
  );

/** The decisions that are open now; each leads to a page that asks once more. */
export const DecisionBar = ({ run }: { run: RunView }) => (
  <nav class="bar" aria-label="Decide">
    {run.refusedDisks.length === 0 ? null : (
      <a class="button danger" href={`/runs/${encodeURIComponent(run.id)}/wipe`}>
        Allow wipe
      </a>
    )}
    {decisionsIn(run.state).map((name) => (
      <a class={`button ${DECISION_TABLE[name].look}`} href={`/runs/${encodeURIComponent(run.id)}/${name}`}>
        {DECISION_TABLE[name].label}
      </a>
    ))}
  </nav>
);
