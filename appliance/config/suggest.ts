/** "Did you mean": the key that a mistyped one is nearest to. */

/** Edits (insert, delete, replace) between two words: Levenshtein's distance, one row at a time. */
export const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries())
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
};

/** Names the key that was probably meant, or all that are allowed. */
export const suggest = (key: string, allowed: readonly string[]): string => {
  const near = allowed
    .map((one) => ({ one, edits: distance(key.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, edits }) => edits <= Math.max(1, Math.floor(one.length / 2)))
    .sort((x, y) => x.edits - y.edits)[0];
  return near === undefined ? `allowed are ${allowed.join(", ")}` : `did you mean ${near.one}?`;
};
