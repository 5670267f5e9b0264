/**
 * What the kernel has written since a moment. `dmesg -r` tells each line's time in microseconds since boot; the moment is that of the last line then. Pure.
 */
import { linesOf } from "../lines.ts";

/** The end of the log at some moment. */
export interface LogMark {
  /** Time of the last line; -1 for an empty log. */
  readonly atUs: number;
  /** Lines of that very time. */
  readonly sameCount: number;
}

const TIME = /^<\d{1,6}>\[ {0,12}(\d{1,9})\.(\d{6})\]/;

const timeOf = (line: string): number | undefined => {
  const found = TIME.exec(line);
  return found === null ? undefined : Number(found[1]) * 1_000_000 + Number(found[2]);
};

/** Where a log ends. */
export const markOf = (log: string): LogMark => {
  let atUs = -1;
  let counts = new Map<number, number>();
  for (const line of linesOf(log)) {
    const time = timeOf(line);
    if (time === undefined) continue;
    // Only the last time is asked for; processors' clocks differ by a little, so it may come twice with another between.
    if (time - atUs > 1_000_000) counts = new Map();
    atUs = time;
    counts.set(time, (counts.get(time) ?? 0) + 1);
  }
  return { atUs, sameCount: counts.get(atUs) ?? 0 };
};

/** The lines after a mark, by their place. `isCut`: the marked line is gone, so some after it may be as well; then those of a later time are told. */
export const linesSince = (
  log: string,
  { atUs, sameCount }: LogMark,
): { readonly text: string; readonly isCut: boolean } => {
  const [after, later]: [string[], string[]] = [[], []];
  let same = 0;
  let isLater = false;
  for (const line of linesOf(log)) {
    const time = timeOf(line);
    if (same >= sameCount) after.push(line);
    else if (time === atUs) same += 1;
    // A line without a time goes on with the one before it.
    isLater = time === undefined ? isLater : time > atUs;
    if (isLater) later.push(line);
  }
  const isCut = same < sameCount;
  return { text: (isCut ? later : after).join("\n"), isCut };
};
