/** Why there is no connection, in a sentence that stays the same as long as the reason does: it is logged once. */
import { Fault } from "../../agent/system/fault.ts";
import type { BrokerAddress } from "./ports.ts";

/** Sentences by the codes of Node's sockets and TLS. */
const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was reset",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  ETIMEDOUT: "it does not answer",
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "no name server answers",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself, and ca does not name it",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not signed by the authority in ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not signed by the authority in ca",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate is not signed by the authority in ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is not signed by the authority in ca",
  CERT_HAS_EXPIRED: "its certificate has expired, or the box's clock is wrong",
  CERT_NOT_YET_VALID: "its certificate is not valid yet, or the box's clock is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

/** Sentences by the reason codes of MQTT 5 (2.4). */
const BY_REASON: Readonly<Record<number, string>> = {
  4: "it refuses the user name or the password",
  5: "it does not allow this box",
  134: "it refuses the user name or the password",
  135: "it does not allow this box to do that",
  138: "it has banned this box",
  142: "another client has taken this box's name: each box of a site needs its own",
  149: "it refuses messages of this size",
  151: "it has no room",
};

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;

const sentenceOf = (error: unknown): string => {
  const code = codeOf(error);
  if (typeof code === "number") return BY_REASON[code] ?? `it answers with reason code ${code}`;
  if (typeof code === "string" && BY_CODE[code] !== undefined) return BY_CODE[code];
  const words = error instanceof Error ? error.message : String(error);
  if (/connack timeout/i.test(words)) return "it does not answer as an MQTT broker";
  if (/alert|ssl|tls|certificate/i.test(words)) return "it ends the TLS handshake: does it want a client certificate?";
  return words === "" ? "the connection was closed" : words;
};

/** Why a try to connect, or a connection, came to an end. */
export const describeTrouble = (error: unknown, { host, port }: BrokerAddress): string => {
  if (error instanceof Fault)
    return error.code === "file-unreadable" ? `${String(error.context["path"])} cannot be read` : error.message;
  return `broker ${host}:${port}: ${sentenceOf(error)}`;
};
