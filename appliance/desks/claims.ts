/** How an agent comes in: hello, claim, and the check of its session token. */
import { PROTOCOL_VERSION, WIRE_PERIODS } from "../../agent/wire/limits.ts";
import type { ClaimAnswer, ClaimRequest, HelloAnswer, HelloRequest } from "../../agent/wire/messages.ts";
import { accept, refuse } from "../core/answer.ts";
import type { Answer } from "../core/ports.ts";
import type { RunRow } from "../core/record.ts";
import { TERMINAL } from "../core/states.ts";
import { saveAct, saveAttempt } from "../store/audit.ts";
import { saveAgentStep } from "../store/boots.ts";
import { loadHost } from "../store/hosts.ts";
import type { Db, Unit } from "../store/open.ts";
import { loadRun, saveTouch } from "../store/runs.ts";
import { type EnrolmentRow, loadEnrolments, loadSessions, type SessionRow, saveClaim } from "../store/sessions.ts";
import { applyEvent, noteHeard, nowOf, type Office } from "./office.ts";
import { hashSecret, sameHash, sessionTokenOf } from "./secrets.ts";
import { turnNow } from "./turn-now.ts";

/** What a bearer turned out to be. */
type Credential =
  | { readonly kind: "session"; readonly session: SessionRow }
  | { readonly kind: "enrol"; readonly enrolment: EnrolmentRow }
  | { readonly kind: "none" };

/** By the run that the path names: a token of one run opens no other. */
const identify = async (db: Db, runId: string, bearer: string): Promise<Credential> => {
  const hash = hashSecret(bearer);
  const session = (await loadSessions(db, runId)).find((s) => sameHash(s.tokenHash, hash));
  if (session !== undefined) return { kind: "session", session };
  const enrolment = (await loadEnrolments(db, runId)).find((e) => sameHash(e.codeHash, hash));
  return enrolment === undefined ? { kind: "none" } : { kind: "enrol", enrolment };
};

const noSuchToken = refuse(
  "token-invalid",
  "No valid code or token for this run. Boot the server again for a new one.",
);
const noRun = refuse("not-found", "There is no such run.");

/** Enough of a boot id to tell two boots apart. */
const bootOf = (body: { readonly bootId: string }): string => `boot ${body.bootId.slice(0, 8)}`;

/** A run that is over and whose agent has acknowledged it hears nobody any more. */
const isClosed = (run: RunRow): boolean => TERMINAL.has(run.state) && run.command === null;

/** Refuses a credential that does not fit this boot of this host; null when it fits. */
const misfit = (
  credential: Credential,
  body: { readonly mac: string; readonly bootId: string },
  hostMac: string,
  nowMs: number,
): Answer<never> | null => {
  if (credential.kind === "none") return noSuchToken;
  // Said before used or expired: a server on the wrong port is a cabling matter, and its code may still be good.
  if (body.mac !== hostMac) return refuse("mac-mismatch", "This run belongs to another MAC address.", "mac");
  // A token lives in the RAM of one boot; one that turns up in another boot was carried there.
  if (credential.kind === "session") return credential.session.bootId === body.bootId ? null : noSuchToken;
  const { usedMs, expiresMs, bootId } = credential.enrolment;
  if (usedMs !== null && bootId !== body.bootId)
    return refuse("enrol-used", "This enrol code was used by another boot. Boot the server again for a new one.");
  if (usedMs === null && nowMs >= expiresMs)
    return refuse("enrol-expired", "This enrol code is older than 10 minutes. Boot the server again for a new one.");
  return null;
};

/** Checks a session token. */
export const authorise = (office: Office, runId: string, bearer: string): Promise<Answer<true>> =>
  office.store.turn(async ({ db }) => {
    const run = await loadRun(db, runId);
    if (run === null || isClosed(run)) return noSuchToken;
    const hash = hashSecret(bearer);
    const known = (await loadSessions(db, runId)).some((s) => sameHash(s.tokenHash, hash));
    return known ? accept(true) : noSuchToken;
  });

/** "I booted; here is my address." */
export const hello = (
  office: Office,
  runId: string,
  bearer: string,
  body: HelloRequest,
): Promise<Answer<HelloAnswer>> =>
  office.store.turn(async (unit) => {
    const nowMs = nowOf(office);
    const run = await loadRun(unit.db, runId);
    const host = run === null ? null : await loadHost(unit.db, run.hostId);
    if (run === null || host === null) return noRun;
    const wrong = misfit(await identify(unit.db, runId, bearer), body, host.mac, nowMs);
    if (wrong !== null) return wrong;
    if (isClosed(run)) return noSuchToken;
    // The code is not burned here: a hello that is lost on the way, or said twice, costs the server nothing.
    const words = [body.address, `agent ${body.agentVersion}`, body.cpuModel, bootOf(body)];
    const detail = words.filter((w) => w !== undefined).join(", ");
    await saveAgentStep(unit, { mac: host.mac, step: "hello", atMs: nowMs, detail, complete: true }, host.id, runId);
    if (body.address !== undefined && body.address !== run.address) saveTouch(unit, run, { address: body.address });
    return accept({ protocol: PROTOCOL_VERSION, serverTimeMs: nowMs, heartbeatMs: WIRE_PERIODS.heartbeatMs });
  });

/** A claim that was let in: the token, and whether the code is burned by it. */
interface Entry {
  readonly token: string;
  readonly burn: EnrolmentRow | null;
}

/** Lets a fitting credential in. A used code opens only for the claim that used it. */
const enter = (office: Office, credential: Credential, bearer: string, body: ClaimRequest): Answer<Entry> => {
  if (credential.kind === "none") return noSuchToken;
  if (credential.kind === "session") return accept({ token: bearer, burn: null });
  const { enrolment } = credential;
  if (enrolment.usedMs !== null && enrolment.claimKeyHash !== hashSecret(body.claimKey))
    return refuse("enrol-used", "This enrol code was used already. Boot the server again for a new one.");
  const token = sessionTokenOf(office.boxKey, enrolment.codeHash, body.claimKey, body.bootId);
  return accept({ token, burn: enrolment.usedMs === null ? enrolment : null });
};

/** A repeated claim is answered with its token only while that session lives: a newer boot may have ended it. */
const isEnded = async (db: Db, runId: string, entry: Entry): Promise<boolean> =>
  entry.burn === null && !(await loadSessions(db, runId)).some((s) => sameHash(s.tokenHash, hashSecret(entry.token)));

const recordEntry = async (
  unit: Unit,
  run: RunRow,
  mac: string,
  entry: Entry,
  body: ClaimRequest,
  atMs: number,
): Promise<void> => {
  const { burn } = entry;
  if (burn === null) return; // the same agent again, or its next process: nothing about the session changes
  saveClaim(unit, {
    ...{ codeHash: burn.codeHash, runId: run.id, bootId: body.bootId, atMs },
    claimKeyHash: hashSecret(body.claimKey),
    tokenHash: hashSecret(entry.token),
  });
  const detail = bootOf(body);
  await saveAgentStep(unit, { mac, step: "claim", atMs, detail, complete: true }, run.hostId, run.id);
  // A reboot is usual; two boots that claim in turns are a stolen code, and the list of acts shows it.
  if (run.bootId !== null && run.bootId !== body.bootId)
    saveAct(unit, { atMs, by: "agent", what: "claimed-again", runId: run.id, hostId: run.hostId, detail });
};

/** Swaps the enrol code for a session token. The same claim again gets the same answer. */
export const claim = (
  office: Office,
  runId: string,
  bearer: string,
  body: ClaimRequest,
): Promise<Answer<ClaimAnswer>> =>
  office.store.turn(async (unit) => {
    const nowMs = nowOf(office);
    const run = await loadRun(unit.db, runId);
    const host = run === null ? null : await loadHost(unit.db, run.hostId);
    if (run === null || host === null) return noRun;
    const credential = await identify(unit.db, runId, bearer);
    const wrong = misfit(credential, body, host.mac, nowMs);
    const entry = wrong ?? enter(office, credential, bearer, body);
    if (!entry.ok) {
      // Somebody holds a code that is not theirs: worth knowing, and written without the code.
      const detail = `${entry.refusal.code}, mac ${body.mac}, ${bootOf(body)}`;
      if (credential.kind !== "none")
        await saveAttempt(unit, { atMs: nowMs, by: "agent", what: "claim-refused", runId, hostId: host.id, detail });
      return entry;
    }
    if (isClosed(run) || (await isEnded(unit.db, runId, entry.value))) return noSuchToken;
    const event = { name: "claimed", bootId: body.bootId, agentStart: body.agentStart } as const;
    const { advance, row } = applyEvent(office, unit, run, event, "agent");
    // A session outlives its run by one command, so a restarted agent of an ended run is let in to hear it.
    if (advance.kind === "refused" && !(TERMINAL.has(run.state) && entry.value.burn === null))
      return refuse("out-of-turn", "This run does not wait for an agent.");
    await recordEntry(unit, run, host.mac, entry.value, body, nowMs);
    noteHeard(office, unit, row, null);
    const turn = await turnNow(office, unit.db, row);
    return accept({ sessionToken: entry.value.token, stages: [...row.plan], state: row.state, turn });
  });
