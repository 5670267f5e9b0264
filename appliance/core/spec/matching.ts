/** Gives as many seekers as possible a place that suits them: a largest matching, by augmenting paths (Kuhn 1955). Pure. */

/** For each seeker the place that it got; undefined where none was left. `suits` has for each seeker the places that would do, the best first. */
export const matchPlaces = (suits: readonly (readonly number[])[]): readonly (number | undefined)[] => {
  const holders = new Map<number, number>();
  const tryPlace = (seeker: number, asked: Set<number>): boolean => {
    for (const place of suits[seeker] ?? []) {
      if (asked.has(place)) continue;
      asked.add(place);
      const holder = holders.get(place);
      if (holder === undefined || tryPlace(holder, asked)) {
        holders.set(place, seeker);
        return true;
      }
    }
    return false;
  };
  for (const seeker of suits.keys()) tryPlace(seeker, new Set());
  const got = new Map([...holders].map(([place, seeker]) => [seeker, place]));
  return suits.map((_, seeker) => got.get(seeker));
};
