/** `kill -9` of a real process on a real file: what was acknowledged is there. */
import { expect, test } from "bun:test";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadLogs } from "../../appliance/store/logs.ts";
import { openStore } from "../../appliance/store/open.ts";
import { loadAnswer } from "../../appliance/store/results.ts";
import { loadRun } from "../../appliance/store/runs.ts";

/** Lines of the child until it has said this many. */
const readLines = async (stream: ReadableStream<Uint8Array>, count: number): Promise<readonly string[]> => {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    if (text.split("\n").length > count) break;
  }
  return text.split("\n").slice(0, count);
};

test("openStore keeps every acknowledged result and line of a box that was killed while it wrote", async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-kill-"));
  try {
    const path = join(dir, "vetbox.db");
    const child = Bun.spawn(["bun", join(import.meta.dir, "killed-box.ts"), path], {
      stdout: "pipe",
      stderr: "inherit",
    });
    const [first = "{}", ...numbers] = await readLines(child.stdout, 30);
    child.kill("SIGKILL");
    await child.exited;
    const { runId, answer } = JSON.parse(first);
    await using store = await openStore({ path });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await store.turn(async ({ db }) => {
      expect((await loadAnswer(db, runId, { stage: "InventoryCheck", attempt: 1 }))?.answer).toEqual(answer);
      expect((await loadRun(db, runId))?.state).toBe("SMART");
      const lines = await loadLogs(db, runId, { afterId: 0, limit: 10_000 });
      expect(lines.length).toBeGreaterThanOrEqual(Number(numbers.at(-1)));
    });
  } finally {
    await rm(dir, { recursive: true });
  }
});
