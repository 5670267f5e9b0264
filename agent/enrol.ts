/** From boot to session: hello until the box answers, then claim until it hands over a token. Neither gives up, neither hurries a box that says no. */
import { createBackoff, SLOW_MS } from "./backoff.ts";
import type { Client, Reply } from "./client.ts";
import { parseCpuinfo } from "./probes/cpuinfo/parse.ts";
import { parseMemTotal } from "./probes/sysfs/parse.ts";
import type { Session } from "./session.ts";
import { readAttribute } from "./system/files.ts";
import type { System } from "./system/system.ts";
import { PROTOCOL_VERSION } from "./wire/limits.ts";
import type { ClaimAnswer, HelloAnswer, HelloRequest } from "./wire/messages.ts";
import type { LogLevel } from "./wire/names.ts";

/** Who this host is to the box. */
export interface Identity {
  readonly runId: string;
  /** `https://address:port`. */
  readonly url: string;
  /** SHA-256 of the box's certificate, hex. */
  readonly pin: string;
  /** The single-use code of the boot script. */
  readonly enrolCode: string;
  /** The interface that booted. */
  readonly mac: string;
  readonly bootId: string;
}

/** What enrolling needs. */
export interface EnrolParts {
  readonly system: System;
  readonly client: Client;
  readonly identity: Identity;
  readonly version: string;
  /** Address of the interface that booted, when it has one by now. */
  readonly address: () => string | undefined;
  readonly log: (level: LogLevel, text: string) => void;
  readonly signal: AbortSignal;
}

/** Asks until there is an answer; null when the signal aborted. */
const insist = async <T>(parts: EnrolParts, what: string, ask: () => Promise<Reply<T>>): Promise<T | null> => {
  const backoff = createBackoff(parts.system.random);
  let told = "";
  while (!parts.signal.aborted) {
    const reply = await ask();
    if (reply.kind === "answer") return reply.value;
    const why = reply.kind === "refused" ? `refused (${reply.code || reply.status}): ${reply.detail}` : reply.reason;
    // Said once for each reason, not once for each try of what may be hours.
    if (why !== told && !parts.signal.aborted)
      parts.log(reply.kind === "refused" ? "error" : "warn", `${what}: ${why}`);
    told = why;
    await parts.system.clock.sleep(reply.kind === "refused" ? SLOW_MS : backoff.nextMs(), parts.signal);
  }
  return null;
};

const helloOf = async ({ system, identity, version, address }: EnrolParts): Promise<HelloRequest> => {
  const text = async (path: string) => (await readAttribute(system.files, path)) ?? "";
  const uptimeS = Number((await text("/proc/uptime")).split(" ", 1)[0]);
  const memTotalBytes = parseMemTotal(await text("/proc/meminfo"));
  const cpuinfo = parseCpuinfo(await text("/proc/cpuinfo"));
  const cpuModel = cpuinfo.ok ? cpuinfo.facts.models[0] : undefined;
  const own = address();
  return {
    protocol: PROTOCOL_VERSION,
    bootId: identity.bootId,
    agentVersion: version,
    mac: identity.mac,
    uptimeMs: Number.isFinite(uptimeS) ? Math.round(uptimeS * 1000) : 0,
    clockMs: system.clock.wallMs(),
    ...(own === undefined ? {} : { address: own }),
    ...(memTotalBytes === undefined ? {} : { memTotalBytes }),
    ...(cpuModel === undefined ? {} : { cpuModel }),
  };
};

/** Says hello. The token of an earlier process of this boot, if there was one, speaks instead of the used-up code. */
export const sayHello = (parts: EnrolParts, session: Session): Promise<HelloAnswer | null> =>
  insist(parts, "hello", async () =>
    parts.client.hello(session.sessionToken ?? parts.identity.enrolCode, await helloOf(parts), parts.signal),
  );

/** Claims the run. */
export const claimRun = async (parts: EnrolParts, session: Session): Promise<ClaimAnswer | null> => {
  const uuid = (await readAttribute(parts.system.files, "/sys/class/dmi/id/product_uuid"))?.toLowerCase();
  const smbiosUuid = uuid !== undefined && /^[0-9a-f-]{36}$/.test(uuid) ? { smbiosUuid: uuid } : {};
  const body = {
    protocol: PROTOCOL_VERSION,
    bootId: parts.identity.bootId,
    mac: parts.identity.mac,
    claimKey: session.claimKey,
    agentStart: session.agentStart,
    ...smbiosUuid,
  } as const;
  return insist(parts, "claim", () =>
    parts.client.claim(session.sessionToken ?? parts.identity.enrolCode, body, parts.signal),
  );
};
