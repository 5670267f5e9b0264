/** What an operator may set as a host's BMC. Pure. */
import * as v from "valibot";
import { accept, refuse } from "./answer.ts";
import type { Answer } from "./ports.ts";
import { BMC_KINDS, BMC_PORTS, type BmcKind } from "./power-port.ts";

/** A BMC as an operator gives it. The password comes with every change of it: one that is kept could be sent to an address that somebody else chose. */
export interface BmcInput {
  readonly kind: BmcKind;
  readonly address: string;
  /** The kind's own port when absent. */
  readonly port?: number | undefined;
  readonly user: string;
  readonly password: string;
}

/** Most bytes of a user's name and password. IPMI has fields of this size (IPMI 2.0, 22.28 and 22.30); Redfish leaves it to the BMC. */
const MAX_BYTES: Record<BmcKind, { readonly user: number; readonly password: number }> = {
  redfish: { user: 64, password: 256 },
  ipmi: { user: 16, password: 20 },
};

const MAX_PORT = 65_535;
/** A colon would end the name in Basic authentication (RFC 7617), a dash at the front would look like an option. */
const USER = /^[!-9;-~]+$/;
/** No control characters: a line break would end the password in ipmitool's file. */
const PASSWORD = /^[^\p{Cc}]+$/u;

const sizeBytes = (text: string): number => new TextEncoder().encode(text).length;
const isAddress = (text: string): boolean =>
  v.is(v.union([v.pipe(v.string(), v.ipv4()), v.pipe(v.string(), v.ipv6())]), text);

/** Decodes a BMC. Refusals never repeat the password. */
export const decodeBmc = (input: BmcInput): Answer<BmcInput & { readonly port: number }> => {
  const { kind, user, password } = input;
  const address = input.address.trim().toLowerCase();
  const port = input.port ?? BMC_PORTS[kind];
  const max = MAX_BYTES[kind];
  if (!BMC_KINDS.includes(kind)) return refuse("invalid", `The kind is one of ${BMC_KINDS.join(", ")}.`, "kind");
  if (!isAddress(address))
    return refuse(
      "invalid",
      "The address is an IP address: whoever answered for a name would be given the password.",
      "address",
    );
  if (!Number.isInteger(port) || port < 1 || port > MAX_PORT)
    return refuse("invalid", `The port is a whole number from 1 to ${MAX_PORT}.`, "port");
  if (!USER.test(user) || user.startsWith("-") || sizeBytes(user) > max.user)
    return refuse("invalid", `The user has 1 to ${max.user} letters, digits and signs, but no colon.`, "user");
  if (!PASSWORD.test(password) || sizeBytes(password) > max.password)
    return refuse("invalid", `The password has 1 to ${max.password} bytes and no control characters.`, "password");
  return accept({ kind, address, port, user, password });
};
