/** What one `bun test` of one file amounts to: its summary on stderr, counted strictly. */

/** Passed and failed, and why something that is no failing test counts as failed. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly reason: string | null;
}

const figure = (stderr: string, word: string): number | null => {
  const found = [...stderr.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))].at(-1)?.[1];
  return found === undefined ? null : Number(found);
};

/**
 * Counts one file's tests. A test that is skipped or put off counts as failed, and so does a file without tests, without a summary (it
 * crashed) or with an exit status that its summary does not explain: none of them proves anything.
 */
export const parseTally = (stderr: string, exitCode: number): Tally => {
  const passed = figure(stderr, "pass");
  const failed = figure(stderr, "fail");
  if (passed === null || failed === null)
    return { passed: 0, failed: 1, reason: `ended with ${exitCode} and no summary` };
  const idle = (figure(stderr, "skip") ?? 0) + (figure(stderr, "todo") ?? 0);
  if (idle > 0) return { passed, failed: failed + idle, reason: `${idle} skipped or put off` };
  if (passed + failed === 0) return { passed, failed: 1, reason: "no tests" };
  if (exitCode !== 0 && failed === 0) return { passed, failed: 1, reason: `ended with ${exitCode}` };
  return { passed, failed, reason: null };
};

/** Adds up tallies. */
export const sumTallies = (tallies: readonly Tally[]): { readonly passed: number; readonly failed: number } => ({
  passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
  failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
});
