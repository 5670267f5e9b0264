/**
 * The power of box and broker is taken away at random points, a hundred times: every event of the box arrives exactly once by its number and in order, what is
 * retained equals the database in the end, and the last will is seen.
 */
import { beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asc } from "drizzle-orm";
import type { HostState, RunResult } from "../../appliance/core/mqtt-payloads.ts";
import { macLevel } from "../../appliance/core/mqtt-tree.ts";
import { openStore } from "../../appliance/store/open.ts";
import { runs, transitions } from "../../appliance/store/schema.ts";
import { hosts } from "../../appliance/store/schema-hosts.ts";
import { needPackages } from "../setup/packages.ts";
import { openDice } from "../simulation/seeded.ts";
import { type KilledSite, openKilledSite } from "./killed-site.ts";
import { readRetained } from "./reader.ts";

const ROUNDS = 100;
/** Steps of the box between two kills, at most. */
const STEPS = 10;
/** As many results of a host are kept. */
const RESULTS = 50;
const PREFIX = "site-7";

beforeAll(() => needPackages(["mosquitto"]), 300_000);

/** One kill of the box, with its last will where it had a connection to have one. */
const killBox = async (site: KilledSite): Promise<number> => {
  const hasWill = site.hasWill();
  const before = site.reader.statuses.filter((word) => word === "offline").length;
  await site.killBox();
  if (!hasWill) return 0;
  await site.reader.when(() => site.reader.statuses.filter((word) => word === "offline").length > before);
  return 1;
};

/** What the box's rows say, read by another hand than the box's. */
const readRows = async (path: string) => {
  await using store = await openStore({ path });
  return store.turn(async ({ db }) => ({
    hosts: await db.select().from(hosts),
    runs: await db.select().from(runs).orderBy(asc(runs.createdMs), asc(runs.enteredSeq)),
    transitions: await db.select().from(transitions),
  }));
};

/** What should be retained of hosts and results: topic to the words that matter. */
const retainedOf = (rows: Awaited<ReturnType<typeof readRows>>): ReadonlyMap<string, string> =>
  new Map(
    rows.hosts.flatMap(({ id, mac }) => {
      const own = rows.runs.filter(({ hostId }) => hostId === id);
      const newest = own.at(-1);
      const ended = own.filter(({ endedMs }) => endedMs !== null).slice(-RESULTS);
      return [
        [`${PREFIX}/box-a/host/${macLevel(mac)}/avail`, "online"],
        [`${PREFIX}/box-a/host/${macLevel(mac)}/state`, `${newest?.id} ${newest?.state}`],
        ...ended.map((run) => [`${PREFIX}/box-a/run/${run.id}/result`, "cancelled"] as const),
      ] as const;
    }),
  );

/** The same words of what the broker has. */
const wordsOf = (topic: string, payload: string): string => {
  if (topic.endsWith("/avail")) return payload;
  const said: HostState & RunResult = JSON.parse(payload);
  return topic.endsWith("/result") ? said.result : `${said.run} ${said.state}`;
};

test("openMqtt delivers every event once and in order and keeps what is retained true, whoever is killed when", async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-kill-rounds-"));
  const dice = openDice(20_261_121);
  const count = { box: 0, broker: 0, both: 0, wills: 0 };
  try {
    await using site = await openKilledSite(dir, PREFIX);
    for (let round = 0; round < ROUNDS; round++) {
      await site.box().until("step", site.box().said("step") + Math.floor(dice.unit() * STEPS));
      const victim = dice.unit() < 0.6 ? "broker" : dice.unit() < 0.8 ? "box" : "both";
      count[victim]++;

      if (victim === "broker") await site.killBroker();
      else if (victim === "both") await site.killBoth();
      else count.wills += await killBox(site);
    }
    await site.box().tell("stop");
    await site.box().until("stopped", 1);
    const rows = await readRows(join(dir, "box.db"));
    await site.reader.when(() => site.reader.events.length >= rows.transitions.length);
    expect(site.reader.events.map(({ seq }) => seq)).toEqual(rows.transitions.map((_, i) => i + 1));
    const told = site.reader.events.map(({ run, rev, from, to }) => `${run} ${rev} ${from} ${to}`);
    expect(told.toSorted()).toEqual(rows.transitions.map((t) => `${t.runId} ${t.rev} ${t.from} ${t.to}`).toSorted());

    const expected = retainedOf(rows);
    const hostsAndRuns = (topic: string): boolean => /\/(host|run)\//.test(topic);
    await site.reader.when(() =>
      [...expected].every(([topic, words]) => wordsOf(topic, site.reader.last.get(topic) ?? "{}") === words),
    );
    const retained = await readRetained(site.broker.port, `${PREFIX}/#`);
    const found = [...retained]
      .filter(([topic]) => hostsAndRuns(topic))
      .map(([topic, text]) => [topic, wordsOf(topic, text)]);
    expect(found.toSorted()).toEqual([...expected].map((entry) => [...entry]).toSorted());
    expect(retained.get(`${PREFIX}/box-a/status`)).toBe("online");
    process.stdout.write(
      `${rows.transitions.length} events, ${site.reader.repeats} repeats dismissed, ${JSON.stringify(count)}\n`,
    );
    expect(count.wills).toBeGreaterThan(10);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}, 300_000);
