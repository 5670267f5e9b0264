/** Evidence and sizes in words for a technician. Pure. */
import type { WipeEvidence } from "../../wire/wipe.ts";

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** A size as data sheets say it: `4 TB`, `512 MB`. */
export const sizeText = (bytes: number): string => {
  const step = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${value < 10 && step > 0 ? Math.round(value * 10) / 10 : Math.round(value)} ${UNITS[step]}`;
};

const dateText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** `ext4 "rootfs", 32 GB, of host db7.example, last mounted 2025-03-01 on /, at 1 MB`. */
export const evidenceText = (one: WipeEvidence): string => {
  const { name, label, sizeBytes, hostName, lastMountedMs, lastMountedOn, offsetBytes, detail, by } = one;
  const mounted = [
    ...(lastMountedMs === undefined ? [] : [dateText(lastMountedMs)]),
    ...(lastMountedOn === undefined ? [] : [`on ${lastMountedOn}`]),
  ].join(" ");
  return [
    label === undefined ? name : `${name} "${label}"`,
    ...(sizeBytes === undefined ? [] : [sizeText(sizeBytes)]),
    ...(hostName === undefined ? [] : [`of host ${hostName}`]),
    ...(mounted === "" ? [] : [`last mounted ${mounted}`]),
    ...(detail === undefined ? [] : [detail]),
    ...(offsetBytes === undefined ? [] : [`at ${sizeText(offsetBytes)}`]),
    ...(by === undefined ? [] : [`by ${by}`]),
  ].join(", ");
};
