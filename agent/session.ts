/**
 * What one boot's agent processes hand on to each other: the key of the claim, the session token, and how many of them there were. It lies on a
 * tmpfs, readable by root alone, and is gone with the boot.
 */
import { join } from "node:path";
import * as v from "valibot";
import { loadFile, saveFile } from "./system/durable.ts";
import type { Random } from "./system/random.ts";

const Session = v.object({
  runId: v.string(),
  bootId: v.string(),
  claimKey: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  agentStart: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  sessionToken: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
});
/** See above. */
export type Session = v.InferOutput<typeof Session>;

const pathOf = (stateDir: string): string => join(stateDir, "session.json");

const loadSession = (stateDir: string): Session | null => {
  try {
    const parsed = v.safeParse(Session, JSON.parse(loadFile(pathOf(stateDir))?.toString("utf8") ?? "null"));
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // unreadable is the same as absent: a claim with a new key is all that can be tried
  }
};

/** Saves the session; whole or not at all. */
export const saveSession = (stateDir: string, session: Session): void =>
  saveFile(pathOf(stateDir), `${JSON.stringify(session)}\n`);

/** Begins this process's part of the boot's session: continues what is there, or starts one. Saved before it is used, so a lost answer to a claim can be asked for again. */
export const openSession = (stateDir: string, runId: string, bootId: string, random: Random): Session => {
  const before = loadSession(stateDir);
  const session: Session =
    before !== null && before.runId === runId && before.bootId === bootId
      ? { ...before, agentStart: before.agentStart + 1 }
      : { runId, bootId, claimKey: random.hex(16), agentStart: 1 };
  saveSession(stateDir, session);
  return session;
};
