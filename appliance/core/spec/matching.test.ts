/** Filling groups from parts: as many places as anybody could fill, and never more. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { fillGroups, type PartKind } from "./matching.ts";

test("fillGroups moves one that suits two groups aside for one that suits one", () => {
  const kinds = [
    { count: 1, suits: [0, 1] },
    { count: 1, suits: [0] },
  ];
  expect(fillGroups([1, 1], kinds)).toEqual([[{ group: 1, count: 1 }], [{ group: 0, count: 1 }]]);
});

/** Most places that can be filled, by trying everything. */
const most = (rooms: readonly number[], parts: readonly (readonly number[])[]): number => {
  const [first, ...rest] = parts;
  if (first === undefined) return 0;
  const placed = first
    .filter((group) => (rooms[group] ?? 0) > 0)
    .map(
      (group) =>
        1 +
        most(
          rooms.map((room, i) => (i === group ? room - 1 : room)),
          rest,
        ),
    );
  return Math.max(most(rooms, rest), ...placed);
};

test("fillGroups fills as many places as trying everything does, within each group's room and each kind's number", () => {
  const kind: fc.Arbitrary<PartKind> = fc.record({
    count: fc.integer({ min: 1, max: 2 }),
    suits: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.nat(2), { minLength: 4, maxLength: 4 }),
      fc.array(kind, { maxLength: 4 }),
      (rooms, kinds) => {
        const shares = fillGroups(rooms, kinds);
        const filled = rooms.map((_, group) =>
          shares.flat().reduce((sum, share) => sum + (share.group === group ? share.count : 0), 0),
        );
        expect(filled.every((count, group) => count <= (rooms[group] ?? 0))).toBe(true);
        for (const [i, { count, suits }] of kinds.entries()) {
          const own = shares[i] ?? [];
          expect(own.reduce((sum, share) => sum + share.count, 0)).toBeLessThanOrEqual(count);
          expect(own.every(({ group }) => suits.includes(group))).toBe(true);
        }
        const parts = kinds.flatMap(({ count, suits }) => Array.from({ length: count }, () => suits));
        expect(filled.reduce((sum, count) => sum + count, 0)).toBe(most(rooms, parts));
      },
    ),
    { numRuns: 500 },
  );
});

test("fillGroups: 4000 kinds that all suit 256 full groups are soon done with", () => {
  const rooms = Array.from({ length: 256 }, () => 2);
  const suits = [...rooms.keys()];
  const shares = fillGroups(
    rooms,
    Array.from({ length: 4000 }, () => ({ count: 1, suits })),
  );
  expect(shares.flat()).toHaveLength(512); // seconds here would be the test's own time limit
});
