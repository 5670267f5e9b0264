/** The box's own secret, from which session tokens follow. Made once; without it every agent would have to enrol again. */
import { join } from "node:path";
import { loadFile, saveFile } from "../agent/system/durable.ts";
import type { Random } from "../agent/system/random.ts";

const KEY_BYTES = 32;

/** Loads the key from the state folder, or makes it. A key of another length is a torn write and is made anew. */
export const openBoxKey = (stateDir: string, random: Random): Uint8Array => {
  const path = join(stateDir, "box.key");
  const kept = loadFile(path);
  if (kept?.length === KEY_BYTES) return kept;
  const key = Buffer.from(random.hex(KEY_BYTES), "hex");
  saveFile(path, key);
  return key;
};
