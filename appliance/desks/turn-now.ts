/** The agent's turn as it is now: `core/turn.ts`, with what is given for the attempt beside its order. */
import type { Turn } from "../../agent/wire/messages.ts";
import type { RunRow } from "../core/record.ts";
import { turnOf } from "../core/turn.ts";
import type { Db } from "../store/open.ts";
import { nowOf, type Office, waitsNow } from "./office.ts";
import { wipeGrantOf } from "./wipe-override.ts";

/** The agent's turn now. */
export const turnNow = async (office: Office, db: Db, run: RunRow): Promise<Turn> =>
  turnOf(run, nowOf(office), await waitsNow(db, run), await wipeGrantOf(office, db, run));
