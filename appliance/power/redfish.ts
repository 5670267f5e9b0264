/**
 * Redfish: power state, resets, one boot from the network, and the LED of the server (DMTF DSP0266). Few requests: BMCs are slow, and fall over when pressed.
 *
 * Every call opens a session and closes it again, for orphans fill a BMC's table; one without sessions is asked with Basic authentication.
 */
import * as v from "valibot";
import type { BmcAccess, PowerPort } from "../core/power-port.ts";
import { openPinnedHttps, type SendPinned } from "./pinned-https.ts";
import { type Ask, type Found, isFine, patchOneOf, read, refusalOf } from "./redfish-ask.ts";
import { identify } from "./redfish-identify.ts";
import {
  ActionInfo,
  bootOnceBodies,
  Collection,
  chooseReset,
  powerStateOf,
  type RESETS,
  Root,
  System,
  settingsPaths,
} from "./redfish-resources.ts";
import { answering, BmcFailure } from "./trouble.ts";

const ROOT = "/redfish/v1/";
/** The sum of a slow BMC's handshake and its work on one request. */
const REQUEST_MS = 20_000;
/** A session that cannot be closed in this time is left to the BMC's own timeout. */
const GOODBYE_MS = 5_000;
/** Members of the systems that are looked at: a chassis with accelerators lists their boards, too. */
const MAX_SYSTEMS = 8;

const readRoot = async (send: SendPinned, signal: AbortSignal): Promise<v.InferOutput<typeof Root>> => {
  const answer = await send({ method: "GET", path: ROOT }, signal);
  const root = v.safeParse(Root, answer.json);
  if (isFine(answer) && root.success) return root.output;
  throw new BmcFailure("not-a-bmc", `What answers is no Redfish service: ${ROOT} gives HTTP ${answer.status}.`);
};

/** Proof of who asks, and how it is given back. */
interface Login {
  readonly headers: Readonly<Record<string, string>>;
  readonly session: string | null;
}

const basic = ({ user, password }: BmcAccess): Login => ({
  headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` },
  session: null,
});

/** A path from a `Location`, which may be a whole URL; null for one that is none. */
const pathOf = (location: string | undefined): string | null => {
  if (location === undefined || !URL.canParse(location, "https://bmc")) return null;
  return new URL(location, "https://bmc").pathname;
};

const logIn = async (
  send: SendPinned,
  root: v.InferOutput<typeof Root>,
  access: BmcAccess,
  signal: AbortSignal,
): Promise<Login> => {
  const path = root.Links?.Sessions?.["@odata.id"];
  if (path === undefined) return basic(access);
  const body = { UserName: access.user, Password: access.password };
  const answer = await send({ method: "POST", path, body }, signal);
  if (answer.status === 401) throw refusalOf("log in", answer);
  const token = answer.headers["x-auth-token"];
  // Its table of sessions is full, or it has none: the other way, which every service has to offer, needs no table.
  if (!isFine(answer) || token === undefined) return basic(access);
  return { headers: { "x-auth-token": token }, session: pathOf(answer.headers["location"]) };
};

/** A conversation from log in to log out. */
const converse = async <T>(
  access: BmcAccess,
  send: SendPinned,
  signal: AbortSignal,
  work: (ask: Ask, systems: string) => Promise<T>,
): Promise<T> => {
  const root = await readRoot(send, signal);
  const { headers, session } = await logIn(send, root, access, signal);
  try {
    const ask: Ask = (request) => send({ ...request, headers: { ...headers, ...request.headers } }, signal);
    return await work(ask, root.Systems["@odata.id"]);
  } finally {
    // Also after an abort, and whatever comes of it: what was asked has its answer already.
    if (session !== null)
      await send({ method: "DELETE", path: session, headers }, AbortSignal.timeout(GOODBYE_MS)).catch(() => {});
  }
};

/** The first system that can be reset; else the first. */
const findSystem = async (ask: Ask, systems: string): Promise<Found> => {
  const [{ Members }] = await read(ask, systems, Collection);
  let first: Found | null = null;
  for (const { "@odata.id": path } of Members.slice(0, MAX_SYSTEMS)) {
    const [system, answer] = await read(ask, path, System);
    const found = { path, system, etag: answer.headers["etag"] ?? system["@odata.etag"] };
    if (system.Actions?.["#ComputerSystem.Reset"] !== undefined) return found;
    first ??= found;
  }
  if (first === null) throw new BmcFailure("unsupported", "The BMC knows no system.");
  return first;
};

/** The reset types that a system allows; null when it does not say. */
const allowedResets = async (ask: Ask, { system }: Found): Promise<readonly string[] | null> => {
  const reset = system.Actions?.["#ComputerSystem.Reset"];
  const direct = reset?.["ResetType@Redfish.AllowableValues"];
  if (direct !== undefined) return direct;
  const info = reset?.["@Redfish.ActionInfo"];
  if (info === undefined) return null;
  const [{ Parameters }] = await read(ask, info, ActionInfo);
  return Parameters.find(({ Name }) => Name === "ResetType")?.AllowableValues ?? null;
};

const reset = async (ask: Ask, found: Found, wish: keyof typeof RESETS): Promise<true> => {
  const target = found.system.Actions?.["#ComputerSystem.Reset"]?.target;
  if (target === undefined) throw new BmcFailure("unsupported", "The BMC offers no reset of this system.");
  const allowed = await allowedResets(ask, found);
  const type = chooseReset(wish, allowed);
  if (type === null)
    throw new BmcFailure("unsupported", `The BMC cannot do this; it allows ${allowed?.join(", ") ?? "nothing"}.`);
  const answer = await ask({ method: "POST", path: target, body: { ResetType: type } });
  if (!isFine(answer)) throw refusalOf(`do ${type}`, answer);
  return true;
};

const overrideBoot = async (ask: Ask, { path, system, etag }: Found): Promise<true> => {
  const targets = system.Boot?.["BootSourceOverrideTarget@Redfish.AllowableValues"];
  if (targets !== undefined && !targets.includes("Pxe"))
    throw new BmcFailure("unsupported", "The BMC does not offer a network boot.", targets.join(", "));
  const ways = settingsPaths(path, system).flatMap((place) =>
    bootOnceBodies(system).map((body) => ({ path: place, body, etag: place === path ? etag : undefined })),
  );
  const refusal = await patchOneOf(ask, ways, "change the next boot");
  if (refusal !== null) throw refusal;
  return true;
};

/** Opens the power port of a BMC that speaks Redfish. */
export const openRedfish = (
  access: BmcAccess,
  pinned: (pin: string) => Promise<void>,
  requestMs: number = REQUEST_MS,
): PowerPort => {
  const { address, port, pin } = access;
  const send = openPinnedHttps({ address, port, pin, pinned, requestMs });
  const withSystem = <T>(signal: AbortSignal, work: (ask: Ask, found: Found) => Promise<T>) =>
    answering(() => converse(access, send, signal, async (ask, systems) => work(ask, await findSystem(ask, systems))));
  return {
    state: (signal) => withSystem(signal, async (_ask, { system }) => powerStateOf(system)),
    // What is so already is not asked for: some answer it with an error.
    on: (signal) =>
      withSystem(signal, async (ask, found) => powerStateOf(found.system) === "on" || reset(ask, found, "on")),
    off: (signal) =>
      withSystem(signal, async (ask, found) => powerStateOf(found.system) === "off" || reset(ask, found, "off")),
    cycle: (signal) =>
      withSystem(signal, (ask, found) => reset(ask, found, powerStateOf(found.system) === "off" ? "on" : "cycle")),
    bootOnce: (_target, signal) => withSystem(signal, overrideBoot),
    identify: (on, signal) => withSystem(signal, (ask, found) => identify(ask, found, on)),
  };
};
