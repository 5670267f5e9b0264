/**
 * Results and artifacts that wait for the box, in the order in which they were made, so that a stage's files arrive before its result.
 *
 * A result is never given up for want of room; artifacts are, the oldest first. Both lie in files: their bytes are not held in memory too, and
 * an agent that was killed finds them again.
 */
import { join } from "node:path";
import * as v from "valibot";
import { loadFile, makeDirectory, removeFile, savedNames, saveFile } from "../system/durable.ts";
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
const SlipSchema = v.variant("kind", [
  v.object({ kind: v.literal("artifact"), ...Artifact.entries }),
  v.object({ kind: v.literal("result"), body: ResultRequest }),
]);
type Slip = v.InferOutput<typeof SlipSchema>;

/** Names an artifact that waits. */
export type ArtifactSlip = v.InferOutput<typeof Artifact>;
/** One parcel: an artifact, whose bytes are loaded when it is sent, or a result. */
export type Parcel = Slip & {
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

const keyOf = (slip: Slip): string =>
  slip.kind === "result"
    ? `result ${slip.body.stage} ${slip.body.attempt}`
    : `artifact ${slip.stage} ${slip.attempt} ${slip.name}`;

const loadSlip = (path: string): Slip | null => {
  try {
    const parsed = v.safeParse(SlipSchema, JSON.parse(loadFile(path)?.toString("utf8") ?? ""));
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

class FileParcels implements Parcels {
  readonly #options: ParcelsOptions;
  readonly #parcels: Parcel[];
  #nextNumber: number;

  constructor(options: ParcelsOptions) {
    this.#options = options;
    makeDirectory(options.directory);
    this.#parcels = loadParcels(options.directory);
    this.#nextNumber = Math.max(0, ...this.#parcels.map((parcel) => parcel.number)) + 1;
  }

  get waitingCount(): number {
    return this.#parcels.length;
  }

  get resultCount(): number {
    return this.#parcels.filter((parcel) => parcel.kind === "result").length;
  }

  putResult(body: ResultRequest): void {
    const slip = { kind: "result", body } as const;
    if (this.#isWaiting(slip)) return;
    const parcel = this.#number(slip);
    this.#parcels.push(parcel);
    const what = `the result of ${body.stage} is in memory alone`;
    this.#tried(what, () => saveFile(this.#pathOf(parcel, "json"), JSON.stringify(slip)));
  }

  putArtifact(artifact: ArtifactSlip, bytes: Uint8Array): void {
    const slip = { kind: "artifact", ...artifact } as const;
    if (this.#isWaiting(slip)) return;
    if (bytes.length > this.#options.maxArtifactBytes) {
      this.#options.onTrouble(`artifact ${artifact.name} is too large: ${bytes.length} bytes`);
      return;
    }
    this.#makeRoom(bytes.length);
    const parcel = this.#number(slip);
    const saved = this.#tried(`artifact ${artifact.name} is lost`, () => {
      saveFile(this.#pathOf(parcel, "bytes"), bytes);
      saveFile(this.#pathOf(parcel, "json"), JSON.stringify(slip));
    });
    if (saved) this.#parcels.push(parcel);
  }

  first(): Parcel | undefined {
    return this.#parcels[0];
  }

  bytesOf(parcel: Parcel): Uint8Array<ArrayBuffer> | null {
    const bytes = loadFile(this.#pathOf(parcel, "bytes"));
    return bytes === null ? null : new Uint8Array(bytes);
  }

  remove(parcel: Parcel, fate: "delivered" | "refused"): void {
    if (fate === "refused" && parcel.kind === "result") {
      const aside = join(this.#options.directory, "refused", `${parcel.body.stage}-${parcel.body.attempt}.json`);
      this.#tried("a refused result could not be kept", () => saveFile(aside, JSON.stringify(parcel.body)));
    }
    this.#forget(parcel);
  }

  moveBehind(parcel: Parcel): void {
    const at = this.#parcels.findIndex((other) => other.number === parcel.number);
    if (at >= 0) this.#parcels.push(...this.#parcels.splice(at, 1));
  }

  #number(slip: Slip): Parcel {
    const parcel = { ...slip, number: this.#nextNumber };
    this.#nextNumber += 1;
    return parcel;
  }

  #isWaiting(slip: Slip): boolean {
    return this.#parcels.some((parcel) => keyOf(parcel) === keyOf(slip));
  }

  #pathOf(parcel: Parcel, ending: "json" | "bytes"): string {
    return join(this.#options.directory, `${String(parcel.number).padStart(8, "0")}.${ending}`);
  }

  #makeRoom(sizeBytes: number): void {
    for (;;) {
      const artifacts = this.#parcels.filter((parcel) => parcel.kind === "artifact");
      const [oldest] = artifacts;
      const waiting = artifacts.reduce((sum, artifact) => sum + artifact.sizeBytes, 0);
      if (oldest === undefined || waiting + sizeBytes <= this.#options.maxArtifactBytes) return;
      this.#options.onTrouble(`artifact ${oldest.name} of ${oldest.stage} was dropped: too many wait for the box`);
      this.#forget(oldest);
    }
  }

  #forget(parcel: Parcel): void {
    const at = this.#parcels.findIndex((other) => other.number === parcel.number);
    if (at >= 0) this.#parcels.splice(at, 1);
    // The slip first: bytes without a slip are nobody's, a slip without bytes would be sent for.
    this.#tried("a delivered parcel could not be removed", () => {
      removeFile(this.#pathOf(parcel, "json"));
      removeFile(this.#pathOf(parcel, "bytes"));
    });
  }

  #tried(what: string, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      this.#options.onTrouble(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
  }
}

/** Opens the parcels of a directory, with what an earlier process of this boot left there. */
export const openParcels = (options: ParcelsOptions): Parcels => new FileParcels(options);
