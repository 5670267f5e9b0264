/** Redfish requests within one conversation: resources are read, and changed in the way that this BMC takes. */
import * as v from "valibot";
import type { BmcRequest, BmcResponse } from "./pinned-https.ts";
import { matchHeaders, problemOf, type System } from "./redfish-resources.ts";
import { BmcFailure } from "./trouble.ts";

/** An answer that does what was asked. */
export const isFine = ({ status }: BmcResponse): boolean => status >= 200 && status < 300;
/** The answers to a body or a path that this BMC does not take: another may do. */
const isOtherWay = ({ status }: BmcResponse): boolean => status >= 400 && status !== 401 && status !== 403;

/** What is said of an answer that does not do what was asked. */
export const refusalOf = (what: string, { status, json }: BmcResponse): BmcFailure => {
  const said = problemOf(json);
  if (status === 401) return new BmcFailure("refused-login", "The BMC refuses this user or password.", said);
  if (status === 403) return new BmcFailure("no-rights", `The BMC's user may not ${what}.`, said);
  if (status === 503) return new BmcFailure("busy", "The BMC is busy.", said);
  return new BmcFailure("failed", `The BMC did not ${what} (HTTP ${status}).`, said);
};

/** An open conversation: requests with the caller's proof of who it is. */
export type Ask = (request: BmcRequest) => Promise<BmcResponse>;

/** Reads a resource, with the answer that it came in. */
export const read = async <const Schema extends v.GenericSchema>(
  ask: Ask,
  path: string,
  schema: Schema,
): Promise<[v.InferOutput<Schema>, BmcResponse]> => {
  const answer = await ask({ method: "GET", path });
  if (!isFine(answer)) throw refusalOf(`show ${path}`, answer);
  const decoded = v.safeParse(schema, answer.json);
  if (!decoded.success) throw new BmcFailure("not-a-bmc", `What answers shows no Redfish resource at ${path}.`);
  return [decoded.output, answer];
};

/** A system with the place where it was found. */
export interface Found {
  readonly path: string;
  readonly system: System;
  readonly etag: string | undefined;
}

/** One way to change a resource: where, to what, and as which version it was read. */
export interface Way {
  readonly path: string;
  readonly body: object;
  readonly etag: string | undefined;
}

/** Tries each way with each proof of freshness, until one is taken; else answers how the first was refused. */
export const patchOneOf = async (ask: Ask, ways: readonly Way[], what: string): Promise<BmcFailure | null> => {
  let first: BmcFailure | null = null;
  for (const { path, body, etag } of ways)
    for (const headers of matchHeaders(etag)) {
      const answer = await ask({ method: "PATCH", path, body, headers });
      if (isFine(answer)) return null;
      if (!isOtherWay(answer)) throw refusalOf(what, answer);
      first ??= refusalOf(what, answer);
      // Only a missing or unwanted proof of freshness is cured by another one.
      if (answer.status !== 412 && answer.status !== 428) break;
    }
  return first;
};
