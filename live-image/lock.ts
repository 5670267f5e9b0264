/** `packages.lock`: the exact Debian packages that every build takes, by version and SHA-256. `--relock` writes it. */
import * as v from "valibot";
import { USES } from "./recipe/packages.ts";

const Package = v.strictObject({
  name: v.string(),
  version: v.string(),
  architecture: v.picklist(["amd64", "arm64", "all"]),
  /** Path below the mirror's root. */
  file: v.pipe(v.string(), v.regex(/^pool\/[A-Za-z0-9/+._~%-]+\.deb$/, "must be a path in the pool")),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  uses: v.array(v.picklist(USES)),
});

const Schema = v.strictObject({
  format: v.literal(1),
  suite: v.string(),
  /** Debian's release that was resolved, for people. */
  release: v.string(),
  /** Seconds since 1970 of that release: the time of every file in the image. */
  sourceDateEpoch: v.pipe(v.number(), v.safeInteger()),
  packages: v.array(Package),
});

/** One pinned package. */
export type LockedPackage = v.InferOutput<typeof Package>;
/** The whole lock. */
export type Lock = v.InferOutput<typeof Schema>;

/** Where the lock is. */
export const LOCK_PATH = `${import.meta.dir}/packages.lock`;

/** Reads the lock; throws when it is not one. */
export const loadLock = async (path = LOCK_PATH): Promise<Lock> => v.parse(Schema, await Bun.file(path).json());

/** One package per line, so that a diff names what moved. */
export const renderLock = ({ packages, ...head }: Lock): string => {
  const fields = Object.entries(head).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`);
  const lines = packages.map((one) => `    ${JSON.stringify(one)}`).join(",\n");
  return `{\n${fields.join("")}  "packages": [\n${lines}\n  ]\n}\n`;
};
