/** What the box sees of itself: whether the servers' network has a carrier, and how much room the record has. */
import { statfs } from "node:fs/promises";
import { type Files, readAttribute } from "../../agent/system/files.ts";
import type { BoxFacts } from "./model-of.ts";

/** Looks. What cannot be asked is not told: `carrier` of an interface that is down refuses to be read (kernel.org: sysfs-class-net), and that is no carrier. */
export const readBoxFacts = async (
  files: Files,
  at: { readonly interfaceName: string; readonly stateDir: string },
): Promise<BoxFacts> => {
  const [carrier, room] = await Promise.all([
    readAttribute(files, `/sys/class/net/${at.interfaceName}/carrier`),
    statfs(at.stateDir).catch(() => null),
  ]);
  return {
    hasCarrier: carrier === "1",
    // As `df` counts it: what root alone may use is not free.
    disk: room === null ? null : { freeBytes: room.bavail * room.bsize, totalBytes: room.blocks * room.bsize },
  };
};
