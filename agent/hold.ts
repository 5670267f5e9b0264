/**
 * The hold's key: root's one authorized key while a person decides, and none at any other time.
 *
 * The file is written whole with exactly one line. A marker beside it says that it is ours, so that a key which an image was built with is
 * not removed by us.
 */
import { join } from "node:path";
import { createBackoff, SLOW_MS } from "./backoff.ts";
import type { Client } from "./client.ts";
import { loadFile, removeFile, saveFile } from "./system/durable.ts";
import type { System } from "./system/system.ts";
import type { LogLevel } from "./wire/names.ts";

const KEYS = "root/.ssh/authorized_keys";
const MARKER = "root/.ssh/authorized_keys.vetbox-hold";

/** Removes the hold's key, if there is one. Answers whether there was. */
export const removeHoldKey = (rootDir: string): boolean => {
  const marker = join(rootDir, MARKER);
  if (loadFile(marker) === null) return false;
  removeFile(join(rootDir, KEYS));
  removeFile(marker);
  return true;
};

/** Installs a key that the wire's schema has checked: one line, no options, nothing that sshd could read as more. */
export const installHoldKey = (rootDir: string, runId: string, authorizedKey: string): void => {
  // The marker first: a process killed between the two leaves a marker without a key, which removing handles; never a key without a marker.
  saveFile(join(rootDir, MARKER), `${runId}\n`);
  saveFile(join(rootDir, KEYS), `${authorizedKey}\n`);
};

/** Fetches the key and installs it; goes on trying until the signal aborts. */
export const holdOpen = async (parts: {
  readonly system: System;
  readonly client: Client;
  readonly bearer: string;
  readonly bootId: string;
  readonly runId: string;
  readonly rootDir: string;
  readonly log: (level: LogLevel, text: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const { system, client, signal, log } = parts;
  const backoff = createBackoff(system.random);
  while (!signal.aborted) {
    const reply = await client.hold(parts.bearer, { bootId: parts.bootId }, signal);
    if (signal.aborted) return;
    if (reply.kind === "answer") {
      try {
        installHoldKey(parts.rootDir, parts.runId, reply.value.authorizedKey);
        return log("info", "held: the key of this run may log in as root");
      } catch (error) {
        log("error", `the hold key could not be installed: ${error instanceof Error ? error.message : String(error)}`);
      }
    } else if (reply.kind === "refused") log("warn", `the hold key was refused: ${reply.detail}`);
    await system.clock.sleep(reply.kind === "refused" ? SLOW_MS : backoff.nextMs(), signal);
  }
};
