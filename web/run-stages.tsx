/** The stages of a run with their checks and attempts. What failed stands open; what passed is one tap away. */
import type { Check } from "../agent/wire/check.ts";
import type { Verdict } from "../agent/wire/names.ts";
import { VERDICTS } from "../agent/wire/names.ts";
import type { AttemptView, StageView } from "../appliance/core/views.ts";
import { ATTEMPT_WORDS, renderDuration, STAGE_STATUS_WORDS, VERDICT_WORDS } from "../appliance/core/words.ts";
import { ToneIcon } from "./icons.tsx";
import { Badge } from "./layout.tsx";

/** The order in which a technician wants to read checks. */
const READING_ORDER: Record<Verdict, number> = { FAIL: 0, ERROR: 1, WARN: 2, SKIPPED: 3, PASS: 4 };
/** Answers that a stage must not hide behind a tap. */
const OPEN_ON: ReadonlySet<Verdict> = new Set(["FAIL", "WARN", "ERROR"]);

const CheckItem = ({ check }: { check: Check }) => (
  <li>
    <div class="row">
      <strong class="grow">{check.component}</strong>
      <Badge word={VERDICT_WORDS[check.verdict]} />
    </div>
    <p>{check.message}</p>
    {check.measured === undefined ? null : (
      <p class="dim">
        measured {check.measured}
        {check.limit === undefined ? null : `, limit ${check.limit}`}
        {check.source === undefined ? null : <small> ({check.source})</small>}
      </p>
    )}
    {check.action === undefined ? null : <p class="action">{check.action}</p>}
  </li>
);

const countWords = (checks: readonly Check[]): string =>
  VERDICTS.map((verdict) => [verdict, checks.filter((c) => c.verdict === verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${VERDICT_WORDS[verdict].text.toLowerCase()}`)
    .join(", ");

const CheckList = ({ checks }: { checks: readonly Check[] }) => (
  <ul class="lines">
    {checks
      .toSorted((a, b) => READING_ORDER[a.verdict] - READING_ORDER[b.verdict])
      .map((check) => (
        <CheckItem check={check} />
      ))}
  </ul>
);

/** Around every stage the server is watched; as long as nothing happens, that is one line and not seventeen. */
const isQuiet = ({ code, verdict }: Check): boolean => code.startsWith("watch.") && !OPEN_ON.has(verdict);

const Checks = ({ checks }: { checks: readonly Check[] }) => {
  const [quiet, told] = [checks.filter(isQuiet), checks.filter((check) => !isQuiet(check))];
  return (
    <>
      {told.length === 0 ? null : (
        <details open={told.some((c) => OPEN_ON.has(c.verdict))}>
          <summary>
            {told.length === 1 ? "1 check" : `${told.length} checks`}: {countWords(told)}
          </summary>
          <CheckList checks={told} />
        </details>
      )}
      {quiet.length === 0 ? null : (
        <details>
          <summary>Watched meanwhile: {countWords(quiet)}</summary>
          <CheckList checks={quiet} />
        </details>
      )}
    </>
  );
};

/** A reboot in a stage is a finding, not a detail: it is said even when the next attempt passes. */
const Attempt = ({ attempt }: { attempt: AttemptView }) => {
  const word = ATTEMPT_WORDS[attempt.reason];
  return (
    <li class={word.tone}>
      <ToneIcon tone={word.tone} />
      <span>
        Attempt {attempt.attempt}
        {attempt.reason === "first" ? "" : `: ${word.text}`}
        {attempt.endedMs === null
          ? ""
          : `, ${attempt.outcome ?? "interrupted"} after ${renderDuration(attempt.endedMs - attempt.startedMs)}`}
      </span>
    </li>
  );
};

/** One stage. */
const Stage = ({ stage }: { stage: StageView }) => (
  <li class="stage">
    <div class="row top-row">
      <div class="grow">
        <strong>{stage.title}</strong>
        <small>
          <code>{stage.state}</code>
        </small>
      </div>
      <Badge word={STAGE_STATUS_WORDS[stage.status]} />
    </div>
    {stage.summary === null ? null : <p class="dim">{stage.summary}</p>}
    {stage.attempts.length < 2 ? null : (
      <ul class="attempts">
        {stage.attempts.map((attempt) => (
          <Attempt attempt={attempt} />
        ))}
      </ul>
    )}
    {stage.checks.length === 0 ? null : <Checks checks={stage.checks} />}
  </li>
);

/** All stages in order. */
export const Stages = ({ stages }: { stages: readonly StageView[] }) => (
  <>
    <h2>Stages</h2>
    <ol class="card lines">
      {stages.map((stage) => (
        <Stage stage={stage} />
      ))}
    </ol>
  </>
);
