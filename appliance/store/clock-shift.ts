/** What is under way is retold by the new clock when the box's clock is set: otherwise every wait would be too long, or over at once. */
import { gt, inArray, isNotNull, isNull, or, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Unit } from "./open.ts";
import { attempts, bootEvents, enrolments, overrides, results, runs, transitions } from "./schema.ts";
import { announcements, mqttMarks } from "./schema-mqtt.ts";
import { powerActs } from "./schema-power.ts";

/** Moves the times of all runs that are not over, or still wait for their agent's last word. Null stays null. */
export const saveClockShift = ({ db, put }: Unit, byMs: number): void => {
  const moved = (column: SQLiteColumn): SQL => sql`${column} + ${byMs}`;
  const underWay = or(isNull(runs.endedMs), isNotNull(runs.command));
  const ids = db.select({ id: runs.id }).from(runs).where(underWay);
  put(
    db
      .update(transitions)
      .set({ atMs: moved(transitions.atMs) })
      .where(inArray(transitions.runId, ids)),
    db
      .update(attempts)
      .set({ startedMs: moved(attempts.startedMs), endedMs: moved(attempts.endedMs) })
      .where(inArray(attempts.runId, ids)),
    db
      .update(results)
      .set({ receivedMs: moved(results.receivedMs) })
      .where(inArray(results.runId, ids)),
    db
      .update(bootEvents)
      .set({ atMs: moved(bootEvents.atMs) })
      .where(inArray(bootEvents.runId, ids)),
    db
      .update(powerActs)
      .set({ firstMs: moved(powerActs.firstMs), lastMs: moved(powerActs.lastMs) })
      .where(inArray(powerActs.runId, ids)),
    db
      .update(enrolments)
      .set({ createdMs: moved(enrolments.createdMs), expiresMs: moved(enrolments.expiresMs) })
      .where(inArray(enrolments.runId, ids)),
    db
      .update(overrides)
      .set({ createdMs: moved(overrides.createdMs), expiresMs: moved(overrides.expiresMs) })
      .where(inArray(overrides.runId, ids)),
    // Those that still wait for the broker: their age is counted by the same clock.
    db
      .update(announcements)
      .set({ atMs: moved(announcements.atMs) })
      .where(gt(announcements.seq, sql`ifnull((select ${mqttMarks.ackedSeq} from ${mqttMarks}), 0)`)),
    db
      .update(runs)
      .set({
        createdMs: moved(runs.createdMs),
        enteredMs: moved(runs.enteredMs),
        deadlineMs: moved(runs.deadlineMs),
        lastSeenMs: moved(runs.lastSeenMs),
        endedMs: moved(runs.endedMs),
      })
      .where(underWay),
  );
};
