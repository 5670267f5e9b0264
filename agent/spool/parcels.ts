/**
 * Results and artifacts that wait for the box, in the order in which they were made, so that a stage's files arrive before its result.
 *
 * A result is never given up for want of room; artifacts are, the oldest first. Both lie in files: their bytes are not held in memory too, and
 * an agent that was killed finds them again.
 */
import { join } from "node:path";
import * as v from "valibot";
import { loadFile, makeDirectory, removeFile, savedNames, saveFile } from "../system/durable.ts";
import { Fault } from "../system/fault.ts";
import { fileName } from "../wire/fields.ts";
import { ResultRequest } from "../wire/messages.ts";
import { STAGE_STATES } from "../wire/names.ts";

const Artifact = v.object({
  stage: v.picklist(STAGE_STATES),
  attempt: v.number(),
  name: fileName,
  sha256: v.string(),
  sizeBytes: v.number(),
});
const Slip = v.variant("kind", [
  v.object({ kind: v.literal("artifact"), ...Artifact.entries }),
  v.object({ kind: v.literal("result"), body: ResultRequest }),
]);

/** Names an artifact that waits. */
export type ArtifactSlip = v.InferOutput<typeof Artifact>;
/** One parcel: an artifact, whose bytes are loaded when it is sent, or a result. */
export type Parcel = v.InferOutput<typeof Slip> & {
  /** Its place in the order. */
  readonly number: number;
};

/** Where and how much. */
export interface ParcelsOptions {
  readonly directory: string;
  /** Of all artifacts that wait. */
  readonly maxArtifactBytes: number;
  /** Told in one sentence what was lost or could not be saved. */
  readonly onTrouble: (what: string) => void;
}

/** Parcels that wait for their acknowledgement. */
export interface Parcels {
  putResult(body: ResultRequest): void;
  putArtifact(slip: ArtifactSlip, bytes: Uint8Array): void;
  /** The oldest parcel that waits. */
  first(): Parcel | undefined;
  /** An artifact's bytes; null when its file is gone. */
  bytesOf(parcel: Parcel): Uint8Array<ArrayBuffer> | null;
  /** Delivered, or refused for good: it waits no more. A refused result's file is kept aside for whoever looks. */
  remove(parcel: Parcel, fate: "delivered" | "refused"): void;
  /** Lets the others go first. */
  moveBehind(parcel: Parcel): void;
  readonly waitingCount: number;
  readonly resultCount: number;
}

const keyOf = (slip: v.InferOutput<typeof Slip>): string =>
  slip.kind === "result"
    ? `result ${slip.body.stage} ${slip.body.attempt}`
    : `artifact ${slip.stage} ${slip.attempt} ${slip.name}`;

const loadSlip = (path: string): v.InferOutput<typeof Slip> | null => {
  try {
    const parsed = v.safeParse(Slip, JSON.parse(loadFile(path)?.toString("utf8") ?? ""));
    return parsed.success ? parsed.output : null;
  } catch {
    return null; // not ours, or torn: a slip is written whole or not at all
  }
};

const loadParcels = (directory: string): Parcel[] =>
  savedNames(directory).flatMap((name) => {
    const number = /^(\d{8})\.json$/.exec(name)?.[1];
    const slip = number === undefined ? null : loadSlip(join(directory, name));
    return slip === null ? [] : [{ ...slip, number: Number(number) }];
  });

/** Opens the parcels of a directory, with what an earlier process of this boot left there. */
export const openParcels = ({ directory, maxArtifactBytes, onTrouble }: ParcelsOptions): Parcels => {
  makeDirectory(directory);
  const parcels = loadParcels(directory);
  let nextNumber = Math.max(0, ...parcels.map((parcel) => parcel.number)) + 1;
  const pathOf = (parcel: Parcel, ending: string) =>
    join(directory, `${String(parcel.number).padStart(8, "0")}.${ending}`);
  const tried = (what: string, work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      onTrouble(`${what}: ${error instanceof Fault ? error.message : String(error)}`);
      return false;
    }
  };
  const forget = (parcel: Parcel): void => {
    const at = parcels.findIndex((other) => other.number === parcel.number);
    if (at >= 0) parcels.splice(at, 1);
    // The slip first: bytes without a slip are nobody's, a slip without bytes would be sent for.
    tried("a delivered parcel could not be removed", () => removeFile(pathOf(parcel, "json")));
    tried("a delivered parcel could not be removed", () => removeFile(pathOf(parcel, "bytes")));
  };
  const artifactBytes = () => parcels.reduce((sum, p) => sum + (p.kind === "artifact" ? p.sizeBytes : 0), 0);
  const makeRoom = (sizeBytes: number): void => {
    for (;;) {
      const oldest = parcels.find((p) => p.kind === "artifact");
      if (oldest?.kind !== "artifact" || artifactBytes() + sizeBytes <= maxArtifactBytes) return;
      onTrouble(`artifact ${oldest.name} of ${oldest.stage} was dropped: too many wait for the box`);
      forget(oldest);
    }
  };
  const isWaiting = (slip: v.InferOutput<typeof Slip>) => parcels.some((p) => keyOf(p) === keyOf(slip));

  return {
    putResult: (body) => {
      const parcel: Parcel = { kind: "result", body, number: nextNumber };
      if (isWaiting(parcel)) return;
      nextNumber += 1;
      parcels.push(parcel);
      const { number, ...slip } = parcel;
      tried(`result ${number} is in memory alone`, () => saveFile(pathOf(parcel, "json"), JSON.stringify(slip)));
    },
    putArtifact: (slip, bytes) => {
      const parcel: Parcel = { kind: "artifact", ...slip, number: nextNumber };
      if (isWaiting(parcel)) return;
      if (bytes.length > maxArtifactBytes)
        return onTrouble(`artifact ${slip.name} is too large: ${bytes.length} bytes`);
      makeRoom(bytes.length);
      nextNumber += 1;
      const saved = tried(`artifact ${slip.name} is lost`, () => {
        saveFile(pathOf(parcel, "bytes"), bytes);
        saveFile(pathOf(parcel, "json"), JSON.stringify({ kind: "artifact", ...slip }));
      });
      if (saved) parcels.push(parcel);
    },
    first: () => parcels[0],
    bytesOf: (parcel) => {
      const bytes = loadFile(pathOf(parcel, "bytes"));
      return bytes === null ? null : new Uint8Array(bytes);
    },
    remove: (parcel, fate) => {
      if (fate === "refused" && parcel.kind === "result")
        tried("a refused result could not be kept", () =>
          saveFile(
            join(directory, "refused", `${parcel.body.stage}-${parcel.body.attempt}.json`),
            JSON.stringify(parcel.body),
          ),
        );
      forget(parcel);
    },
    moveBehind: (parcel) => {
      const at = parcels.findIndex((other) => other.number === parcel.number);
      if (at >= 0) parcels.push(...parcels.splice(at, 1));
    },
    get waitingCount() {
      return parcels.length;
    },
    get resultCount() {
      return parcels.filter((parcel) => parcel.kind === "result").length;
    },
  };
};
