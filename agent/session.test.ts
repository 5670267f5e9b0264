import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "./fakes/system.ts";
import { openSession, saveSession } from "./session.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-session-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const random = seededRandom(7);
const open = (runId = "run-1", bootId = "boot-1") => openSession(dir, runId, bootId, random);

describe("openSession", () => {
  test("the second process of a boot keeps the key, and is the second", () => {
    const first = open();
    saveSession(dir, { ...first, sessionToken: "a".repeat(64) });
    expect(open()).toEqual({ ...first, agentStart: 2, sessionToken: "a".repeat(64) });
    expect(open().agentStart).toBe(3);
  });

  test("another boot or another run begins anew, without the token", () => {
    const first = open();
    saveSession(dir, { ...first, sessionToken: "a".repeat(64) });
    const rebooted = open("run-1", "boot-2");
    expect(rebooted).toEqual({ runId: "run-1", bootId: "boot-2", claimKey: rebooted.claimKey, agentStart: 1 });
    expect(rebooted.claimKey).not.toBe(first.claimKey);
    expect(open("run-2", "boot-2").agentStart).toBe(1);
  });

  test("a file that makes no sense begins anew", () => {
    for (const text of ["", "{", "null", '{"runId":"run-1","bootId":"boot-1","claimKey":"short","agentStart":0}']) {
      writeFileSync(join(dir, "session.json"), text);
      expect(open().agentStart).toBe(1);
    }
  });
});
