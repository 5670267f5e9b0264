/** What a signature is: where a format signs, with what, and what it then tells of itself. The tables beside this file are made of these. Pure. */
import { present } from "../../probes/label.ts";
import type { WipeEvidence } from "../../wire/wipe.ts";
import type { Region, Struct } from "./region.ts";
import { structAt } from "./region.ts";

/** What a format tells of itself. */
export type Told = {
  readonly [K in "label" | "hostName" | "lastMountedMs" | "lastMountedOn" | "sizeBytes" | "detail"]?:
    | WipeEvidence[K]
    | undefined;
};

/** One way in which a format signs. */
export interface Signature {
  readonly name: string;
  /** Where its structure may begin, in bytes from the beginning of the disk or partition. */
  readonly at: readonly number[] | ((sizeBytes: number) => readonly number[]);
  /** Any of these, at this place within the structure: Latin-1, one byte a character. */
  readonly magic: readonly (readonly [offset: number, bytes: string])[];
  /** For magics that are short enough to stand somewhere by chance. */
  readonly holds?: (struct: Struct) => boolean;
  readonly tell?: (struct: Struct) => Told;
}

const placesOf = ({ at }: Signature, sizeBytes: number): readonly number[] =>
  typeof at === "function" ? at(sizeBytes) : at;

/** Latest moment that the wire takes; a time stamp of a broken file system may say anything. */
const MAX_EPOCH_MS = 8.64e15;

const fits = (told: Told): Told => ({
  ...told,
  lastMountedMs:
    told.lastMountedMs !== undefined && told.lastMountedMs > 0 && told.lastMountedMs <= MAX_EPOCH_MS
      ? told.lastMountedMs
      : undefined,
  sizeBytes: Number.isSafeInteger(told.sizeBytes) ? told.sizeBytes : undefined,
});

/** The first place at which a format signs in a region; nothing when it does not. */
export const findSignature = (signature: Signature, region: Region): WipeEvidence | undefined => {
  for (const at of placesOf(signature, region.sizeBytes)) {
    const struct = structAt(region, at);
    if (!signature.magic.some(([offset, bytes]) => struct.has(offset, bytes))) continue;
    if (signature.holds !== undefined && !signature.holds(struct)) continue;
    return {
      kind: "signature",
      name: signature.name,
      offsetBytes: region.offset + at,
      ...present(fits(signature.tell?.(struct) ?? {})),
    };
  }
  return undefined;
};
