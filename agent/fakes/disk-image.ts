/** For tests: disks in files, and what real tools write on them. */
import { closeSync, ftruncateSync, openSync, readSync } from "node:fs";
import { type Region, regionOf } from "../disks/signatures/region.ts";

const MIB = 1024 * 1024;

/** Makes an empty disk in a file. */
export const makeImage = (path: string, sizeBytes: number): string => {
  const fd = openSync(path, "w");
  ftruncateSync(fd, sizeBytes);
  closeSync(fd);
  return path;
};

/** The region of a disk in a file as the wipe probe reads it: both ends of 16 MiB. */
export const readImage = (path: string): Region => {
  const fd = openSync(path, "r");
  try {
    const sizeBytes = Bun.file(path).size;
    const take = (offset: number, length: number) => {
      const bytes = new Uint8Array(new ArrayBuffer(length));
      readSync(fd, bytes, 0, length, offset);
      return { offset, bytes };
    };
    const end = Math.min(16 * MIB, sizeBytes);
    return regionOf([take(0, end), take(sizeBytes - end, end)], 0, sizeBytes);
  } finally {
    closeSync(fd);
  }
};

/** Runs a tool to its end; throws with what it said when it failed. */
export const runTool = (...argv: readonly string[]): string => {
  const child = Bun.spawnSync([...argv], {
    stdin: "ignore",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
  });
  if (child.exitCode !== 0)
    throw new Error(`${argv.join(" ")} ended with ${child.exitCode}: ${child.stderr}${child.stdout}`);
  return child.stdout.toString();
};
