/** A healthy server passes every stage on the real thing, by its plan; its record is judged again; its disks are written because the spec names them. */
import { expect, test } from "bun:test";
import { BUILT_STAGES } from "../../agent/stages/catalog.ts";
import { TERMINAL } from "../../appliance/core/states.ts";
import type { RunView } from "../../appliance/core/views.ts";
import { healthyServer, SUPPLY_SENSORS, SUPPLY_W } from "../box/healthy-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";

/** All stages on an emulated server, beside another test's. */
const STAGES_LIMIT_MS = 8 * 60_000;

test(
  "a healthy server passes every stage that is built, writes to the disks that its spec names and to no other, and is told beforehand",
  async () => {
    await using place = await openPlace();
    const { server, written, kept } = healthyServer(1);
    const placed = await place.place(server);
    const hashOf = async (serials: readonly string[]) =>
      Object.fromEntries(await Promise.all(serials.map(async (one) => [one, await placed.diskHash(one)] as const)));
    const before = await hashOf([...written, ...kept]);
    const { api } = place.box;
    const host = await api.addHost({ name: server.declaration.name, mac: server.mac, specYaml: server.specYaml });
    const plan = await api.plan(host.id, { destructive: true });
    expect(plan.stages.map(({ state }) => state)).toEqual([...BUILT_STAGES]);
    expect(
      plan.disks
        .filter(({ mayWrite }) => mayWrite)
        .map(({ serial }) => serial)
        .toSorted(),
    ).toEqual([...written].toSorted());

    let isLoaded = false;
    const { id } = await api.startRun(host.id, { destructive: true });
    // Its supplies give more while it is under load, as real ones do.
    const seen = (now: RunView): boolean => {
      if (now.state !== "PSU" || now.note !== "power under load" || isLoaded) return false;
      isLoaded = true;
      for (const sensor of SUPPLY_SENSORS) void placed.fault({ kind: "sensor", sensor, reading: SUPPLY_W.load });
      return false;
    };
    const isOver = (now: RunView): boolean => seen(now) || TERMINAL.has(now.state) || now.failure !== null;
    const run = await api.until(id, "its end", isOver, BOOT_LIMIT_MS + STAGES_LIMIT_MS);
    const bad = run.stages
      .flatMap(({ checks }) => checks)
      .filter(({ verdict }) => !["PASS", "SKIPPED"].includes(verdict));
    expect(bad).toEqual([]);
    expect(run).toMatchObject({ state: "Completed", failure: null, verdict: "pass" });
    expect(
      run.stages.filter(({ status }) => status !== "passed").map(({ state, status }) => `${state} ${status}`),
    ).toEqual(["GPU skipped"]);

    const after = await hashOf([...written, ...kept]);
    for (const serial of kept) expect([serial, after[serial]]).toEqual([serial, before[serial]]);
    for (const serial of written) expect(after[serial]).not.toBe(before[serial]);

    const rejudged = await api.rejudge(id);
    expect(rejudged.flatMap(({ changes }) => changes)).toEqual([]);
    expect(rejudged.map(({ state }) => state)).toEqual([...BUILT_STAGES]);
  },
  TEST_LIMIT_MS + STAGES_LIMIT_MS,
);
