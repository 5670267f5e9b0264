/** A run's page and its parts. */
import type { StageState } from "../agent/wire/names.ts";
import { isStage } from "../appliance/core/states.ts";
import type { LogView, RunView } from "../appliance/core/views.ts";
import { Boot } from "./boot-timeline.tsx";
import { decisionsIn } from "./decisions.ts";
import { Page } from "./layout.tsx";
import { type Part, Parts } from "./parts.tsx";
import { Changes } from "./run-changes.tsx";
import { Differences, Files, Measurements } from "./run-found.tsx";
import { Hardware } from "./run-hardware.tsx";
import { DecisionBar, RunFailure, RunHead } from "./run-head.tsx";
import { Hold } from "./run-hold.tsx";
import { LiveLog, StageFilter } from "./run-logs.tsx";
import { PowerActs } from "./run-power.tsx";
import { Stages } from "./run-stages.tsx";

/** A run with what its page shows besides. */
export interface RunPageData {
  readonly run: RunView;
  readonly hasReport: boolean;
  readonly now: number;
}

/** The parts above the log, in their order. */
const upperParts = ({ run, hasReport, now }: RunPageData): readonly Part[] => [
  { id: "head", content: <RunHead run={run} now={now} /> },
  { id: "failure", content: run.failure === null ? null : <RunFailure run={run} /> },
  { id: "differences", content: run.differences.length === 0 ? null : <Differences differences={run.differences} /> },
  { id: "changes", content: run.changes === null ? null : <Changes run={run} changes={run.changes} /> },
  { id: "hold", content: run.hold === null ? null : <Hold run={run} hold={run.hold} /> },
  { id: "boot", content: <Boot timeline={run.timeline} /> },
  { id: "power", content: run.power.length === 0 ? null : <PowerActs acts={run.power} /> },
  { id: "stages", content: <Stages stages={run.stages} /> },
  { id: "files", content: <Files run={run} hasReport={hasReport} /> },
];

/** The parts below the log. */
const lowerParts = ({ run }: RunPageData): readonly Part[] => [
  { id: "hardware", content: run.inventory === null ? null : <Hardware inventory={run.inventory} /> },
  { id: "measurements", content: run.series.length === 0 ? null : <Measurements series={run.series} /> },
  {
    id: "decide",
    class: "foot",
    content: decisionsIn(run.state).length === 0 ? null : <DecisionBar run={run} />,
  },
];

/** All parts of the page that change by themselves; the log has its own way. */
export const runParts = (data: RunPageData): readonly Part[] => [...upperParts(data), ...lowerParts(data)];

/** A run's page. */
export const RunPage = ({
  data,
  lines,
  stage,
}: {
  data: RunPageData;
  lines: readonly LogView[];
  stage: StageState | null;
}) => {
  const { run } = data;
  const path = `/runs/${encodeURIComponent(run.id)}`;
  const stages = run.stages.map((s) => s.state).filter(isStage);
  return (
    <Page
      title={run.hostName}
      back={{ href: `/hosts/${encodeURIComponent(run.hostId)}`, label: "Host" }}
      live={{ partsPath: `${path}/parts`, runId: run.id, hostId: run.hostId }}
    >
      <Parts parts={upperParts(data)} />
      <section id="log">
        <h2>Log</h2>
        <div class="card">
          <StageFilter path={path} stages={stages} chosen={stage} />
          <LiveLog runPath={path} lines={lines} stage={stage} />
          <p>
            <a class="target" href={`${path}/logs`}>
              All lines
            </a>
          </p>
        </div>
      </section>
      <Parts parts={lowerParts(data)} />
    </Page>
  );
};
