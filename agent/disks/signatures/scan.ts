/** Looks through a region for every signature that is known. Pure and total, whatever the bytes. */
import type { WipeEvidence } from "../../wire/wipe.ts";
import { FILE_SYSTEMS } from "./file-systems.ts";
import { RAID_MEMBERS } from "./raid.ts";
import type { Region } from "./region.ts";
import { findSignature, type Signature } from "./signature.ts";
import { VOLUMES } from "./volumes.ts";

/** Every signature that is known, the most telling kinds first. */
export const SIGNATURES: readonly Signature[] = [...RAID_MEMBERS, ...VOLUMES, ...FILE_SYSTEMS];

/** What signs in a region. Partition tables are read apart, because parts follow from them. */
export const scanRegion = (region: Region): readonly WipeEvidence[] =>
  SIGNATURES.flatMap((signature) => findSignature(signature, region) ?? []);
