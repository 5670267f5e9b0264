/** Which of several groups each part goes to, so that as many places as possible are filled: a largest flow, by augmenting paths (Ford and Fulkerson 1956). Pure. */

/** Parts that suit the same groups. */
export interface PartKind {
  readonly count: number;
  /** Positions of the groups that they suit. */
  readonly suits: readonly number[];
}

/** How many parts of a kind went to a group. */
export interface Share {
  readonly group: number;
  count: number;
}

/** One way on: from a kind to a group that it suits and, unless the group has room, to a kind of which the group holds some. */
interface Way {
  readonly kind: number;
  readonly group: number;
  /** The way by which the kind was come to; null at the beginning. */
  readonly before: Way | null;
}

/** The places while they are filled. */
class Places {
  readonly #kinds: readonly PartKind[];
  readonly #room: number[];
  /** For each group the kinds that it holds, with their numbers. */
  readonly #held: readonly Map<number, number>[];
  /** Groups from which no room can be come to. It stays so: what ends in failure once ends so for ever. */
  readonly #closed = new Set<number>();

  constructor(rooms: readonly number[], kinds: readonly PartKind[]) {
    this.#kinds = kinds;
    this.#room = [...rooms];
    this.#held = rooms.map(() => new Map<number, number>());
  }

  /** Places as many of a kind as there is room for, moving others aside. */
  place(kind: number): void {
    let left = this.#kinds[kind]?.count ?? 0;
    while (left > 0) {
      const way = this.#findRoom(kind);
      if (way === null) return;
      left -= this.#move(way, left);
    }
  }

  /** What each kind got. */
  shares(): readonly (readonly Share[])[] {
    const shares = this.#kinds.map((): Share[] => []);
    for (const [group, held] of this.#held.entries())
      for (const [kind, count] of held) if (count > 0) shares[kind]?.push({ group, count });
    return shares;
  }

  #findRoom(kind: number): Way | null {
    const seen = new Set<number>();
    const asked = new Set([kind]);
    const todo: { readonly kind: number; readonly before: Way | null }[] = [{ kind, before: null }];
    for (const { kind: from, before } of todo) {
      for (const group of this.#kinds[from]?.suits ?? []) {
        if (seen.has(group) || this.#closed.has(group)) continue;
        seen.add(group);
        const way = { kind: from, group, before };
        if ((this.#room[group] ?? 0) > 0) return way;
        for (const [other, count] of this.#held[group] ?? [])
          if (count > 0 && !asked.has(other)) {
            asked.add(other);
            todo.push({ kind: other, before: way });
          }
      }
    }
    for (const group of seen) this.#closed.add(group);
    return null;
  }

  /** Moves along a way as many as fit through, and says how many. */
  #move(way: Way, left: number): number {
    let count = Math.min(left, this.#room[way.group] ?? 0);
    for (let at = way; at.before !== null; at = at.before)
      count = Math.min(count, this.#held[at.before.group]?.get(at.kind) ?? 0);
    this.#room[way.group] = (this.#room[way.group] ?? 0) - count;
    for (let at: Way | null = way; at !== null; at = at.before) {
      this.#add(at.group, at.kind, count);
      if (at.before !== null) this.#add(at.before.group, at.kind, -count);
    }
    return count;
  }

  #add(group: number, kind: number, count: number): void {
    const held = this.#held[group];
    held?.set(kind, (held.get(kind) ?? 0) + count);
  }
}

/** Fills groups, each with so many places, from kinds of parts; answers for each kind which groups got how many of it. */
export const fillGroups = (
  rooms: readonly number[],
  kinds: readonly PartKind[],
): readonly (readonly Readonly<Share>[])[] => {
  const places = new Places(rooms, kinds);
  for (const kind of kinds.keys()) places.place(kind);
  return places.shares();
};
