/** Carries what waits to the box: one pump for each ring, one for the parcels. Each waits for its own answers, so a large file delays no log line. */
import { createBackoff, SLOW_MS } from "../backoff.ts";
import type { Bell } from "../bell.ts";
import { isUnacceptable, type Reply } from "../client.ts";
import type { System } from "../system/system.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import type { BatchAnswer, ResultRequest } from "../wire/messages.ts";
import type { ArtifactSlip, Parcel, Parcels } from "./parcels.ts";
import type { Numbered, Ring } from "./ring.ts";

/** What every pump has. */
export interface PumpParts {
  readonly system: System;
  readonly signal: AbortSignal;
  /** Rung when there is something new, or when everything must go now. */
  readonly bell: Bell;
  /** Told after each acknowledgement. */
  readonly onDelivered: () => void;
  /** Told in one sentence what went wrong with a message itself. */
  readonly onTrouble: (what: string) => void;
}

/** Half of the largest body: the entries' own bytes are not all of it. */
const BATCH_BYTES = WIRE_LIMITS.jsonBytes / 2;

/** Delivers a ring's entries every `periodMs`, for ever. */
export const pumpRing = async <Entry extends Numbered>(
  parts: PumpParts & {
    readonly what: string;
    readonly ring: Ring<Entry>;
    readonly periodMs: number;
    readonly post: (entries: readonly Entry[]) => Promise<Reply<BatchAnswer>>;
  },
): Promise<void> => {
  const { system, signal, ring } = parts;
  const backoff = createBackoff(system.random);
  let most: number = WIRE_LIMITS.batchEntries;
  while (!signal.aborted) {
    const entries = ring.batch(most, BATCH_BYTES);
    const last = entries.at(-1);
    if (last === undefined) {
      await parts.bell.wait(parts.periodMs, signal);
      continue;
    }
    const reply = await parts.post(entries);
    if (reply.kind === "answer" && reply.value.ackedSeq >= (entries[0]?.seq ?? 0)) {
      ring.acknowledge(reply.value.ackedSeq);
      parts.onDelivered();
      backoff.reset();
      most = Math.min(most * 2, WIRE_LIMITS.batchEntries);
      // What came meanwhile waits for the period, unless it is a backlog.
      if (ring.waitingCount < WIRE_LIMITS.batchEntries) await parts.bell.wait(parts.periodMs, signal);
    } else if (reply.kind === "refused" && isUnacceptable(reply)) {
      // One bad entry must not take its neighbours with it: halve until it is alone, then leave it out.
      if (entries.length > 1) most = Math.max(1, Math.floor(entries.length / 2));
      else {
        ring.acknowledge(last.seq);
        parts.onTrouble(`${parts.what} ${last.seq} was refused (${reply.code}) and left out: ${reply.detail}`);
        parts.onDelivered();
      }
    } else await system.clock.sleep(reply.kind === "refused" ? SLOW_MS : backoff.nextMs(), signal);
  }
};

/** How parcels are sent. */
export interface ParcelPost {
  artifact(slip: ArtifactSlip, bytes: Uint8Array<ArrayBuffer>): Promise<Reply<unknown>>;
  result(body: ResultRequest): Promise<Reply<unknown>>;
}

/** Delivers parcels in order, for ever. */
export const pumpParcels = async (
  parts: PumpParts & { readonly parcels: Parcels; readonly post: ParcelPost },
): Promise<void> => {
  const { system, signal, parcels } = parts;
  const backoff = createBackoff(system.random);
  const send = async (parcel: Parcel): Promise<Reply<unknown>> => {
    if (parcel.kind === "result") return parts.post.result(parcel.body);
    const bytes = parcels.bytesOf(parcel);
    if (bytes !== null) return parts.post.artifact(parcel, bytes);
    return { kind: "refused", status: 0, code: "invalid", detail: "its file is gone" };
  };
  while (!signal.aborted) {
    const parcel = parcels.first();
    if (parcel === undefined) {
      await parts.bell.wait(SLOW_MS, signal);
      continue;
    }
    const reply = await send(parcel);
    if (signal.aborted) return;
    if (reply.kind === "answer") {
      parcels.remove(parcel, "delivered");
      backoff.reset();
      parts.onDelivered();
    } else if (reply.kind === "refused" && isUnacceptable(reply)) {
      const what = parcel.kind === "result" ? `result of ${parcel.body.stage}` : `artifact ${parcel.name}`;
      parts.onTrouble(`${what} was refused (${reply.code}) and set aside: ${reply.detail}`);
      parcels.remove(parcel, "refused");
      parts.onDelivered();
    } else {
      // A box that is there but cannot take this file (its disk is full) may well take the result behind it.
      if (reply.kind === "later" && !reply.away && parcel.kind === "artifact") parcels.moveBehind(parcel);
      await system.clock.sleep(reply.kind === "refused" ? SLOW_MS : backoff.nextMs(), signal);
    }
  }
};
