/**
 * Who may go now: the dispatcher's places and the lease of the box's link (R4).
 *
 * The link is shared by boot downloads, and by nobody with a network measurement: a measurement beside a download would blame a good server.
 */
import type { Run } from "./run.ts";
import { OCCUPIES_PLACE } from "./states.ts";

/** How a run uses the box's link now. */
type LinkUse = "download" | "measurement";

/** A run with its place in the order of all entries into states. The wall clock would not do: it may be set between two entries. */
export interface Placed extends Run {
  readonly enteredSeq: number;
}

/** What is settled of network measurements beside the record (`pairing.ts`). */
export interface Measurements {
  readonly places: ReadonlyMap<string, { readonly seq: number; readonly partner: { readonly id: string } | null }>;
  /** They wait for a partner, and leave the link to others meanwhile. */
  readonly seeking: ReadonlySet<string>;
}

/** Every measurement stands where it entered, alone. */
export const NO_PAIRS: Measurements = { places: new Map(), seeking: new Set() };

const linkUse = (run: Run): LinkUse | null => {
  if (run.state === "WaitingWoL" || run.state === "Booting") return "download";
  return run.state === "Network" ? "measurement" : null;
};

/** First come, first served; the id makes the order total. */
const byEntry = (a: Placed, b: Placed): number => a.enteredSeq - b.enteredSeq || (a.id < b.id ? -1 : 1);

/** The users of the link in line. */
const usersInLine = (runs: readonly Placed[], { places, seeking }: Measurements): readonly Placed[] =>
  runs
    .filter((run) => linkUse(run) !== null && !(run.state === "Network" && seeking.has(run.id)))
    .map((run) => {
      const seq = run.state === "Network" ? places.get(run.id)?.seq : undefined;
      return seq === undefined ? run : { ...run, enteredSeq: seq };
    })
    .sort(byEntry);

/** Ids of the runs that use the link and hold its lease; two that measure each other hold it together. The others of its users wait for them. */
export const linkHolders = (runs: readonly Placed[], measurements: Measurements = NO_PAIRS): ReadonlySet<string> => {
  const users = usersInLine(runs, measurements);
  const [first] = users;
  if (first === undefined) return new Set();
  if (linkUse(first) === "measurement") {
    const partnerOf = ({ id }: Run) => measurements.places.get(id)?.partner?.id;
    // Of each other's: a partner that came back in another attempt may have found another one.
    const isPartner = (run: Run) =>
      run.state === "Network" && partnerOf(first) === run.id && partnerOf(run) === first.id;
    return new Set(users.filter((run) => run === first || isPartner(run)).map((run) => run.id));
  }
  const measurement = users.findIndex((r) => linkUse(r) === "measurement");
  return new Set(users.slice(0, measurement === -1 ? users.length : measurement).map((r) => r.id));
};

/** Whether a run uses the link or is about to, without holding it: it waits, and its deadline waits with it. */
export const waitsForLink = (run: Run, holders: ReadonlySet<string>): boolean =>
  linkUse(run) !== null && !holders.has(run.id);

/**
 * Queued runs that get a place now, oldest first. None while a measurement holds the link or waits for it, and none that may write to disks while `mayWrite` is
 * false: others go ahead of them.
 */
export const nextToGo = <R extends Placed>(
  runs: readonly R[],
  places: number,
  measurements: Measurements = NO_PAIRS,
  mayWrite = true,
): readonly R[] => {
  if (usersInLine(runs, measurements).some((r) => linkUse(r) === "measurement")) return [];
  const free = Math.max(0, places - runs.filter((r) => OCCUPIES_PLACE.has(r.state)).length);
  return runs
    .filter((r) => r.state === "Queued" && (mayWrite || !r.destructive))
    .sort(byEntry)
    .slice(0, free);
};
