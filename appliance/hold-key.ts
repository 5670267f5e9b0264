/** The SSH key of a hold: made for one held run, shown once, forgotten with the hold. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../agent/system/clock.ts";
import type { Exec } from "../agent/system/exec.ts";
import { Fault } from "../agent/system/fault.ts";
import type { Executors } from "./outbox.ts";
import { type HoldKey, needsHoldKey, revokeHoldKey, saveHoldKey } from "./store/holds.ts";
import type { Store } from "./store/open.ts";

/** `ssh-keygen` makes an Ed25519 key in milliseconds; a starved box may take longer. */
const KEYGEN_TIMEOUT_MS = 20_000;

/** OpenSSH's own fingerprint of a public key: SHA-256 of its blob, base64 without padding (ssh-keygen(1), `-l`). */
export const fingerprintOf = (publicKey: string): string => {
  const blob = Buffer.from(publicKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
};

/** Makes a pair of keys. The files are in a directory of their own under `scratchDir`, which is in RAM, and are gone when this returns. */
export const generateHoldKey = async (
  exec: Exec,
  scratchDir: string,
  comment: string,
  signal?: AbortSignal,
): Promise<HoldKey> => {
  const dir = await mkdtemp(join(scratchDir, "hold-"));
  try {
    const file = join(dir, "key");
    const argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file] as const;
    const ended = await exec({ argv, timeoutMs: KEYGEN_TIMEOUT_MS }, signal);
    if (ended.end !== "exited" || ended.exitCode !== 0)
      throw new Fault("tool-failed", { tool: "ssh-keygen", end: ended.end, stderr: ended.stderr.slice(0, 500) });
    const publicKey = (await readFile(`${file}.pub`, "utf8")).trim();
    return { publicKey, fingerprint: fingerprintOf(publicKey), privateKey: await readFile(file, "utf8") };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** The executors of the two effects of a hold. */
export const openHoldKeyEffects = (options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly exec: Exec;
  readonly scratchDir: string;
}): Pick<Executors, "issueHoldKey" | "revokeHoldKey"> => {
  const { store, clock, exec, scratchDir } = options;
  const nowMs = () => Math.round(clock.wallMs());
  return {
    issueHoldKey: async (runId, signal) => {
      if (!(await needsHoldKey(store, runId))) return;
      const key = await generateHoldKey(exec, scratchDir, `vetbox-${runId}`, signal);
      await saveHoldKey(store, runId, key, nowMs());
    },
    revokeHoldKey: (runId) => revokeHoldKey(store, runId, nowMs()),
  };
};
