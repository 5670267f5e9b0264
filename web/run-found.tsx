/** What a run found: differences from the spec, measurements, files. */
import type { ArtifactView, Difference, RunView, SeriesView } from "../appliance/core/views.ts";
import { renderMemory, SEVERITY_WORDS } from "../appliance/core/words.ts";
import { OnwardIcon } from "./icons.tsx";
import { Badge, Card } from "./layout.tsx";

/** What was expected against what was found. */
export const Differences = ({ differences }: { differences: readonly Difference[] }) => (
  <>
    <h2>Differences from the spec</h2>
    <ul class="card lines">
      {differences.map((d) => (
        <li>
          <div class="row">
            <strong class="grow">{d.component}</strong>
            <Badge word={SEVERITY_WORDS[d.severity]} />
          </div>
          <p>{d.message}</p>
          <dl class="pair">
            <div>
              <dt>Expected</dt>
              <dd>{d.expected}</dd>
            </div>
            <div>
              <dt>Found</dt>
              <dd>{d.found}</dd>
            </div>
          </dl>
        </li>
      ))}
    </ul>
  </>
);

const UNIT_SUFFIXES: readonly (readonly [RegExp, string])[] = [
  [/tempC$/, "°C"],
  [/powerW$/, "W"],
  [/Volts$|voltageV$/, "V"],
  [/rpm$/i, "rpm"],
  [/percent$/i, "%"],
];

const figure = (value: number): string => Number(value.toFixed(1)).toString();

/** Least, mean and most of what was measured. A series' name ends in its unit. */
export const Measurements = ({ series }: { series: readonly SeriesView[] }) => (
  <Card title="Measurements">
    <table>
      <thead>
        <tr>
          <th scope="col">Series</th>
          <th scope="col">min</th>
          <th scope="col">mean</th>
          <th scope="col">max</th>
        </tr>
      </thead>
      <tbody>
        {series.map((s) => (
          <tr>
            <th scope="row">
              {s.series.split("/").map((part, i) => (
                <>
                  {i === 0 ? "" : "/"}
                  {i === 0 ? null : <wbr />}
                  {part}
                </>
              ))}{" "}
              <span class="dim">{UNIT_SUFFIXES.find(([end]) => end.test(s.series))?.[1] ?? ""}</span>
            </th>
            <td>{figure(s.min)}</td>
            <td>{figure(s.mean)}</td>
            <td>{figure(s.max)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Card>
);

const Artifact = ({ runId, artifact }: { runId: string; artifact: ArtifactView }) => (
  <li>
    <a class="row" href={`/runs/${encodeURIComponent(runId)}/artifacts/${encodeURIComponent(artifact.id)}`} download>
      <span class="grow">
        {artifact.name}
        <small class="dim">
          {artifact.stage}
          {artifact.attempt > 1 ? `, attempt ${artifact.attempt}` : ""}, {renderMemory(artifact.sizeBytes)}
        </small>
      </span>
      <OnwardIcon />
    </a>
  </li>
);

/** The report and the raw files. */
export const Files = ({ run, hasReport }: { run: RunView; hasReport: boolean }) => (
  <>
    <h2>Report and files</h2>
    <ul class="card lines links">
      {hasReport ? (
        <>
          <li>
            <a class="row" href={`/runs/${encodeURIComponent(run.id)}/report`}>
              <span class="grow">
                Report<small class="dim">one page, for print and e-mail</small>
              </span>
              <OnwardIcon />
            </a>
          </li>
          <li>
            <a class="row" href={`/runs/${encodeURIComponent(run.id)}/report.json`} download={`report-${run.id}.json`}>
              <span class="grow">
                Report as JSON<small class="dim">for programs</small>
              </span>
              <OnwardIcon />
            </a>
          </li>
        </>
      ) : null}
      {run.artifacts.map((artifact) => (
        <Artifact runId={run.id} artifact={artifact} />
      ))}
      {!hasReport && run.artifacts.length === 0 ? <li class="dim none">None yet.</li> : null}
    </ul>
  </>
);
