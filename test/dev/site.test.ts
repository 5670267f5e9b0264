/** The whole path in one process: simulated hosts boot from the real box over real sockets, and each meets its own end. */
import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunView } from "../../appliance/core/views.ts";
import { openLog } from "../../appliance/log.ts";
import { openSite, type Site } from "./site.ts";

/** Waits for committed changes until the run is as wanted. */
const runWhen = async ({ box, runs }: Site, host: string, wanted: (run: RunView) => boolean): Promise<RunView> => {
  const runId = runs.get(host) ?? "";
  const enough = new AbortController();
  const changes = box.reads.changes(null, enough.signal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      // The next change is asked for before the look, so that none falls between.
      const next = changes.next();
      const run = await box.reads.run(runId);
      if (run !== null && wanted(run)) return run;
      await next;
    }
  } finally {
    enough.abort();
  }
};

test("openSite: each simulated host ends as declared, and the reports are there", async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-dev-"));
  try {
    const listen = `unix:${join(dir, "web.sock")}`;
    await using site = await openSite({ dir, listen, log: openLog({ level: "silent" }), pace: 0 });
    const [passed, held, warned, silent] = await Promise.all([
      runWhen(site, "r07-u12", ({ endedMs }) => endedMs !== null),
      runWhen(site, "r07-u14", ({ hold }) => hold?.installed === true),
      runWhen(site, "r07-u16", ({ endedMs }) => endedMs !== null),
      runWhen(site, "r07-u18", ({ timeline }) => timeline.reached === "root"),
    ]);
    expect(passed).toMatchObject({ state: "Completed", verdict: "pass", differences: [] });
    expect(held).toMatchObject({ state: "FailedHolding", verdict: "held", failure: { code: "spec-mismatch" } });
    expect(held.failure?.message).toContain("S64HNE0R501299");
    expect(warned).toMatchObject({ state: "Completed", verdict: "warn" });
    expect(warned.stages.flatMap(({ checks }) => checks).map(({ code }) => code)).toContain(
      "inventory.probe-timed-out",
    );
    expect(silent).toMatchObject({ state: "Booting", verdict: "running" });
    const page = await fetch(`http://localhost/runs/${held.id}`, { unix: listen.slice("unix:".length) });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("S64HNE0R501299");
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}, 240_000);
