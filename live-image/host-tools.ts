/** The programs of the building machine that the build calls; on Debian and Ubuntu it installs what is absent. */
import { existsSync } from "node:fs";
import { runTool } from "./process.ts";

/** A file that the build needs, and the package that holds it. */
const NEEDS = {
  "/usr/bin/mmdebstrap": "mmdebstrap",
  "/usr/bin/xz": "xz-utils",
  "/usr/bin/unshare": "util-linux",
} as const;

/** Only `--relock` verifies Debian's signature; a build compares SHA-256 with the lock. */
const RELOCK_NEEDS = { "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring" } as const;

/** Installs the packages of files that are absent, and says so. */
export const ensureTools = async (say: (line: string) => void, relock: boolean): Promise<void> => {
  if (process.getuid?.() !== 0) throw new Error("the image is built as root: its files belong to root");
  const needs: Record<string, string> = relock ? { ...NEEDS, ...RELOCK_NEEDS } : NEEDS;
  const missing = Object.entries(needs)
    .filter(([path]) => !existsSync(path))
    .map(([, name]) => name);
  if (missing.length === 0) return;
  if (!existsSync("/usr/bin/apt-get")) throw new Error(`no apt-get here; install by hand: ${missing.join(" ")}`);
  say(`installing ${missing.join(" ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", ...missing];
  try {
    await runTool(install, { env });
  } catch {
    say("not found in the package lists as they are; updating them");
    await runTool(["apt-get", "update", "--quiet"], { env });
    await runTool(install, { env });
  }
};
