/**
 * `build/image/manifest.json`: what one built live image consists of.
 *
 * The image's builder writes it and the box reads it; the schema lives here because the box may not import the builder.
 */
import * as v from "valibot";

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in lower-case hex"));

/** A plain name: it is joined to a folder, so it must not lead out of it. */
const fileName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be a plain file name"));

const ImageFile = v.strictObject({
  name: fileName,
  sha256,
  sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
});

const Schema = v.strictObject({
  format: v.literal(1),
  /** SHA-256 of `root.squashfs`, the file inside `root.cpio`: the value of `vetbox.root` on the kernel command line. */
  id: sha256,
  /** `uname -r` of the kernel, which is also the folder of its modules. */
  kernelVersion: v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
  /** What went in: the lock of packages, the compiled agent, the recipe. Equal inputs give equal bits. */
  builtFrom: v.strictObject({ lock: sha256, agent: sha256, recipe: sha256 }),
  /** What the boot loader fetches. `initrd` and `root` are both initrds, in this order. */
  files: v.strictObject({ kernel: ImageFile, initrd: ImageFile, root: ImageFile }),
});

/** A built live image. */
export type ImageManifest = v.InferOutput<typeof Schema>;

/** One of the three files that the boot loader fetches. */
export type ImageFile = v.InferOutput<typeof ImageFile>;

/** Reads a manifest; throws valibot's error with the path of what is wrong. */
export const decodeManifest = (value: unknown): ImageManifest => v.parse(Schema, value);
