/** Who measures the network now and who waits, from the record and from what agents say; and what a measurement is given. */
import { pairWishOf } from "../../agent/stages/network/spec.ts";
import type { LinkGrant } from "../../agent/wire/order.ts";
import { type Measurements, NO_PAIRS } from "../core/dispatch.ts";
import { HELD_SILENT_MS } from "../core/due.ts";
import { type Partner, type Seeker, seekersWithoutPlace, settlePlaces } from "../core/pairing.ts";
import type { RunRow } from "../core/record.ts";
import { loadHost } from "../store/hosts.ts";
import type { Db } from "../store/open.ts";
import { loadRun } from "../store/runs.ts";
import { nowOf, type Office } from "./office.ts";

/** iperf3's own port: the addresses of a pair are its alone. */
const PEER_PORT = 5201;
/** A turn reaches an agent with its heartbeat, and each takes some seconds to look at its ports. */
const TOLD_LATE_S = 60;
/** A partner that measures against the box first may find it slow to answer. */
const LATE_SHARE = 1.2;

/** What the agent of a run in Network does, as far as the box has heard. */
const agentOf = (office: Office, run: RunRow): Seeker["agent"] => {
  const seen = office.presence.get(run.id);
  if (seen === undefined) return "unheard";
  if (seen.progress !== null) return "at-work";
  return nowOf(office) - seen.lastSeenMs > HELD_SILENT_MS ? "unheard" : "waits";
};

/** Settles who measures with whom, among the runs that are not over. A box without servers for measurements pairs nobody. */
export const lineUp = (office: Office, active: readonly RunRow[]): Measurements => {
  if (office.link === null) return NO_PAIRS;
  const seekers = active
    .filter(({ state }) => state === "Network")
    .map((run) => ({
      ...{ id: run.id, attempt: run.attempt, enteredSeq: run.enteredSeq },
      waitedMs: nowOf(office) - run.enteredMs,
      wish: pairWishOf(run.orders.Network?.order),
      agent: agentOf(office, run),
    }));
  office.measuring = settlePlaces(office.measuring, seekers, office.link.boxMbps(), office.store.feed.seq);
  return { places: office.measuring, seeking: seekersWithoutPlace(office.measuring, seekers) };
};

/** Addresses of a pair's ports: a network of four for each, of those that are for measurements (RFC 2544). */
const linksOf = ({ links, role }: Partner, seq: number) =>
  links.map(({ ownMac, mbps }, i) => {
    const at = (host: number) => `198.18.${seq % 256}.${4 * i + host}`;
    const [own, other] = role === "listens" ? [1, 2] : [2, 1];
    return { ownMac, ownAddress: `${at(own)}/30`, address: at(other), mbps };
  });

const peerOf = async (db: Db, partner: Partner, seq: number): Promise<LinkGrant["peer"]> => {
  const other = await loadRun(db, partner.id);
  const host = other === null ? null : await loadHost(db, other.hostId);
  const boxS = partner.role === "listens" ? (LATE_SHARE * partner.otherBoxMs) / 1_000 : 0;
  return {
    ...{ hostName: (host?.name ?? partner.id).slice(0, 100), port: PEER_PORT, role: partner.role },
    waitS: Math.ceil(boxS) + TOLD_LATE_S,
    links: linksOf(partner, seq),
  };
};

/** What a measurement that may begin is given; null while every port of the box is taken. */
const grantFor = async (office: Office, db: Db, run: RunRow): Promise<LinkGrant | null> => {
  const place = office.measuring.get(run.id);
  const server = office.link?.open({ runId: run.id, attempt: run.attempt }) ?? null;
  if (place === undefined || server === null) return null;
  office.measuring = new Map(office.measuring).set(run.id, { ...place, told: true });
  const boxMbps = office.link?.boxMbps() ?? null;
  return {
    ...{ kind: "link", ...server },
    ...(boxMbps === null ? {} : { boxMbps }),
    ...(place.partner === null ? {} : { peer: await peerOf(db, place.partner, place.seq) }),
  };
};

/** The other end for a run that holds the link. `wait` when there is none yet; null where the box has no servers for measurements. */
export const linkGrantOf = (office: Office, db: Db, run: RunRow): Promise<LinkGrant | "wait" | null> =>
  office.link === null ? Promise.resolve(null) : grantFor(office, db, run).then((grant) => grant ?? "wait");
