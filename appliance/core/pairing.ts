/**
 * Pairs of hosts that measure each other, because their ports are faster than the box's link: who measures with whom, who waits for a partner, and where each
 * measurement stands in line for the link.
 *
 * A pair is settled once and stays as it is: its agents have been told. All of it is in memory; after a restart of the box, agents that are at work say so with
 * their heartbeats.
 */
import type { PairWish } from "../../agent/stages/network/spec.ts";

/** A run in Network. */
export interface Seeker {
  readonly id: string;
  readonly attempt: number;
  readonly enteredSeq: number;
  /** Since it entered Network. */
  readonly waitedMs: number;
  /** Null when its order asks for no partner. */
  readonly wish: PairWish | null;
  /** What its agent says. `unheard`: nothing yet since this process of the box began, so it may be at work. */
  readonly agent: "at-work" | "waits" | "unheard";
}

/** Two ports of one speed. */
export interface PairedPorts {
  readonly ownMac: string;
  readonly otherMac: string;
  readonly mbps: number;
}

/** Another run that measures with this one. */
export interface Partner {
  readonly id: string;
  readonly attempt: number;
  readonly role: "listens" | "calls";
  /** How long the other one may be busy with the box before it comes. */
  readonly otherBoxMs: number;
  readonly links: readonly PairedPorts[];
}

/** Where a measurement stands in line, and with whom. */
export interface Place {
  readonly attempt: number;
  /** Among all entries into states (`Placed` of `dispatch.ts`). */
  readonly seq: number;
  readonly partner: Partner | null;
  /** Its agent has been told. */
  readonly told: boolean;
}

/** The places by run. A run in Network without one waits for a partner, or was not heard of yet. */
export type Places = ReadonlyMap<string, Place>;

/** As many pairs of ports as a grant has room for. */
const MAX_LINKS = 16;

/** Ports of both that are of one speed and faster than the box's link, each used once, the fastest first. */
const likePorts = (own: PairWish, other: PairWish, boxMbps: number): readonly PairedPorts[] => {
  const free = other.ports.filter(({ mbps }) => mbps > boxMbps);
  const links = own.ports.flatMap(({ mac, mbps }): readonly PairedPorts[] => {
    const at = mbps > boxMbps ? free.findIndex((port) => port.mbps === mbps) : -1;
    const [port] = at === -1 ? [] : free.splice(at, 1);
    return port === undefined ? [] : [{ ownMac: mac, otherMac: port.mac, mbps }];
  });
  return links.slice(0, MAX_LINKS);
};

/** The ports by which two runs could measure each other; empty when they could not. */
const linksBetween = (one: Seeker, other: Seeker, boxMbps: number): readonly PairedPorts[] =>
  one.wish === null || other.wish === null || one.wish.load !== other.wish.load
    ? []
    : likePorts(one.wish, other.wish, boxMbps);

const wantsPartner = ({ wish }: Seeker, boxMbps: number | null): boolean =>
  boxMbps !== null && wish?.ports.some(({ mbps }) => mbps > boxMbps) === true;

const alone = ({ attempt }: Seeker, seq: number): Place => ({ attempt, seq, partner: null, told: false });

/** Both places of a pair. Who needs less time with the box does that first and calls then; the other one listens meanwhile. */
const pairPlaces = (one: Seeker, other: Seeker, links: readonly PairedPorts[], seq: number) => {
  const [oneMs, otherMs] = [one.wish?.boxMs ?? 0, other.wish?.boxMs ?? 0];
  const oneCalls = oneMs <= otherMs;
  const swapped = links.map(({ ownMac, otherMac, mbps }) => ({ ownMac: otherMac, otherMac: ownMac, mbps }));
  const place = (own: Seeker, partner: Seeker, calls: boolean, otherBoxMs: number, ports: readonly PairedPorts[]) => ({
    ...alone(own, seq),
    partner: {
      ...{ id: partner.id, attempt: partner.attempt, otherBoxMs, links: ports },
      role: calls ? ("calls" as const) : ("listens" as const),
    },
  });
  return [
    [one.id, place(one, other, oneCalls, otherMs, links)],
    [other.id, place(other, one, !oneCalls, oneMs, swapped)],
  ] as const;
};

/** What was settled before and still holds. A partner that has gone leaves only those behind whose agents do not know of it yet. */
const keepPlaces = (before: Places, seekers: readonly Seeker[]): Map<string, Place> => {
  const attempts = new Map(seekers.map(({ id, attempt }) => [id, attempt]));
  return new Map(
    seekers.flatMap(({ id, attempt, agent }) => {
      const place = before.get(id);
      if (place === undefined || place.attempt !== attempt) return [];
      const { partner, told } = place;
      const isThere = partner === null || attempts.get(partner.id) === partner.attempt;
      return isThere || told || agent === "at-work" ? [[id, place] as const] : [];
    }),
  );
};

/**
 * Settles what can be settled now. In the order of entry: who wants no partner, or waited for one long enough, measures alone; who finds a like one that waits,
 * measures with it. `nowSeq` is the place behind all that has entered so far: downloads that began while somebody waited end first.
 */
export const settlePlaces = (
  before: Places,
  seekers: readonly Seeker[],
  boxMbps: number | null,
  nowSeq: number,
): Places => {
  const places = keepPlaces(before, seekers);
  const line = [...seekers].sort((a, b) => a.enteredSeq - b.enteredSeq || (a.id < b.id ? -1 : 1));
  for (const one of line) {
    if (places.has(one.id)) continue;
    // What it was told before a restart of the box is not known; nobody else may be paired with it.
    if (one.agent === "at-work" || !wantsPartner(one, boxMbps)) places.set(one.id, alone(one, one.enteredSeq));
    else if (one.agent === "waits" && boxMbps !== null) {
      const found = line.find(
        (other) =>
          other.id !== one.id &&
          other.agent === "waits" &&
          !places.has(other.id) &&
          linksBetween(one, other, boxMbps).length > 0,
      );
      if (found !== undefined)
        for (const [id, place] of pairPlaces(one, found, linksBetween(one, found, boxMbps), nowSeq))
          places.set(id, place);
      else if (one.waitedMs >= (one.wish?.waitMs ?? 0)) places.set(one.id, alone(one, nowSeq));
    }
  }
  return places;
};

/** Those that wait for a partner. They do not use the link meanwhile: their partner may have to boot over it. */
export const seekersWithoutPlace = (places: Places, seekers: readonly Seeker[]): ReadonlySet<string> =>
  new Set(seekers.filter(({ id, agent }) => !places.has(id) && agent !== "unheard").map(({ id }) => id));
