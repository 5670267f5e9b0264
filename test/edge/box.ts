/** The real orchestrator on a real database behind the real agent API, with a clock that a test sets. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { systemRandom } from "../../agent/system/random.ts";
import { agentPath } from "../../agent/wire/routes.ts";
import type { Answer } from "../../appliance/core/ports.ts";
import { createAgentApp } from "../../appliance/http/agent-app.ts";
import { fakeDesk, fakeEdge, fakeLog } from "../../appliance/http/fake-desk.ts";
import { openUploadDir } from "../../appliance/http/upload.ts";
import { openOrchestrator } from "../../appliance/orchestrator.ts";
import { revokeHoldKey, saveHoldKey } from "../../appliance/store/holds.ts";
import { openStore, type Store } from "../../appliance/store/open.ts";

/** The host of these tests. */
export const MAC = "52:54:00:aa:00:01";
/** Its boot session. */
export const BOOT_ID = "0f3c1e52-7e0a-4c0e-9e7f-1b2c3d4e5f60";

/** The value of an answer that must not be a refusal. */
export const accepted = <T>(answer: Answer<T>): T => {
  if (!answer.ok) throw new Error(`${answer.refusal.code}: ${answer.refusal.detail}`);
  return answer.value;
};

/** Every row of every table, the live feed and SQLite's own counters included. */
const dump = (store: Store): Promise<string> =>
  store.turn(async ({ db }) => {
    const tables = await db.all<{ name: string }>(
      sql`select name from sqlite_master where type = 'table' order by name`,
    );
    const rows: string[] = [];
    for (const { name } of tables)
      rows.push(name, ...(await db.all<object>(sql.raw(`select * from "${name}"`))).map((row) => JSON.stringify(row)));
    return rows.join("\n");
  });

/** A box with one host and one run of it that waits for its server. */
export const openRealBox = async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-edge-"));
  const artifactDir = join(dir, "artifacts");
  const uploadDir = join(dir, "uploads");
  await mkdir(artifactDir);
  await openUploadDir(uploadDir);
  const store = await openStore({ path: ":memory:" });
  const time = { ms: Date.UTC(2026, 10, 20, 10) };
  const clock = { wallMs: () => time.ms, monoMs: () => time.ms, sleep: () => Promise.resolve() };
  const key = { publicKey: "ssh-ed25519 AAAA", fingerprint: "SHA256:x", privateKey: "PRIVATE" };
  const box = openOrchestrator({
    ...{ store, clock, artifactDir, random: systemRandom, boxKey: new Uint8Array(32).fill(7), imageId: null },
    box: { name: "vetbox", version: "0", address: "10.77.0.1", dnsmasq: () => "off" },
    log: fakeLog().log,
    openPower: () => fakeDesk("power", {}),
    effects: {
      wake: async () => {},
      escalateWake: async () => {},
      diagnoseLoss: async () => {},
      issueHoldKey: (runId) => saveHoldKey(store, runId, key, time.ms),
      revokeHoldKey: (runId) => revokeHoldKey(store, runId, time.ms),
      identifyHost: async () => {},
      renderReport: async () => {},
    },
  });
  const app = createAgentApp({ agents: box.agents, uploadDir, log: fakeLog().log, monoMs: clock.monoMs });
  const host = accepted(await box.operators.addHost({ name: "r07-u12", mac: MAC }, "test"));
  const start = async () => {
    const run = accepted(
      await box.operators.startRun(
        host.id,
        { profile: "quick", destructive: false, stages: ["InventoryCheck"] },
        "test",
      ),
    );
    await box.tick();
    return run.id;
  };
  /** Boots the host: the code that its script would carry. */
  const enrolCode = async (): Promise<string> => {
    const decision = await box.boots.decide(MAC);
    if (decision.kind !== "boot") throw new Error(`boots ${decision.kind}`);
    return decision.enrolCode;
  };
  const post = (
    runId: string,
    call: Parameters<typeof agentPath>[1],
    bearer: string,
    body: unknown,
    address?: string,
  ) =>
    app.request(
      agentPath(runId, call),
      { method: "POST", headers: { authorization: `Bearer ${bearer}` }, body: JSON.stringify(body) },
      fakeEdge(address),
    );
  return {
    ...box,
    ...{ app, host, start, enrolCode, post, time, artifactDir, uploadDir },
    dump: () => dump(store),
    [Symbol.asyncDispose]: async () => {
      await box[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
