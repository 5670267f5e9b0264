/** The `Range` header of one range (RFC 9110 §14.2). Pure. */

/** First byte and the byte after the last one. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** What part of a file is asked for: all of it without a header or with one of several ranges, which may be answered whole; null when it cannot be satisfied. */
export const parseRange = (header: string | null, sizeBytes: number): ByteRange | null => {
  const whole = { from: 0, to: sizeBytes };
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return whole;
  if (first === "") return last === "0" ? null : { from: Math.max(0, sizeBytes - Number(last)), to: sizeBytes };
  const to = last === "" ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  if (Number(first) >= sizeBytes) return null;
  return Number(first) < to ? { from: Number(first), to } : whole;
};
