/** What was seen of boots: events of registered hosts, sightings of the others. */
import { and, asc, desc, eq, gte, isNull, lte, max, notInArray } from "drizzle-orm";
import type { BootEvent, Sighting } from "../core/boot.ts";
import type { Db, Unit } from "./open.ts";
import { bootEvents, sightings } from "./schema.ts";

/** Events of a host without a run that are kept: a server in a boot loop must not fill the card. */
const KEPT_WITHOUT_RUN = 200;

/** Sightings that are kept: MAC addresses can be made up without end. */
const KEPT_SIGHTINGS = 256;

/** How many events of one timeline are shown. */
const SHOWN_EVENTS = 500;

const COLUMNS = {
  mac: bootEvents.mac,
  step: bootEvents.step,
  atMs: bootEvents.atMs,
  detail: bootEvents.detail,
  complete: bootEvents.complete,
};

/** Events of one run, oldest first. */
export const loadRunBoot = async (db: Db, runId: string): Promise<BootEvent[]> =>
  (
    await db
      .select(COLUMNS)
      .from(bootEvents)
      .where(eq(bootEvents.runId, runId))
      .orderBy(desc(bootEvents.id))
      .limit(SHOWN_EVENTS)
  ).reverse();

/** Events of a MAC from a moment on, oldest first. */
export const loadMacBoot = async (db: Db, mac: string, fromMs: number): Promise<BootEvent[]> =>
  (
    await db
      .select(COLUMNS)
      .from(bootEvents)
      .where(and(eq(bootEvents.mac, mac), gte(bootEvents.atMs, fromMs)))
      .orderBy(desc(bootEvents.id))
      .limit(SHOWN_EVENTS)
  ).reverse();

/** When a run's host was last seen booting; null for never. What its agent says of itself is not booting. */
export const loadLastBootMs = async (db: Db, runId: string): Promise<number | null> =>
  (
    await db
      .select({ atMs: max(bootEvents.atMs) })
      .from(bootEvents)
      .where(and(eq(bootEvents.runId, runId), notInArray(bootEvents.step, ["hello", "claim"])))
  )[0]?.atMs ?? null;

/** Stores one event. */
export const saveBootEvent = (
  { db, put, tell }: Unit,
  event: BootEvent,
  hostId: string,
  runId: string | null,
): void => {
  put(db.insert(bootEvents).values({ ...event, runId }));
  tell({ kind: "host", hostId, runId });
};

/** Stores what an agent said of its boot, once: it says it again when its answer was lost. */
export const saveAgentStep = async (unit: Unit, event: BootEvent, hostId: string, runId: string): Promise<void> => {
  const same = and(eq(bootEvents.runId, runId), eq(bootEvents.step, event.step), eq(bootEvents.detail, event.detail));
  const known = await unit.db.select({ id: bootEvents.id }).from(bootEvents).where(same).limit(1);
  if (known.length === 0) saveBootEvent(unit, event, hostId, runId);
};

/** Drops the oldest events of a host that has no run. */
export const pruneBootEvents = async ({ db, put }: Unit, mac: string): Promise<void> => {
  const [tooOld] = await db
    .select({ id: bootEvents.id })
    .from(bootEvents)
    .where(and(eq(bootEvents.mac, mac), isNull(bootEvents.runId)))
    .orderBy(desc(bootEvents.id))
    .limit(1)
    .offset(KEPT_WITHOUT_RUN);
  if (tooOld !== undefined)
    put(
      db
        .delete(bootEvents)
        .where(and(eq(bootEvents.mac, mac), isNull(bootEvents.runId), lte(bootEvents.id, tooOld.id))),
    );
};

/** Servers that asked and are not registered, newest first. */
export const loadSightings = (db: Db): Promise<Sighting[]> =>
  db.select().from(sightings).orderBy(desc(sightings.lastSeenMs));

/** Stores a sighting with its count; the longest unseen goes when there are too many. */
export const saveSighting = async ({ db, put, tell }: Unit, sighting: Sighting): Promise<void> => {
  const { mac, ...fields } = sighting;
  const known = await db.select({ mac: sightings.mac }).from(sightings).orderBy(asc(sightings.lastSeenMs));
  const oldest = known[0];
  if (oldest !== undefined && known.length >= KEPT_SIGHTINGS && !known.some((s) => s.mac === mac))
    put(db.delete(sightings).where(eq(sightings.mac, oldest.mac)));
  put(db.insert(sightings).values(sighting).onConflictDoUpdate({ target: sightings.mac, set: fields }));
  tell({ kind: "sighting", hostId: null, runId: null });
};

/** Forgets a sighting: the MAC was registered. */
export const removeSighting = ({ db, put, tell }: Unit, mac: string): void => {
  put(db.delete(sightings).where(eq(sightings.mac, mac)));
  tell({ kind: "sighting", hostId: null, runId: null });
};
