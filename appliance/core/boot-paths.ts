/**
 * Paths of the boot file process. The script names them and the process serves them, so they stand here once.
 *
 * A file of the image is asked for under the MAC, so that a transfer is known by its host without a lease table, and under its SHA-256, so that a host never
 * mixes the files of two images.
 */

/** Steps of the boot that are one file each. */
export const IMAGE_STEPS = ["kernel", "initrd", "root"] as const;
/** A step that is one file. */
export type ImageStep = (typeof IMAGE_STEPS)[number];

/** Path of a file of the image for one host. */
export const imageFilePath = (mac: string, step: ImageStep, sha256: string): string =>
  `/image/${mac.replaceAll(":", "")}/${sha256}/${step}`;

/** Path of a boot loader, for UEFI HTTP boot and for a loader that is replaced by a newer one. */
export const loaderPath = (name: string): string => `/loaders/${name}`;

/** What a path asks for; null for one of no known form. */
export type BootPath =
  | { readonly kind: "image"; readonly mac: string; readonly step: ImageStep; readonly sha256: string }
  | { readonly kind: "loader"; readonly name: string };

const IMAGE = /^\/image\/([0-9a-f]{12})\/([0-9a-f]{64})\/([a-z]+)$/;
const LOADER = /^\/loaders\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/** Reads a path as it stands in the request, undecoded: none of its parts needs decoding. */
export const parseBootPath = (path: string): BootPath | null => {
  const [, digits = "", sha256 = "", word = ""] = IMAGE.exec(path) ?? [];
  const step = IMAGE_STEPS.find((s) => s === word);
  if (step !== undefined) return { kind: "image", mac: (digits.match(/../g) ?? []).join(":"), step, sha256 };
  const name = LOADER.exec(path)?.[1];
  return name === undefined ? null : { kind: "loader", name };
};
