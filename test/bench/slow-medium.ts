/**
 * A file that is really slow to read: nbdkit gives out its bytes at a fixed rate, nbdfuse shows them as a file. Whoever reads it or touches its mapping is
 * blocked in the kernel, as by a worn SD card; a server that throttles itself would block nobody.
 */
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../rack/until.ts";

/** Debian packages of the slow medium. */
export const SLOW_MEDIUM_PACKAGES = ["nbdkit", "libnbd-bin", "fuse3"] as const;

/** The bucket that the rate filter fills: small, so that a burst does not pass for speed. */
const BURST_SECONDS = 0.1;
const BITS_PER_BYTE = 8;
const MOUNT_WITHIN_MS = 10_000;

/** The file, as long as it is not disposed of. */
export interface SlowFile extends AsyncDisposable {
  readonly path: string;
}

/** Shows `source` as a file that is read at `bytesPerSecond`, all readers together. Nothing of it is cached at first. */
export const openSlowFile = async (dir: string, source: string, bytesPerSecond: number): Promise<SlowFile> => {
  const mount = join(dir, "slow");
  const path = join(mount, "file");
  await mkdir(mount, { recursive: true });
  const rate = [`rate=${Math.round(bytesPerSecond * BITS_PER_BYTE)}`, `burstiness=${BURST_SECONDS}`];
  const nbdkit = ["nbdkit", "--exit-with-parent", "--filter=rate", "file", source, ...rate];
  const child = Bun.spawn(["nbdfuse", path, "[", ...nbdkit, "]"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const close = async (): Promise<void> => {
    await Bun.spawn(["fusermount3", "-u", "-z", mount], { stderr: "ignore" }).exited;
    child.kill();
    await child.exited;
    await rm(mount, { recursive: true });
  };
  try {
    await until("the slow file", () => stat(path).catch(() => null), MOUNT_WITHIN_MS);
  } catch (error) {
    await close();
    throw new Error(`no slow file: ${await new Response(child.stderr).text()}`, { cause: error });
  }
  return { path, [Symbol.asyncDispose]: close };
};
