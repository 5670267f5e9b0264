/** Reads a disk by its sample plan: counts what the pieces are, keeps both ends for the signatures, and never stops at a sector that cannot be read. */
import { createHash } from "node:crypto";
import type { SampledContent, WipeEvidence } from "../wire/wipe.ts";
import { alignedBytes, type ReadableDevice } from "./device.ts";
import { type Content, classify, describeBytes, GRANULE_BYTES } from "./own-blocks.ts";
import { type Piece, planSamples, readsOf, SAMPLE_BYTES } from "./sample-plan.ts";
import type { ReadPiece } from "./signatures/region.ts";

/** SHA-256 of the first and the last MiB; null where they could not be read. */
export interface EndHashes {
  readonly head: string | null;
  readonly tail: string | null;
}

/** What a disk holds, as far as it was read. */
export interface Contents {
  readonly sampled: SampledContent;
  readonly hashes: EndHashes;
  /** Both ends. Blocks of our own test are blanked in them: what they hold is made up, and might look like anything. */
  readonly ends: readonly ReadPiece[];
  readonly evidence: readonly WipeEvidence[];
}

/** A disk with this many unreadable samples is known well enough not to be known. */
const MAX_READ_ERRORS = 8;

/** Where the last MiB begins, and the first as well on a disk that is smaller. */
export const lastMiBAt = (sizeBytes: number): number => Math.max(0, sizeBytes - SAMPLE_BYTES);

/** SHA-256 in hex. */
export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Tally {
  readBytes: number;
  uniformBytes: number;
  ownBytes: number;
  otherBytes: number;
  unreadableBytes: number;
  pieces: number;
  otherPieces: number;
  firstOther: { readonly at: number; readonly words: string } | undefined;
  readonly errors: { readonly at: number; readonly detail: string }[];
}

const addContent = (tally: Tally, content: Content, bytes: Uint8Array, offset: number): void => {
  tally.readBytes += bytes.length;
  tally.uniformBytes += content.uniformBytes;
  tally.ownBytes += content.ownBytes;
  tally.otherBytes += content.otherBytes;
  tally.pieces += 1;
  if (content.firstOtherAt === undefined) return;
  tally.otherPieces += 1;
  if (tally.firstOther !== undefined) return;
  const at = content.firstOtherAt;
  const { entropyBits, printablePercent } = describeBytes(bytes.subarray(at - offset, at - offset + GRANULE_BYTES));
  tally.firstOther = { at, words: `${entropyBits} bits of entropy a byte, ${printablePercent} % printable` };
};

/** Blanks the blocks of our own test. */
const blankOwn = (bytes: Uint8Array, offset: number): void => {
  for (let at = 0; at < bytes.length; at += GRANULE_BYTES) {
    const block = bytes.subarray(at, at + GRANULE_BYTES);
    if (classify(block, offset + at).ownBytes > 0) block.fill(0);
  }
};

const evidenceOf = (tally: Tally): readonly WipeEvidence[] => {
  const { firstOther, errors } = tally;
  const data: WipeEvidence[] =
    firstOther === undefined
      ? []
      : [
          {
            kind: "data",
            name: "data",
            offsetBytes: firstOther.at,
            sizeBytes: tally.otherBytes,
            detail: `in ${tally.otherPieces} of ${tally.pieces} samples; the first block has ${firstOther.words}`,
          },
        ];
  const unread = errors.map(
    ({ at, detail }): WipeEvidence => ({ kind: "read", name: "unreadable", offsetBytes: at, detail }),
  );
  return [...data, ...unread];
};

/** Reads the pieces, in the order of their places. Aborts between two reads. */
export const readContents = async (
  device: ReadableDevice,
  sizeBytes: number,
  seed: string,
  signal: AbortSignal,
): Promise<Contents> => {
  const plan = planSamples(sizeBytes, seed);
  const tally: Tally = {
    readBytes: 0,
    uniformBytes: 0,
    ownBytes: 0,
    otherBytes: 0,
    unreadableBytes: 0,
    pieces: 0,
    otherPieces: 0,
    firstOther: undefined,
    errors: [],
  };
  const spoiled = new Set<number>();
  const take = async (piece: Piece, memory: Uint8Array): Promise<void> => {
    for (const { offset, length } of readsOf(piece)) {
      signal.throwIfAborted();
      const into = memory.subarray(offset - piece.offset, offset - piece.offset + length);
      if (tally.errors.length < MAX_READ_ERRORS) {
        const outcome = await device.read(into, offset);
        if (outcome.ok) {
          addContent(tally, classify(into, offset), into, offset);
          continue;
        }
        tally.errors.push({ at: offset, detail: outcome.detail });
      }
      tally.unreadableBytes += length;
      spoiled.add(offset);
    }
  };
  const ends: ReadPiece[] = [];
  for (const piece of [plan.head, plan.tail]) {
    if (piece === undefined) continue;
    const bytes = alignedBytes(piece.length);
    await take(piece, bytes);
    ends.push({ offset: piece.offset, bytes });
  }
  // Memory of its own for each: a read that hangs may still write into the last one.
  for (const piece of plan.random) await take(piece, alignedBytes(piece.length));
  const hashes = hashEnds(ends, sizeBytes, spoiled);
  for (const { bytes, offset } of ends) blankOwn(bytes, offset);
  const { readBytes, uniformBytes, ownBytes, otherBytes, unreadableBytes } = tally;
  return {
    sampled: { readBytes, uniformBytes, ownBytes, otherBytes, unreadableBytes, seed },
    hashes,
    ends,
    evidence: evidenceOf(tally),
  };
};

const hashEnds = (ends: readonly ReadPiece[], sizeBytes: number, spoiled: ReadonlySet<number>): EndHashes => {
  const hashAt = (from: number): string | null => {
    const length = Math.min(SAMPLE_BYTES, sizeBytes);
    if ([...spoiled].some((at) => at < from + length && from < at + SAMPLE_BYTES)) return null;
    // The last MiB may lie across the two pieces of a small disk.
    const parts = ends.map(({ offset, bytes }) =>
      bytes.subarray(Math.max(0, from - offset), Math.max(0, from + length - offset)),
    );
    const whole = Buffer.concat(parts);
    return whole.length === length ? hashOf(whole) : null;
  };
  return { head: hashAt(0), tail: hashAt(lastMiBAt(sizeBytes)) };
};
