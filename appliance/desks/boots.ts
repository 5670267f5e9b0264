/** The desk of the boot edges (`core/ports.ts`): what a MAC boots, and what was seen of it. */
import type { BootEvent } from "../core/boot.ts";
import type { BootDecision, BootDesk } from "../core/ports.ts";
import { BOOTABLE } from "../core/states.ts";
import { loadSightings, pruneBootEvents, saveBootEvent, saveSighting } from "../store/boots.ts";
import { loadHostByMac, loadHosts } from "../store/hosts.ts";
import type { Unit } from "../store/open.ts";
import { loadActiveRunOf } from "../store/runs.ts";
import { loadEnrolments, removeEnrolments, saveEnrolment } from "../store/sessions.ts";
import { applyEvent, nowOf, type Office } from "./office.ts";
import { hashSecret } from "./secrets.ts";

/** How long an enrol code is good for: a slow server takes minutes from its script to its agent. */
export const ENROL_TTL_MS = 10 * 60_000;

/** Unused codes that stay valid beside a new one. Firmware that asks twice may boot the script that it was given first. */
const SPARE_CODES = 1;

/** A repeat of the same thing within this time is not stored again. */
const REPEAT_MS = 5_000;

/** Sightings are written this often at most for one MAC. */
const SIGHTING_WRITE_MS = 30_000;

const mint = async (office: Office, unit: Unit, runId: string, mac: string): Promise<string> => {
  const nowMs = nowOf(office);
  const enrolCode = office.random.hex(16);
  const unused = (await loadEnrolments(unit.db, runId)).filter((e) => e.usedMs === null);
  removeEnrolments(
    unit,
    unused.slice(SPARE_CODES).map((e) => e.codeHash),
    nowMs,
  );
  saveEnrolment(unit, {
    ...{ codeHash: hashSecret(enrolCode), runId, mac, createdMs: nowMs, expiresMs: nowMs + ENROL_TTL_MS },
    ...{ usedMs: null, claimKeyHash: null, bootId: null },
  });
  return enrolCode;
};

/** Every script gets a code of its own, so a code that was read off the network is of no use once its boot has claimed. */
const decide = (office: Office, mac: string): Promise<BootDecision> =>
  office.store.turn(async (unit) => {
    const host = await loadHostByMac(unit.db, mac);
    if (host === null) return { kind: "unknown" };
    const run = await loadActiveRunOf(unit.db, host.id);
    if (run === null) return { kind: "local", reason: "no run waits for this server" };
    if (!BOOTABLE.has(run.state)) return { kind: "local", reason: `its run is ${run.state}` };
    applyEvent(office, unit, run, { name: "hostSeen" }, "box");
    return { kind: "boot", runId: run.id, enrolCode: await mint(office, unit, run.id, host.mac) };
  });

/** What was seen last of a MAC, so that a repeat costs no write. */
interface Seen {
  readonly event: BootEvent;
  readonly count: number;
  readonly writtenMs: number;
}

/** dnsmasq and firmware say most things several times in a second. */
const isRepeat = (event: BootEvent, last: BootEvent | undefined): boolean =>
  last !== undefined &&
  last.step === event.step &&
  last.detail === event.detail &&
  last.complete === event.complete &&
  event.atMs - last.atMs < REPEAT_MS;

const recordHostEvent = (office: Office, event: BootEvent): Promise<boolean> =>
  office.store.turn(async (unit) => {
    const host = await loadHostByMac(unit.db, event.mac);
    if (host === null) return false;
    const run = await loadActiveRunOf(unit.db, host.id);
    saveBootEvent(unit, event, host.id, run?.id ?? null);
    if (run === null) await pruneBootEvents(unit, event.mac);
    else applyEvent(office, unit, run, { name: "hostSeen" }, "box");
    return true;
  });

const recordStranger = (office: Office, event: BootEvent, count: number): Promise<void> =>
  office.store.turn(async (unit) => {
    const known = (await loadSightings(unit.db)).find((s) => s.mac === event.mac);
    await saveSighting(unit, {
      mac: event.mac,
      firstSeenMs: known?.firstSeenMs ?? event.atMs,
      lastSeenMs: event.atMs,
      count: (known?.count ?? 0) + count,
      detail: event.detail,
    });
  });

/** Opens the boot edges' desk. */
export const openBootDesk = (office: Office): BootDesk => {
  const hosts = new Map<string, BootEvent>();
  const strangers = new Map<string, Seen>();
  const seenStranger = async (event: BootEvent): Promise<void> => {
    const before = strangers.get(event.mac);
    const count = (before?.count ?? 0) + 1;
    const due = before === undefined || event.atMs - before.writtenMs >= SIGHTING_WRITE_MS;
    if (strangers.size > 1024) strangers.clear(); // made-up MACs; the table keeps the newest
    strangers.set(event.mac, { event, count: due ? 0 : count, writtenMs: due ? event.atMs : before.writtenMs });
    if (due) await recordStranger(office, event, count);
  };
  return {
    decide: (mac) => decide(office, mac.toLowerCase()),
    seen: async (given) => {
      const event = { ...given, mac: given.mac.toLowerCase(), atMs: Math.round(given.atMs) };
      if (isRepeat(event, hosts.get(event.mac))) return;
      if (await recordHostEvent(office, event)) hosts.set(event.mac, event);
      else await seenStranger(event);
    },
    knownMacs: () => office.store.turn(async ({ db }) => (await loadHosts(db)).map((h) => h.mac)),
  };
};
