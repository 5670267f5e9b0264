/** The agent's turn as it is now: `core/turn.ts`, with what is given for the attempt beside its order. */
import type { Turn } from "../../agent/wire/messages.ts";
import type { RunRow } from "../core/record.ts";
import { turnOf } from "../core/turn.ts";
import type { Db } from "../store/open.ts";
import { linkGrantOf } from "./link-line.ts";
import { nowOf, type Office } from "./office.ts";
import { waitsNow } from "./waiting.ts";
import { wipeGrantOf } from "./wipe-override.ts";

/** The agent's turn now. */
export const turnNow = async (office: Office, db: Db, run: RunRow): Promise<Turn> => {
  const waits = await waitsNow(office, db, run);
  if (run.state !== "Network" || waits) return turnOf(run, nowOf(office), waits, await wipeGrantOf(office, db, run));
  const grant = await linkGrantOf(office, db, run);
  return grant === "wait" ? turnOf(run, nowOf(office), true) : turnOf(run, nowOf(office), false, grant);
};
