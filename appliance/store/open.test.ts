/** The database under one queue: whole turns or nothing, foreign locks, migrations, the feed. */
import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { sql } from "drizzle-orm";
import type { Change } from "../core/ports.ts";
import type { HostRow } from "../core/record.ts";
import { Feed, REMEMBERED_CHANGES } from "./feed.ts";
import { loadHosts, saveNewHost } from "./hosts.ts";
import { openStore, type Store } from "./open.ts";
import { changes } from "./schema.ts";

const host = (n: number): HostRow => ({
  ...{ id: `h${n}`, name: `r${n}`, mac: `52:54:00:00:00:${String(n).padStart(2, "0")}` },
  ...{ specYaml: null, addedMs: n, removedMs: null },
});

const add = (store: Store, n: number) => store.turn(async (unit) => saveNewHost(unit, host(n)));
const names = (store: Store) => store.turn(async ({ db }) => (await loadHosts(db)).map((h) => h.name));

/** A store on a file of its own. */
const openOnFile = async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-store-"));
  const path = join(dir, "vetbox.db");
  return { path, store: await openStore({ path }), leave: () => rm(dir, { recursive: true }) };
};

test("turn commits everything it put, or nothing", async () => {
  await using store = await openStore({ path: ":memory:" });
  const broken = store.turn(async (unit) => {
    saveNewHost(unit, host(1));
    saveNewHost(unit, host(1));
    unit.afterCommit(() => expect.unreachable());
  });
  await expect(broken).rejects.toMatchObject({ name: "Fault", code: "store-failed" });
  const bug = store.turn(async (unit) => {
    saveNewHost(unit, host(2));
    throw new TypeError("a bug");
  });
  await expect(bug).rejects.toBeInstanceOf(TypeError);
  expect(await names(store)).toEqual([]);
  expect(store.feed.seq).toBe(0);
});

test("turn after turn, however many are asked at once, each on what the one before has committed", async () => {
  await using store = await openStore({ path: ":memory:" });
  const next = () =>
    store.turn(async (unit) => {
      const n = (await loadHosts(unit.db)).length;
      saveNewHost(unit, host(n));
      return n;
    });
  expect(await Promise.all(Array.from({ length: 10 }, next))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("turn runs again after a foreign lock has made it wait too long, and what it acknowledges is in the file", async () => {
  const { path, store, leave } = await openOnFile();
  const other = createClient({ url: `file:${path}`, concurrency: 1 });
  try {
    const lock = await other.transaction("write");
    let tries = 0;
    await store.turn(async (unit) => {
      tries += 1;
      if (tries === 2) await lock.rollback();
      saveNewHost(unit, host(1));
    });
    await add(store, 2);
    expect(tries).toBe(2);
    // Read over the other connection: an upstream defect makes this one believe in rows that were never committed.
    expect((await other.execute("select count(*) as n from hosts")).rows[0]?.["n"]).toBe(2);
    const pragma = await store.turn(({ db }) => db.all<{ synchronous: number }>(sql`PRAGMA synchronous`));
    expect(pragma).toEqual([{ synchronous: 2 }]);
  } finally {
    other.close();
    await store[Symbol.asyncDispose]();
    await leave();
  }
}, 60_000);

test("openStore opens what it has migrated before, with its rows and the numbers of its changes", async () => {
  const { path, store, leave } = await openOnFile();
  try {
    await add(store, 1);
    await store[Symbol.asyncDispose]();
    await using again = await openStore({ path });
    expect(await names(again)).toEqual(["r1"]);
    expect(again.feed.seq).toBe(1);
    await add(again, 2);
    expect(again.feed.since(0).map((c) => [c.seq, c.kind, c.hostId])).toEqual([
      [1, "host", "h1"],
      [2, "host", "h2"],
    ]);
  } finally {
    await leave();
  }
});

test("openStore says which file it could not open", async () => {
  const path = "/dev/null/vetbox.db";
  await expect(openStore({ path })).rejects.toMatchObject({ name: "Fault", code: "store-failed", context: { path } });
});

test("the table of changes stays as short as what is remembered", async () => {
  await using store = await openStore({ path: ":memory:" });
  const many = REMEMBERED_CHANGES + 600;
  for (let i = 0; i < many; i += 100)
    await store.turn(async ({ tell }) => {
      for (let k = 0; k < 100; k++) tell({ kind: "box", hostId: null, runId: null });
    });
  const kept = await store.turn(({ db }) => db.select().from(changes));
  expect(kept.length).toBeLessThanOrEqual(REMEMBERED_CHANGES + 256 + 100);
  expect(kept.at(-1)?.seq).toBe(many);
});

test("Feed resets a reader that is too slow, and tells what is in memory only under the last number", async () => {
  const feed = new Feed([]);
  const ending = new AbortController();
  const slow = feed.read(null, ending.signal)[Symbol.asyncIterator]();
  const change = { kind: "run", hostId: null, runId: "r" } as const;
  feed.publish(feed.number([change]));
  feed.publishUnstored(change);
  const next = async (): Promise<Change | undefined> => (await slow.next()).value;
  expect([await next(), await next()].map((c) => c?.seq)).toEqual([1, 1]);
  for (let i = 0; i < 1001; i++) feed.publish(feed.number([change]));
  expect(await next()).toMatchObject({ kind: "reset", seq: 1002 });
});
