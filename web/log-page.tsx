/** The whole log of a run, page by page, for reading without scripts and for searching. */
import type { StageState } from "../agent/wire/names.ts";
import { isStage } from "../appliance/core/states.ts";
import type { LogView, RunView } from "../appliance/core/views.ts";
import { Page } from "./layout.tsx";
import { LOG_LINES, LogLines, StageFilter } from "./run-logs.tsx";

/** A page of the log: the lines after one, or the newest. */
export const LogPage = ({
  run,
  lines,
  stage,
  afterId,
}: {
  run: RunView;
  lines: readonly LogView[];
  stage: StageState | null;
  afterId: number;
}) => {
  const path = `/runs/${encodeURIComponent(run.id)}`;
  const link = (after: number) => `${path}/logs?${stage === null ? "" : `stage=${stage}&`}after=${after}`;
  const newest = `${path}/logs${stage === null ? "" : `?stage=${stage}`}`;
  const last = lines.at(-1);
  return (
    <Page title={`Log of ${run.hostName}`} back={{ href: path, label: "Run" }}>
      <StageFilter path={`${path}/logs`} stages={run.stages.map((s) => s.state).filter(isStage)} chosen={stage} />
      <div class="card log whole">
        <ol>
          <LogLines lines={lines} />
        </ol>
        {lines.length === 0 ? <p class="dim">No lines here.</p> : null}
      </div>
      <nav class="chips" aria-label="Pages of the log">
        <a href={link(0)}>From the start</a>
        {last === undefined || lines.length < LOG_LINES || afterId < 0 ? null : (
          <a href={link(last.id)}>Next {LOG_LINES}</a>
        )}
        <a href={newest}>Newest</a>
      </nav>
    </Page>
  );
};
