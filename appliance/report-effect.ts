/** The report's files: rendered from the record, as often as the record's end changes. */
import { join } from "node:path";
import { saveFile } from "../agent/system/durable.ts";
import { Fault } from "../agent/system/fault.ts";
import type { ReadModel } from "./core/ports.ts";
import { renderReportHtml } from "./followers/report-html.tsx";
import { renderReportJson } from "./followers/report-json.ts";
import { saveReport } from "./store/files.ts";
import type { Store } from "./store/open.ts";

/** Writes a run's report under `dir` and records where it is. Written again, it takes the older one's place. */
export const writeReport = async (
  runId: string,
  { store, reads, dir }: { readonly store: Store; readonly reads: ReadModel; readonly dir: string },
): Promise<void> => {
  const [run, box] = await Promise.all([reads.run(runId), reads.box()]);
  if (run === null) throw new Fault("bad-state", { runId, problem: "a report is wanted of a run that is not there" });
  const paths = { htmlPath: join(dir, `${run.id}.html`), jsonPath: join(dir, `${run.id}.json`) };
  saveFile(paths.htmlPath, renderReportHtml(run, box));
  saveFile(paths.jsonPath, renderReportJson(run, box));
  await saveReport(store, { runId: run.id, ...paths });
};
