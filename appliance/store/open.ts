/**
 * The database: one libSQL file, one connection, one queue.
 *
 * Everything that reads or writes does so in a turn: reads first, then what was put is committed as one transaction, then followers are told.
 * So a turn is atomic against every other turn, and a decision is made on the very rows that it changes.
 */
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Client, createClient, type InStatement } from "@libsql/client";
import { asc, lt } from "drizzle-orm";
import { drizzle, type LibSQLDatabase } from "drizzle-orm/libsql";
import { migrate } from "drizzle-orm/libsql/migrator";
import { Fault } from "../../agent/system/fault.ts";
import { Feed, type NewChange, REMEMBERED_CHANGES } from "./feed.ts";
import * as schema from "./schema.ts";

/** What reads are made with. */
export type Db = LibSQLDatabase<typeof schema>;

/** A built insert, update or delete. */
export interface Statement {
  toSQL(): { readonly sql: string; readonly params: readonly unknown[] };
}

/** One turn at the database. */
export interface Unit {
  /** Reads see what was committed before this turn, never what this turn has put. */
  readonly db: Db;
  /** Adds statements to the turn's one transaction. */
  put(...statements: readonly Statement[]): void;
  /** Adds a change that followers are told after the commit. */
  tell(change: NewChange): void;
  /** Runs after the commit, before the followers are told: for what is in memory beside the rows. */
  afterCommit(work: () => void): void;
}

/** The open database. */
export interface Store extends AsyncDisposable {
  readonly feed: Feed;
  /** Takes a turn. The work may be run again after a busy database, so it changes nothing but through its unit. */
  turn<T>(work: (unit: Unit) => Promise<T>): Promise<T>;
}

/** Beside this module in the sources, and at the same place in the compiled executable. */
const MIGRATIONS = join(import.meta.dir, "migrations");

/** How long SQLite waits for a foreign lock (a backup, an `sqlite3` shell) before it says busy. */
const BUSY_TIMEOUT_MS = 5000;

/** How often a turn is repeated after SQLITE_BUSY. Each try has waited its timeout already. */
const BUSY_TRIES = 5;

/**
 * A full collection after this many statements. libsql frees a statement's native memory (4 to 8 KB seen) when its object is collected, but to the collector the
 * object weighs nothing, so by itself it comes too late: 40 000 statements held 190 MB. One collection takes some 10 ms.
 */
const COLLECT_EVERY = 2000;

/** Changes are pruned when their number is a multiple of this: one delete for many inserts. */
const PRUNE_EVERY = 256;

const PRAGMAS = ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"];

const causes = function* (error: unknown): Generator<Error & { code?: unknown }> {
  for (let e = error; e instanceof Error; e = e.cause) yield e;
};

const hasCode = (error: unknown, prefix: string): boolean =>
  [...causes(error)].some((e) => typeof e.code === "string" && e.code.startsWith(prefix));

/** What the database threw becomes a fault; a bug in the turn's own work stays what it is. */
const asFault = (error: unknown): unknown => {
  if (!hasCode(error, "SQLITE")) return error;
  return new Fault(hasCode(error, "SQLITE_FULL") ? "disk-full" : "store-failed", {}, { cause: error });
};

const toStatement = (statement: Statement): InStatement => {
  const { sql, params } = statement.toSQL();
  return { sql, args: params as (string | number | null | Uint8Array)[] };
};

/** The queue, the connection and the feed behind `Store`. */
class LibsqlStore implements Store {
  readonly feed: Feed;
  readonly #client: Client;
  readonly #db: Db;
  #tail: Promise<unknown> = Promise.resolve();
  readonly #statements: { count: number };

  constructor(client: Client, db: Db, feed: Feed, statements: { count: number }) {
    this.#statements = statements;
    this.#client = client;
    this.#db = db;
    this.feed = feed;
  }

  turn<T>(work: (unit: Unit) => Promise<T>): Promise<T> {
    const result = this.#tail.then(() => this.#perform(work));
    this.#tail = result.catch(() => {}); // the caller has the error; the queue goes on
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tail;
    this.#client.close();
  }

  async #perform<T>(work: (unit: Unit) => Promise<T>): Promise<T> {
    if (this.#statements.count >= COLLECT_EVERY) {
      this.#statements.count = 0;
      Bun.gc(true);
      await setImmediate(); // finalizers run between two rounds of the event loop, which calls that never really wait would not let it reach
    }
    for (let tries = 1; ; tries++) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (!hasCode(error, "SQLITE_BUSY")) throw asFault(error);
        // Upstream defect: after a BUSY this connection acknowledges writes that it never commits (libsql-client-ts#352).
        await this.#client.reconnect();
        for (const pragma of PRAGMAS) await this.#client.execute(pragma);
        if (tries >= BUSY_TRIES) throw new Fault("store-failed", { tries }, { cause: error });
      }
    }
  }

  async #attempt<T>(work: (unit: Unit) => Promise<T>): Promise<T> {
    const statements: Statement[] = [];
    const told: NewChange[] = [];
    const after: (() => void)[] = [];
    const value = await work({
      db: this.#db,
      put: (...more) => void statements.push(...more),
      tell: (change) => void told.push(change),
      afterCommit: (then) => void after.push(then),
    });
    const changes = this.feed.number(told);
    const last = changes.at(-1);
    if (last !== undefined) {
      statements.push(this.#db.insert(schema.changes).values([...changes]));
      if (last.seq % PRUNE_EVERY < changes.length)
        statements.push(this.#db.delete(schema.changes).where(lt(schema.changes.seq, last.seq - REMEMBERED_CHANGES)));
    }
    // The mode is named: a deferred transaction could lose its upgrade to a writer at once, whatever the timeout.
    this.#statements.count += statements.length;
    if (statements.length > 0) await this.#client.batch(statements.map(toStatement), "write");
    for (const then of after) then();
    this.feed.publish(changes);
    return value;
  }
}

const prepare = async (client: Client, path: string): Promise<Store> => {
  for (const pragma of PRAGMAS) await client.execute(pragma);
  // SQLite gives its side files the mode of the database: a hold's private key is in there until it is shown.
  if (path !== ":memory:") await chmod(path, 0o600);
  const statements = { count: 0 };
  const db = drizzle(client, { schema, logger: { logQuery: () => void statements.count++ } });
  await migrate(db, { migrationsFolder: MIGRATIONS });
  const remembered = await db.select().from(schema.changes).orderBy(asc(schema.changes.seq));
  return new LibsqlStore(client, db, new Feed(remembered.slice(-REMEMBERED_CHANGES)), statements);
};

/** Opens the database, applies the migrations it lacks, and yields it ready. `path` is a file, or `:memory:`. */
export const openStore = async ({ path }: { readonly path: string }): Promise<Store> => {
  let client: Client | null = null;
  try {
    const url = path === ":memory:" ? path : `file:${path}`;
    // More than one connection would each need the PRAGMAs, and would meet each other's locks.
    client = createClient({ url, concurrency: 1, timeout: BUSY_TIMEOUT_MS });
    return await prepare(client, path);
  } catch (cause) {
    client?.close();
    throw new Fault("store-failed", { path }, { cause });
  }
};
