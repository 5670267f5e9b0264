/**
 * How far the BMC's event log has come: `ipmitool sel info`. Pure, total, linear.
 *
 * Two of them tell whether entries came between, by one command each that takes the BMC no time; ipmitool's `sel elist last 1` walks through the whole log for
 * its last entry, over KCS some hundredths of a second for each.
 */
import { leadingCount, present } from "../label.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { fieldsOf } from "./fields.ts";
import { parseSel } from "./sel.ts";

/** The log at one moment. */
export interface SelLevel {
  readonly entryCount: number;
  /** As printed: it is only compared. Absent where the BMC keeps none. */
  readonly lastAdded?: string;
  readonly lastAddedMs?: number;
  /** Of the last clearing, or of the last entry that was deleted. */
  readonly lastDeleted?: string;
  /** Entries were lost, or the next one will be. */
  readonly isFull: boolean;
}

const NONE = "Not Available";
const momentOf = (raw: string | undefined): string | undefined =>
  raw === undefined || raw === NONE ? undefined : raw.slice(0, 60);

/** ipmitool prints moments here as it prints those of entries, in one column in place of two. */
const msOf = (moment: string | undefined): number | undefined => {
  const [, day = "", time = ""] = /^([^ |]+) ([^|]+)$/.exec(moment ?? "") ?? [];
  const entry = parseSel(`1 | ${day} | ${time} | x | x | Asserted`);
  return entry.ok ? entry.facts.events[0]?.atMs : undefined;
};

/** Reads `ipmitool sel info`. */
export const parseSelLevel = (text: string): Parsed<SelLevel> => {
  const fields = fieldsOf(text);
  const entryCount = leadingCount(fields.get("Entries"));
  if (entryCount === undefined) return notUnderstood("line 1", 'No "Entries" with a number, which sel info prints.');
  const lastAdded = momentOf(fields.get("Last Add Time"));
  return understood({
    entryCount,
    isFull: fields.get("Overflow") === "true" || leadingCount(fields.get("Free Space")) === 0,
    ...present({ lastAdded, lastAddedMs: msOf(lastAdded), lastDeleted: momentOf(fields.get("Last Del Time")) }),
  });
};

/** What came between two moments. */
export interface SelGrowth {
  readonly newCount: number;
  /** Entries that were there are not any more; all that are there now may be new. */
  readonly isCleared: boolean;
  /** As many as before, but others: the oldest made room. How many are new is told by their times alone. */
  readonly isOverwritten: boolean;
}

/** Compares two moments. */
export const growthOfSel = (before: SelLevel, after: SelLevel): SelGrowth => {
  const grown = after.entryCount - before.entryCount;
  const isCleared = grown < 0 || after.lastDeleted !== before.lastDeleted;
  const isOverwritten = grown === 0 && !isCleared && after.lastAdded !== before.lastAdded;
  return { newCount: isCleared || isOverwritten ? after.entryCount : grown, isCleared, isOverwritten };
};
