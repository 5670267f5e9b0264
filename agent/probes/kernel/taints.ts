/** Bits of `/proc/sys/kernel/tainted` by name (kernel.org: Documentation/admin-guide/tainted-kernels.rst). Pure. */

/** By the bit's place. What says something about hardware is judged by its name. */
export const TAINTS = [
  "proprietary module",
  "forced module load",
  "out-of-specification system",
  "forced module unload",
  "machine check",
  "bad page",
  "user request",
  "kernel died",
  "ACPI table overridden",
  "warning issued",
  "staging driver",
  "firmware workaround",
  "out-of-tree module",
  "unsigned module",
  "soft lockup",
  "live patch",
  "auxiliary taint",
  "randomised structures",
  "in-kernel test",
  "firmware control",
] as const;

/** The set flags; a bit that has no name yet goes by its number. Nothing for what is no number. */
export const parseTaints = (raw: string | null): readonly string[] => {
  const mask = /^\s*(\d{1,15})\s*$/.exec(raw ?? "")?.[1];
  if (mask === undefined) return [];
  const bits = [...Number(mask).toString(2)].reverse();
  return bits.flatMap((bit, place) => (bit === "1" ? (TAINTS[place] ?? `bit ${place}`) : []));
};
