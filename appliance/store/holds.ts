/** Hold keys. */
import { and, eq, isNull } from "drizzle-orm";
import type { HoldRow } from "../core/record.ts";
import type { Db, Store, Unit } from "./open.ts";
import { loadRun } from "./runs.ts";
import { holds } from "./schema.ts";

/** A pair of keys in OpenSSH form. */
export interface HoldKey {
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly privateKey: string;
}

/** The live hold key of a run. */
export const loadHold = async (db: Db, runId: string): Promise<HoldRow | null> => {
  const [row] = await db
    .select()
    .from(holds)
    .where(and(eq(holds.runId, runId), isNull(holds.revokedMs)));
  if (row === undefined) return null;
  const { publicKey, fingerprint, privateKey, keyShown, installed } = row;
  return { publicKey, fingerprint, privateKey, keyShown, installed };
};

/** Whether the run is held and has no key yet. */
export const needsHoldKey = (store: Store, runId: string): Promise<boolean> =>
  store.turn(async ({ db }) => {
    const run = await loadRun(db, runId);
    return run?.state === "FailedHolding" && (await loadHold(db, runId)) === null;
  });

/** Stores a new key. It does nothing when the run is no longer held or has a key: the effect was repeated, or came too late. */
export const saveHoldKey = (store: Store, runId: string, key: HoldKey, issuedMs: number): Promise<void> =>
  store.turn(async ({ db, put, tell }) => {
    const run = await loadRun(db, runId);
    if (run?.state !== "FailedHolding" || (await loadHold(db, runId)) !== null) return;
    const fields = { ...key, keyShown: false, installed: false, issuedMs, revokedMs: null };
    put(
      db
        .insert(holds)
        .values({ runId, ...fields })
        .onConflictDoUpdate({ target: holds.runId, set: fields }),
    );
    tell({ kind: "run", hostId: run.hostId, runId });
  });

/** Ends a hold's key; the private half is forgotten if it was never shown. */
export const revokeHoldKey = (store: Store, runId: string, atMs: number): Promise<void> =>
  store.turn(async ({ db, put, tell }) => {
    if ((await loadHold(db, runId)) === null) return;
    put(db.update(holds).set({ revokedMs: atMs, privateKey: null }).where(eq(holds.runId, runId)));
    tell({ kind: "run", hostId: null, runId });
  });

/** Remembers that the agent has fetched the public half. */
export const saveHoldInstalled = ({ db, put, tell }: Unit, runId: string): void => {
  put(db.update(holds).set({ installed: true }).where(eq(holds.runId, runId)));
  tell({ kind: "run", hostId: null, runId });
};

/** Remembers that the private half was shown, and forgets it. */
export const saveHoldShown = ({ db, put, tell }: Unit, runId: string): void => {
  put(db.update(holds).set({ keyShown: true, privateKey: null }).where(eq(holds.runId, runId)));
  tell({ kind: "run", hostId: null, runId });
};
