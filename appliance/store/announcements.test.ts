import { describe, expect, test } from "bun:test";
import type { Announcement } from "../core/announcement.ts";
import { loadAnnouncementMarks, loadAnnouncements, saveAnnounced, saveAnnouncements } from "./announcements.ts";
import { saveNewHost } from "./hosts.ts";
import { openStore, type Store } from "./open.ts";

const HOST = { id: "h1", name: "r1", mac: "52:54:00:00:00:01", specYaml: null, addedMs: 0, removedMs: null };
const at = (atMs: number): Announcement => ({
  ...{ runId: "r1", hostId: "h1", rev: 1, type: "run.queued", from: "Registered", to: "Queued", stage: null },
  ...{ severity: "info", summary: "Waiting", atMs },
});
const openWithHost = async (): Promise<Store> => {
  const store = await openStore({ path: ":memory:" });
  await store.turn(async (unit) => saveNewHost(unit, HOST));
  return store;
};
const add = (store: Store, times: readonly number[], bound = { count: 5, ageMs: 1000 }): Promise<void> =>
  store.turn(async (unit) => saveAnnouncements(unit, times.map(at), times.at(-1) ?? 0, bound));
const seqs = (store: Store): Promise<readonly number[]> =>
  store.turn(async ({ db }) => (await loadAnnouncements(db, 0, 1000)).map(({ seq }) => seq));
const marks = (store: Store) => store.turn(({ db }) => loadAnnouncementMarks(db));

describe("saveAnnouncements", () => {
  test("drops the oldest over the bound, and counts those that were never sent", async () => {
    await using store = await openWithHost();
    await add(store, [1, 2, 3]);
    await store.turn(async (unit) => saveAnnounced(unit, 2));
    await add(store, [4, 5, 6, 7, 8]);
    expect(await seqs(store)).toEqual([4, 5, 6, 7, 8]);
    expect(await marks(store)).toEqual({ ackedSeq: 2, waiting: 5, dropped: 1 });
  });

  test("drops what is too old, and goes on counting where it was", async () => {
    await using store = await openWithHost();
    await add(store, [1, 2]);
    await add(store, [1500]);
    expect(await seqs(store)).toEqual([3]);
    expect(await marks(store)).toEqual({ ackedSeq: 0, waiting: 1, dropped: 2 });
  });

  test("leaves no gap in the numbers where a turn fails", async () => {
    await using store = await openWithHost();
    await add(store, [1]);
    const failing = store.turn(async (unit) => {
      saveAnnouncements(unit, [at(2)], 2);
      saveNewHost(unit, HOST); // it is there already
    });
    await expect(failing).rejects.toThrow("store-failed");
    await add(store, [3]);
    expect(await seqs(store)).toEqual([1, 2]);
  });
});

describe("saveAnnounced", () => {
  test("never goes back, and keeps a tail that is sent again", async () => {
    await using store = await openWithHost();
    await add(
      store,
      Array.from({ length: 100 }, (_, i) => i + 1),
      { count: 1000, ageMs: 1000 },
    );
    await store.turn(async (unit) => saveAnnounced(unit, 90));
    await store.turn(async (unit) => saveAnnounced(unit, 80));
    expect(await marks(store)).toEqual({ ackedSeq: 90, waiting: 10, dropped: 0 });
    expect((await seqs(store))[0]).toBe(27); // 90 − 64 are gone
  });
});
