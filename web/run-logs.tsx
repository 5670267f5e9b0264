/** Log lines, on a run's page as they come and on a page of their own. */
import { STAGE_STATES, type StageState } from "../agent/wire/names.ts";
import type { LogView } from "../appliance/core/views.ts";

/** Lines that are shown at once; a phone stays quick with as many. */
export const LOG_LINES = 500;

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** Lines as list items. A gap stands where lines were lost. */
export const LogLines = ({ lines }: { lines: readonly LogView[] }) => (
  <>
    {lines.map((line) => (
      <>
        {line.lostBefore > 0 ? <li class="gap">{line.lostBefore} lines were lost here</li> : null}
        <li class={line.level} data-id={line.id}>
          <time>{clock(line.atMs)}</time> <b>{line.level}</b> {line.text}
        </li>
      </>
    ))}
  </>
);

/** The stages that logs can be filtered by, as links. */
export const StageFilter = ({
  path,
  stages,
  chosen,
}: {
  path: string;
  stages: readonly StageState[];
  chosen: StageState | null;
}) => (
  <nav class="chips" aria-label="Stage of the lines">
    <a href={path} aria-current={chosen === null ? "true" : undefined}>
      All
    </a>
    {stages.map((stage) => (
      <a href={`${path}?stage=${stage}`} aria-current={chosen === stage ? "true" : undefined}>
        {stage}
      </a>
    ))}
  </nav>
);

/** The lines as they come: the newest at the bottom, standing still while a person reads further up. */
export const LiveLog = ({
  runPath,
  lines,
  stage,
}: {
  runPath: string;
  lines: readonly LogView[];
  stage: StageState | null;
}) => (
  <>
    <div id="log-box" class="log" tabindex={0} role="log" aria-live="off" aria-label="Log">
      <ol id="log-lines" data-lines-path={`${runPath}/lines`} data-stage={stage ?? ""} data-keep={LOG_LINES}>
        <LogLines lines={lines} />
      </ol>
    </div>
    <button type="button" id="log-resume" class="plain" hidden>
      Paused. Go to the newest line
    </button>
  </>
);

/** A stage's name from a query, if it is one. */
export const stageFrom = (text: string | undefined): StageState | null => STAGE_STATES.find((s) => s === text) ?? null;
