/** The database's memory over many turns: a box runs for months. */
import { expect, test } from "bun:test";
import { openStore } from "./open.ts";
import { hosts } from "./schema-hosts.ts";

const TURNS = 6_000;
/** Without collections these turns hold about 45 MB more; with them the allocator moves within a few. */
const SPARE_BYTES = 15e6;

test("openStore's turns give their native memory back", async () => {
  await using store = await openStore({ path: ":memory:" });
  const turns = async (): Promise<number> => {
    for (let i = 0; i < TURNS; i++) await store.turn(({ db }) => db.select().from(hosts));
    return process.memoryUsage.rss();
  };
  const settled = await turns();
  expect((await turns()) - settled).toBeLessThan(SPARE_BYTES);
}, 60_000);
