/**
 * A host's power through its BMC: where it is set, how it is asked, and that whatever was done is written down.
 *
 * No turn of the database is held while a BMC is asked: it may take a minute, and nobody else is to wait for it.
 */
import { accept, refuse } from "../core/answer.ts";
import type { Answer, OperatorDesk, PowerReply } from "../core/ports.ts";
import { decodeBmc } from "../core/power-place.ts";
import {
  type BmcAnswer,
  type BmcView,
  CUTS_POWER,
  type OpenPower,
  type PowerPort,
  type PowerState,
  type PowerVerb,
} from "../core/power-port.ts";
import type { RunRow } from "../core/record.ts";
import { AWAITS_PERSON } from "../core/states.ts";
import { saveAct } from "../store/audit.ts";
import { loadHost } from "../store/hosts.ts";
import type { Store, Unit } from "../store/open.ts";
import { saveEffect } from "../store/outbox.ts";
import { type BmcRow, loadBmc, removeBmc, saveBmc, saveBmcPin, savePowerAct } from "../store/power.ts";
import { loadActiveRunOf } from "../store/runs.ts";
import { nowOf, type Office } from "./office.ts";
import { openPassword, sealPassword } from "./sealed.ts";

/** What asking a BMC needs. */
export interface PowerRoom {
  readonly store: Store;
  readonly boxKey: Uint8Array;
  readonly openPower: OpenPower;
  /** Now, by the clock of the record. */
  readonly nowMs: () => number;
}

/** What each verb is for a port. */
const DEEDS: Record<PowerVerb, (port: PowerPort, signal: AbortSignal) => Promise<BmcAnswer<PowerState | true>>> = {
  status: (port, signal) => port.state(signal),
  on: (port, signal) => port.on(signal),
  off: (port, signal) => port.off(signal),
  cycle: (port, signal) => port.cycle(signal),
  pxe: (port, signal) => port.bootOnce("pxe", signal),
  "identify-on": (port, signal) => port.identify(true, signal),
  "identify-off": (port, signal) => port.identify(false, signal),
};

/** The certificate of the first contact is kept before anything secret is sent, and written down for whoever compares it. */
const keepPin = ({ store, nowMs }: PowerRoom, { hostId, setMs }: BmcRow, pin: string): Promise<void> =>
  store.turn(async (unit) => {
    const now = await loadBmc(unit.db, hostId);
    if (now === null || now.pin !== null || now.setMs !== setMs) return; // set anew meanwhile: that one is met by itself
    saveBmcPin(unit, hostId, pin);
    saveAct(unit, { atMs: nowMs(), by: "box", what: "bmc-certificate-taken", hostId, detail: `SHA-256 ${pin}` });
  });

/** Asks a host's BMC; null when none is set. */
export const askPower = async (
  room: PowerRoom,
  hostId: string,
  verb: PowerVerb,
  signal: AbortSignal,
): Promise<BmcAnswer<PowerState | true> | null> => {
  const row = await room.store.turn(({ db }) => loadBmc(db, hostId));
  if (row === null) return null;
  const { kind, address, port, user, pin } = row;
  const password = openPassword(room.boxKey, row, row.sealedPassword);
  if (password === null)
    return {
      ok: false,
      trouble: {
        code: "failed",
        message: "The box cannot read the BMC's password: its key changed. Set the BMC anew.",
      },
    };
  const access = { hostId, kind, address, port, user, password, pin };
  return DEEDS[verb](
    room.openPower(access, (shown) => keepPin(room, row, shown)),
    signal,
  );
};

/** What an answer is in the record. */
export const detailOf = (answer: BmcAnswer<PowerState | true>): string => {
  if (!answer.ok) return answer.trouble.message;
  return answer.value === true ? "" : answer.value;
};

/** A host that may be acted on. */
const isRegistered = async ({ db }: Unit, hostId: string): Promise<boolean> =>
  (await loadHost(db, hostId))?.removedMs === null;

const noHost = refuse("not-found", "There is no such host.");
const noBmc = refuse("not-found", "No BMC is set for this host.");

const roomOf = (office: Office): PowerRoom => ({ ...office, nowMs: () => nowOf(office) });

const loadHeld = async ({ db }: Unit, hostId: string): Promise<RunRow | null> => {
  const run = await loadActiveRunOf(db, hostId);
  return run !== null && AWAITS_PERSON.has(run.state) ? run : null;
};

/** How long a BMC that is forgotten is asked to end the LED. */
const DOUSE_MS = 10_000;

/** Afterwards nobody could end it, and one that was set by mistake blinks on a server to which nobody is to walk. Whatever comes of it. */
const douse = async (office: Office, hostId: string): Promise<void> => {
  if ((await office.store.turn((unit) => loadHeld(unit, hostId))) === null) return;
  await askPower(roomOf(office), hostId, "identify-off", AbortSignal.timeout(DOUSE_MS));
};

/** Sets a host's BMC. */
export const setHostBmc = async (
  office: Office,
  hostId: string,
  input: Parameters<OperatorDesk["setBmc"]>[1],
  by: string,
): Promise<Answer<BmcView>> => {
  const bmc = decodeBmc(input);
  if (bmc.ok) await douse(office, hostId);
  return office.store.turn(async (unit) => {
    if (!(await isRegistered(unit, hostId))) return noHost;
    if (!bmc.ok) return bmc;
    const { password, ...place } = bmc.value;
    const setMs = nowOf(office);
    const sealedPassword = sealPassword(office.boxKey, office.random, { hostId, ...place }, password);
    saveBmc(unit, { hostId, ...place, sealedPassword, pin: null, setMs, setBy: by });
    const detail = `${place.kind} ${place.user} at ${place.address} port ${place.port}`;
    saveAct(unit, { atMs: setMs, by, what: "bmc-set", hostId, detail });
    const held = await loadHeld(unit, hostId);
    if (held !== null) {
      saveEffect(unit, { runId: held.id, kind: "identifyHost", createdMs: setMs });
      unit.afterCommit(() => office.effectsWait());
    }
    return accept({ ...place, pin: null, setMs, setBy: by });
  });
};

/** Forgets a host's BMC. */
export const removeHostBmc = async (office: Office, hostId: string, by: string): Promise<Answer<true>> => {
  await douse(office, hostId);
  return office.store.turn(async (unit) => {
    if (!(await isRegistered(unit, hostId))) return noHost;
    if ((await loadBmc(unit.db, hostId)) === null) return noBmc;
    removeBmc(unit, hostId);
    saveAct(unit, { atMs: nowOf(office), by, what: "bmc-removed", hostId });
    return accept(true);
  });
};

/** How long an operator waits. A BMC that takes longer is asked on, but nobody looks. */
const OPERATOR_MS = 55_000;

/** What speaks against a verb, and the run that it would touch. The wish is written down before it is carried out, so that no cut power hides it. */
const admit = (
  office: Office,
  hostId: string,
  { verb, force }: Parameters<OperatorDesk["power"]>[1],
  by: string,
): Promise<Answer<{ readonly runId: string | null }>> =>
  office.store.turn(async (unit) => {
    if (!(await isRegistered(unit, hostId))) return noHost;
    if ((await loadBmc(unit.db, hostId)) === null) return noBmc;
    const runId = (await loadActiveRunOf(unit.db, hostId))?.id ?? null;
    if (CUTS_POWER.has(verb) && runId !== null && !force)
      return refuse("host-busy", `This host has the run ${runId}, which is not over. Cancel it first, or force it.`);
    if (verb !== "status")
      saveAct(unit, {
        ...{ atMs: nowOf(office), by, what: `power-${verb}`, hostId },
        ...(runId === null ? {} : { runId, detail: force ? "forced, in a run" : "in a run" }),
      });
    return accept({ runId });
  });

/** Carries out an operator's power verb. */
export const powerHost = async (
  office: Office,
  hostId: string,
  input: Parameters<OperatorDesk["power"]>[1],
  by: string,
): Promise<Answer<PowerReply>> => {
  const admitted = await admit(office, hostId, input, by);
  if (!admitted.ok) return admitted;
  const { verb } = input;
  const answer = await askPower(roomOf(office), hostId, verb, AbortSignal.timeout(OPERATOR_MS));
  if (answer === null) return noBmc;
  const { runId } = admitted.value;
  if (verb !== "status")
    await office.store.turn((unit) => {
      const atMs = nowOf(office);
      const act = { hostId, runId, deed: verb, by, ok: answer.ok, detail: detailOf(answer), atMs };
      return savePowerAct(unit, act, atMs); // each press of a person is an act of its own
    });
  if (!answer.ok) return refuse("bmc-trouble", answer.trouble.message);
  return accept({ verb, state: answer.value === true ? null : answer.value });
};
