/** Figures of the benches: medians, percentiles, a process's CPU time, and columns to read them in. */
import { readdirSync, readFileSync } from "node:fs";

/** The value below which `share` of the values lie; nearest rank. Throws on none: a bench without samples measured nothing. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new Error("no samples");
  return found;
};

/** The middle value. */
export const median = (values: readonly number[]): number => percentile(values, 0.5);

/**
 * Seconds that a process's threads have run so far: the first figure of /proc/PID/task/TID/schedstat, in ns (Documentation/scheduler/sched-stats.rst).
 * /proc/PID/stat counts in hundredths, too coarse for one file. A thread that has ended is not counted.
 */
export const cpuSecondsOf = (pid: number): number => {
  const tasks = `/proc/${pid}/task`;
  const nanoseconds = readdirSync(tasks).map((tid) =>
    Number(readFileSync(`${tasks}/${tid}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
};

/** Rows as aligned text; numbers to the right. */
export const renderTable = (rows: readonly (readonly (string | number)[])[]): string => {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell.toFixed(2) : cell)));
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  return texts
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
};
