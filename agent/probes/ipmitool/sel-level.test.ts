import { describe, expect, test } from "bun:test";
import { growthOfSel, parseSelLevel, type SelLevel } from "./sel-level.ts";

/** As ipmitool 1.8.19 printed it of `ipmi_sim`, in the C locale. */
const info = (
  entries: number,
  added: string,
  deleted: string,
  over: { free?: number; overflow?: boolean } = {},
) => `SEL Information
Version          : 1.5 (v1.5, v2 compliant)
Entries          : ${entries}
Free Space       : ${over.free ?? 15_968} bytes 
Percent Used     : 0%
Last Add Time    : ${added}
Last Del Time    : ${deleted}
Overflow         : ${over.overflow ?? false}
Supported Cmds   : 'Delete' 'Reserve' 
`;
const levelOf = (text: string): SelLevel => {
  const parsed = parseSelLevel(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.facts;
};
const NEVER = "Not Available";
const lastAddedMs = Date.UTC(2026, 10, 21, 11, 20, 0);

describe("parseSelLevel", () => {
  test("reads count, moments, and whether the log is full", () => {
    expect(levelOf(info(2, "11/21/26 11:20:00 UTC", NEVER))).toEqual({
      entryCount: 2,
      lastAdded: "11/21/26 11:20:00 UTC",
      lastAddedMs,
      isFull: false,
    });
    expect(levelOf(info(0, "11/21/2026 11:20:00", "11/21/2026 11:20:00"))).toMatchObject({
      lastAddedMs,
      lastDeleted: "11/21/2026 11:20:00",
    });
    expect(levelOf(info(0, NEVER, NEVER))).toEqual({ entryCount: 0, isFull: false });
    expect(levelOf(info(9, NEVER, NEVER, { overflow: true })).isFull).toBe(true);
    expect(levelOf(info(9, NEVER, NEVER, { free: 0 })).isFull).toBe(true);
  });

  test("a moment of another zone is compared, and not guessed", () => {
    expect(levelOf(info(2, "09/20/2026 01:40:17 PM EDT", NEVER))).toEqual({
      entryCount: 2,
      lastAdded: "09/20/2026 01:40:17 PM EDT",
      isFull: false,
    });
  });

  test("anything else is not understood", () => {
    for (const text of ["", "Get SEL Info command failed", "Entries : many\n", "\u0000".repeat(100_000)])
      expect(parseSelLevel(text).ok).toBe(false);
    expect(levelOf(info(1, `${"9".repeat(5_000)} | |`, NEVER)).lastAdded).toHaveLength(60);
  });
});

describe("growthOfSel", () => {
  const grown = (before: string, after: string) => growthOfSel(levelOf(before), levelOf(after));
  const two = info(2, "11/21/26 11:20:00 UTC", NEVER);

  test("counts what came", () => {
    expect(grown(two, two)).toEqual({ newCount: 0, isCleared: false, isOverwritten: false });
    const four = info(4, "11/21/26 11:20:01 UTC", NEVER);
    expect(grown(two, four)).toEqual({ newCount: 2, isCleared: false, isOverwritten: false });
  });

  test("after a clearing everything is new, also when there is more than before", () => {
    const cleared = { isCleared: true, isOverwritten: false };
    expect(grown(two, info(0, "11/21/26 11:20:01 UTC", "11/21/26 11:20:01 UTC"))).toEqual({ newCount: 0, ...cleared });
    expect(grown(two, info(5, "11/21/26 11:20:09 UTC", "11/21/26 11:20:01 UTC"))).toEqual({ newCount: 5, ...cleared });
    // A BMC that keeps no time of it.
    expect(grown(two, info(1, "11/21/26 11:20:09 UTC", NEVER))).toEqual({ newCount: 1, ...cleared });
  });

  test("a log whose oldest entries make room has as many as before, and another time", () => {
    const later = info(2, "11/21/26 11:25:00 UTC", NEVER, { free: 0 });
    expect(grown(two, later)).toEqual({ newCount: 2, isCleared: false, isOverwritten: true });
  });
});
