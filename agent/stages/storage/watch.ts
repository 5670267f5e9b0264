/** Watches a disk at work by the kernel's own counters: how much it moved, how fast, and whether it stalls. The tool is not asked, so a tool that hangs is seen. */
import { type Files, readAttribute } from "../../system/files.ts";

const SECTOR_BYTES = 512;

/** Bytes that a block device read and wrote so far (Documentation/block/stat.rst: third and seventh field, in sectors of 512). Null where the kernel does not say. */
export const readMoved = async (files: Files, devNumber: string): Promise<number | null> => {
  const fields = (await readAttribute(files, `/sys/dev/block/${devNumber}/stat`))?.split(/\s+/).map(Number);
  const [read, written] = [fields?.[2], fields?.[6]];
  if (read === undefined || written === undefined || !Number.isSafeInteger(read + written)) return null;
  return (read + written) * SECTOR_BYTES;
};

/** When it stalls. */
export interface StallRule {
  readonly percent: number;
  readonly forMs: number;
}

/** How it went. */
export interface Pace {
  readonly movedBytes: number;
  readonly nowMbps: number;
  readonly slowestMbps: number | undefined;
  readonly stalled: boolean;
}

/** Length of a stretch over which speed is measured: shorter ones are noise of queues and caches. */
export const STRETCH_MS = 10_000;
const MB = 1e6;
/** With fewer stretches there is no median to be below of. */
const LEAST_STRETCHES = 3;

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Follows a disk's counter. Pure but for what it remembers: one figure for each stretch. */
export const createWatch = (rule: StallRule, startMs: number, startBytes: number) => {
  const stretchMs = Math.min(STRETCH_MS, Math.max(500, rule.forMs / 4));
  const speeds: number[] = [];
  let begun = { ms: startMs, bytes: startBytes };
  let last = begun;
  let slowSinceMs: number | null = null;
  const endStretch = (nowMs: number, bytes: number): void => {
    const mbps = ((bytes - begun.bytes) / MB / (nowMs - begun.ms)) * 1_000;
    const slow = speeds.length >= LEAST_STRETCHES && mbps < (medianOf(speeds) * rule.percent) / 100;
    // A stall must not drag down the median that it is measured against.
    if (slow) slowSinceMs ??= begun.ms;
    else slowSinceMs = null;
    if (!slow) speeds.push(mbps);
    begun = { ms: nowMs, bytes };
  };
  return {
    see: (nowMs: number, bytes: number): Pace => {
      const nowMbps = nowMs > last.ms ? ((bytes - last.bytes) / MB / (nowMs - last.ms)) * 1_000 : 0;
      last = { ms: nowMs, bytes };
      if (nowMs - begun.ms >= stretchMs) endStretch(nowMs, bytes);
      return {
        movedBytes: bytes - startBytes,
        nowMbps: Math.max(0, nowMbps),
        slowestMbps: speeds.length === 0 ? undefined : Math.max(0, Math.min(...speeds.slice(-10_000))),
        stalled: slowSinceMs !== null && nowMs - slowSinceMs >= rule.forMs,
      };
    },
  };
};
