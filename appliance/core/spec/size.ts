/** Sizes as people write them in a spec: `480 GB` from a disk's label, `64 GiB` of memory. Pure. */

/** The sizes in bytes that an expectation accepts, both ends included. */
export interface SizeRange {
  readonly leastBytes: number;
  readonly mostBytes: number;
}

const DECIMAL: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };
const BINARY: Readonly<Record<string, number>> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  PiB: 2 ** 50,
};
const SIZE = /^(\d{1,6}(?:\.\d{1,3})?) ?([A-Za-z]{2,3})$/;

/**
 * A label's `480 GB` stands for a little more: makers round up to whole blocks, 480 103 981 056 bytes (IDEMA LBA1-03, SFF-8447). From 64 GB on the
 * surplus is below 0.04 %; the next real size is more than 1 % away.
 */
const LABEL_SURPLUS = 0.001;

const inBytes = (text: string, units: Readonly<Record<string, number>>): number | null => {
  const [, figure, unit] = SIZE.exec(text) ?? [];
  const factor = units[unit ?? ""];
  if (factor === undefined) return null;
  const bytes = Math.round(Number(figure) * factor);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
};

/** A disk's size: `GB` and `TB` as on its label, `GiB` and `TiB` to the byte; null for anything else. */
export const parseDiskSize = (text: string): SizeRange | null => {
  const exact = inBytes(text, BINARY);
  if (exact !== null) return { leastBytes: exact, mostBytes: exact };
  const label = inBytes(text, DECIMAL);
  return label === null ? null : { leastBytes: label, mostBytes: Math.round(label * (1 + LABEL_SURPLUS)) };
};

/** A size of memory, which is only made in units of 1024; null for anything else. */
export const parseMemorySize = (text: string): number | null => inBytes(text, BINARY);
