/**
 * The report for people: one file without script, font, picture or link to anything, good on a screen and on A4. The verdict stands first, then what
 * failed and what to do. The same run gives the same bytes: times are those of the run, in UTC, and nothing says when it was rendered.
 */
import { raw } from "hono/html";
import { plainView } from "../../agent/wire/plain.ts";
import type { BoxView, RunView } from "../core/views.ts";
import { ChangeTables } from "./report-html-changes.tsx";
import { ArtifactTable, BootTable, History, MeasurementTable, Phases, PowerTable } from "./report-html-course.tsx";
import { DifferenceTable, Headline, StageTables, Todos } from "./report-html-findings.tsx";
import { Hardware } from "./report-html-hardware.tsx";
import { Facts, Part } from "./report-html-parts.tsx";
import { REPORT_POLICY, REPORT_STYLE } from "./report-html-style.ts";

const Origin = ({ run, box }: { run: RunView; box: BoxView }) => (
  <Part title="Made by">
    <Facts
      rows={[
        ["Box", `${box.name}, version ${box.version}`],
        ["Live image", run.imageId === null ? "none" : <code>{run.imageId}</code>],
        ["Server's address", run.address ?? undefined],
      ]}
    />
  </Part>
);

const ReportPage = ({ run, box }: { run: RunView; box: BoxView }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta http-equiv="Content-Security-Policy" content={REPORT_POLICY} />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>
        {run.hostName}: {run.verdict} ({run.id})
      </title>
      <style>{raw(REPORT_STYLE)}</style>
    </head>
    <body>
      <Headline run={run} />
      <Todos run={run} />
      {run.inventory === null ? null : <Hardware inventory={run.inventory} />}
      <DifferenceTable run={run} />
      {run.changes === null ? null : <ChangeTables run={run} changes={run.changes} />}
      <StageTables run={run} />
      <Phases run={run} />
      <MeasurementTable run={run} />
      <BootTable run={run} />
      <PowerTable run={run} />
      <History run={run} />
      <ArtifactTable run={run} />
      <Origin run={run} box={box} />
      <footer>All times are UTC, by the clock of the box.</footer>
    </body>
  </html>
);

/** Renders the report of a run. Every text of the server in it is escaped and free of control characters. */
export const renderReportHtml = (run: RunView, box: BoxView): string =>
  `<!doctype html>${String(<ReportPage run={plainView(run)} box={plainView(box)} />)}\n`;
