/** A machine for tests: files from a table, tools from a table, a clock that the test moves. What is not in the tables throws. */
import type { Exec, ExecResult } from "../system/exec.ts";
import type { Files } from "../system/files.ts";
import type { Random } from "../system/random.ts";
import type { System } from "../system/system.ts";
import { createFakeClock, type FakeClock } from "./clock.ts";

/** A tool's end with output, as `exec` gives it. */
export const exited = (stdout: string, exitCode = 0, stderr = ""): ExecResult => ({
  end: "exited",
  exitCode,
  signal: null,
  stdout,
  stderr,
  truncated: false,
  durationMs: 1,
});

/** Files that exist as listed; every directory above them too. A value that starts with `->` is where a link leads. */
export const tableFiles = (table: Readonly<Record<string, string>>): Files => ({
  readText: async (path) => (table[path]?.startsWith("->") ? null : (table[path] ?? null)),
  list: async (path) => {
    const below = Object.keys(table).filter((name) => name.startsWith(`${path}/`));
    return [...new Set(below.map((name) => name.slice(path.length + 1).split("/", 1)[0] ?? ""))].sort();
  },
  realPath: async (path) => (table[path]?.startsWith("->") ? (table[path]?.slice(2) ?? null) : null),
});

/** Repeatable numbers; the same seed gives the same series. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const unit = (): number => {
    // mulberry32: short, and good enough for jitter.
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    unit,
    hex: (bytes) =>
      Array.from({ length: bytes }, () =>
        Math.floor(unit() * 256)
          .toString(16)
          .padStart(2, "0"),
      ).join(""),
  };
};

const noTool: Exec = async ({ argv }) => {
  throw new Error(`unplanned tool: ${argv.join(" ")}`);
};

/** Puts a machine together. */
export const fakeSystem = (
  parts: { readonly exec?: Exec; readonly files?: Files; readonly clock?: FakeClock; readonly seed?: number } = {},
): System & { readonly clock: FakeClock } => ({
  exec: parts.exec ?? noTool,
  files: parts.files ?? tableFiles({}),
  clock: parts.clock ?? createFakeClock(),
  random: seededRandom(parts.seed ?? 1),
});
