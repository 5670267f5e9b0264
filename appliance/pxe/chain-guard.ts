/**
 * Stops a loop of loaders: a host whose old iPXE was replaced and which comes back as old as before gets its script as it is.
 *
 * What is kept is true of this process alone and may be lost: at worst a host is chained once more.
 */
import { isOldLoader } from "./script.ts";

/** Remembers whom it sent to a newer loader. */
export interface ChainGuard {
  /** Whether this loader may be replaced now. Asking counts as doing when the loader is old. */
  mayReplace(mac: string, userAgent: string, nowMs: number): boolean;
}

/** A replaced loader asks for its script within seconds; after this long it is another boot. */
const MEMORY_MS = 3 * 60_000;
const MAX_HOSTS = 1024;

/** Opens an empty guard. */
export const createChainGuard = (): ChainGuard => {
  const replacedMs = new Map<string, number>();
  return {
    mayReplace(mac, userAgent, nowMs) {
      const before = replacedMs.get(mac);
      replacedMs.delete(mac);
      if (!isOldLoader(userAgent)) return false;
      if (before !== undefined && nowMs - before < MEMORY_MS) return false;
      replacedMs.set(mac, nowMs);
      const [oldest] = replacedMs.keys();
      if (replacedMs.size > MAX_HOSTS && oldest !== undefined) replacedMs.delete(oldest);
      return true;
    },
  };
};
