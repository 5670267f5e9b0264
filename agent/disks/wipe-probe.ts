/**
 * The wipe probe: looks whether a disk is blank before anything is written to it (D2).
 *
 * A disk is clean only when every byte that was read is blank or of our own test, every read succeeded, and no tool objects. Signatures give what is
 * found its name; they are not what decides, so a format that nobody here knows is data as well.
 */
import { cleanText, present } from "../probes/label.ts";
import type { DiskRefusal, WipeEvidence, WipeFacts } from "../wire/wipe.ts";
import { refused } from "./answer.ts";
import type { BlockView } from "./block.ts";
import { type Contents, type EndHashes, readContents } from "./contents.ts";
import { alignedBytes, errorCode, isSystemError, openReadable, type ReadableDevice } from "./device.ts";
import { type DiskName, type DiskSystem, findTarget } from "./identity.ts";
import { askWipefs, nameHosts } from "./second-opinion.ts";
import { type PartitionEntry, readPartitionTables } from "./signatures/partitions.ts";
import { type ReadPiece, regionOf } from "./signatures/region.ts";
import { scanRegion } from "./signatures/scan.ts";

/** What the probe of a disk saw, and which disk it was. Only `probeWipe` makes one, so nobody can claim to have looked. */
class Probed {
  readonly block: BlockView;
  readonly verdict: WipeFacts["verdict"];
  readonly hashes: EndHashes;
  /** By the monotonic clock, when the look ended. */
  readonly atMonoMs: number;
  #genuine = true;

  constructor(block: BlockView, verdict: WipeFacts["verdict"], hashes: EndHashes, atMonoMs: number) {
    this.block = block;
    this.verdict = verdict;
    this.hashes = hashes;
    this.atMonoMs = atMonoMs;
    Object.freeze(this);
  }

  static isGenuine(value: unknown): boolean {
    return typeof value === "object" && value !== null && #genuine in value && value.#genuine;
  }
}

/** What the probe of a disk saw. A type that nothing else in the program can make: it has a private part. */
export type WipeProbe = Probed;

/** Whether this is what a probe made, and not something that was cast to look like it. */
export const isGenuineProbe = (value: unknown): boolean => Probed.isGenuine(value);

/** The probe's facts for the wire; and, unless the disk was refused, what the mint of writable disks asks for. */
export interface WipeLook {
  readonly facts: WipeFacts;
  readonly probe: WipeProbe | null;
}

const MAX_EVIDENCE = 64;
const MAX_PARTS = 16;
const MIB = 1024 * 1024;
/** VMware's file system signs at 2 MiB of its partition, later than all others. */
const PART_HEAD_BYTES = 2 * MIB + 64 * 1024;
const PART_TAIL_BYTES = MIB;
const BLOCK_BYTES = 4096;

/** The ends of the parts, which the samples seldom hit. Rounded outwards, for O_DIRECT. */
const readParts = async (
  device: ReadableDevice,
  parts: readonly PartitionEntry[],
  sizeBytes: number,
): Promise<readonly ReadPiece[]> => {
  const pieces: ReadPiece[] = [];
  for (const { offset, sizeBytes: length } of parts.slice(0, MAX_PARTS))
    for (const from of [offset, offset + Math.max(0, length - PART_TAIL_BYTES)]) {
      const start = Math.floor(from / BLOCK_BYTES) * BLOCK_BYTES;
      const most = from === offset ? Math.min(length, PART_HEAD_BYTES) : offset + length - from;
      const end = Math.min(sizeBytes, Math.ceil((from + most) / BLOCK_BYTES) * BLOCK_BYTES);
      const bytes = alignedBytes(end - start);
      if ((await device.read(bytes, start)).ok) pieces.push({ offset: start, bytes });
    }
  return pieces;
};

/** Everything that signs on the disk and in its parts. */
const findSignatures = async (
  device: ReadableDevice,
  { ends }: Contents,
  sizeBytes: number,
): Promise<readonly WipeEvidence[]> => {
  const disk = regionOf(ends, 0, sizeBytes);
  const tables = readPartitionTables(disk);
  const pieces = [...(await readParts(device, tables.parts, sizeBytes)), ...ends];
  const within = tables.parts
    .slice(0, MAX_PARTS)
    .flatMap((part) => scanRegion(regionOf(pieces, part.offset, part.sizeBytes)));
  return [...scanRegion(disk), ...within, ...tables.evidence];
};

/** Data is worse than what could not be read: the first needs an operator, the second may be the very fault that is looked for. */
const verdictOf = (evidence: readonly WipeEvidence[]): WipeFacts["verdict"] => {
  const kinds = new Set(evidence.map(({ kind }) => kind));
  if (kinds.has("signature") || kinds.has("partition") || kinds.has("data")) return "data";
  return kinds.size > 0 ? "unknown" : "clean";
};

/** What a person recognises comes first. */
const ORDER: readonly WipeEvidence["kind"][] = ["signature", "partition", "data", "read", "tool"];

const sortEvidence = (evidence: readonly WipeEvidence[]): readonly WipeEvidence[] => {
  const signed = evidence.some(({ kind }) => kind === "signature" || kind === "partition");
  const tells = (one: WipeEvidence): number =>
    Number(one.hostName !== undefined) * 4 +
    Number(one.lastMountedMs !== undefined) * 2 +
    Number(one.label !== undefined);
  return evidence
    .map((one) => (one.kind === "data" && !signed ? { ...one, name: "data without a signature" } : one))
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || tells(b) - tells(a));
};

/** Looks at an open disk. */
const lookAt = async (system: DiskSystem, device: ReadableDevice, block: BlockView, signal: AbortSignal) => {
  const contents = await readContents(device, block.sizeBytes, system.random.hex(4), signal);
  const signatures = await findSignatures(device, contents, block.sizeBytes);
  const named = await nameHosts(system, device.path, signatures, signal);
  const opinion = await askWipefs(system, device.path, signatures, signal);
  signal.throwIfAborted();
  return { contents, evidence: sortEvidence([...named, ...opinion, ...contents.evidence]) };
};

/** Opens the disk; null with the reason when the kernel refuses. */
const tryOpen = async (system: DiskSystem, name: string): Promise<ReadableDevice | DiskRefusal> => {
  try {
    const device = await openReadable(system.clock, `${system.deviceRoot}/${name}`);
    return device ?? refused("not-a-whole-disk", `${name} is no block device`).refusal;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return refused("unreadable", `${name} cannot be opened: ${errorCode(error)}`).refusal;
  }
};

/** Probes the disk that is meant. Reads only. Throws when the signal aborts; everything else is an answer. */
export const probeWipe = async (system: DiskSystem, target: DiskName, signal: AbortSignal): Promise<WipeLook> => {
  const startMs = system.clock.monoMs();
  const base = (name?: string) => ({
    serial: cleanText(target.serial, 256),
    durationMs: Math.max(0, Math.round(system.clock.monoMs() - startMs)),
    ...present({ name }),
  });
  const refuse = (refusal: DiskRefusal, name?: string): WipeLook => ({
    facts: { ...base(name), verdict: "refused", refusal, evidence: [], moreEvidence: 0 },
    probe: null,
  });
  const found = await findTarget(system, target, signal);
  if (!found.ok) return refuse(found.refusal);
  const block = found.value;
  const opened = await tryOpen(system, block.name);
  if (!("read" in opened)) return refuse(opened, block.name);
  await using device = opened;
  if (device.devNumber !== block.devNumber)
    return refuse(
      refused("swapped", `${block.name} was ${block.devNumber} and is ${device.devNumber}`).refusal,
      block.name,
    );
  const { contents, evidence } = await lookAt(system, device, block, signal);
  const verdict = verdictOf(evidence);
  return {
    facts: {
      ...base(block.name),
      verdict,
      evidence: evidence.slice(0, MAX_EVIDENCE),
      moreEvidence: Math.max(0, evidence.length - MAX_EVIDENCE),
      sampled: contents.sampled,
    },
    probe: new Probed(block, verdict, contents.hashes, system.clock.monoMs()),
  };
};
