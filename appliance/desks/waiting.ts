/** Who has to wait: for the link, or for a partner on it. */
import type { Command } from "../../agent/wire/messages.ts";
import { linkHolders, waitsForLink } from "../core/dispatch.ts";
import type { RunRow } from "../core/record.ts";
import type { Db } from "../store/open.ts";
import { loadActiveRuns } from "../store/runs.ts";
import { lineUp } from "./link-line.ts";
import type { Office } from "./office.ts";

/** Whether the run, as this turn leaves it, waits for a partner or for the lease of the link. Only a network measurement's agent is ever kept waiting. */
export const waitsNow = async (office: Office, db: Db, run: RunRow): Promise<boolean> => {
  if (run.state !== "Network") return false;
  const active = [...(await loadActiveRuns(db)).filter((r) => r.id !== run.id), run];
  const measurements = lineUp(office, active);
  const settled = office.link === null || measurements.places.has(run.id);
  return !settled || waitsForLink(run, linkHolders(active, measurements));
};

/** The command that its agent is told now. A retry that waits for the link is not told yet: the agent would begin at once. */
export const commandNow = async (office: Office, db: Db, run: RunRow): Promise<Command | null> =>
  run.command?.cmd === "retry_stage" && (await waitsNow(office, db, run)) ? null : run.command;
