/** What a guest is made of: Debian 13's kernel, C library and busybox, pinned and fetched as the live image's packages are. */
import { debPath, fetchDebs } from "../../../live-image/debs.ts";
import { LOCK_PATH, loadLock } from "../../../live-image/lock.ts";

/** A machine that guests are. */
export type Architecture = "x64" | "arm64";

/** Beside the kernel: Bun's executable needs a C library, and something has to load modules before it starts. */
export const GUEST_PACKAGES = ["libc6", "busybox-static"] as const;

/** The arm64 guest's own lock; `relock.ts` writes it. */
export const ARM64_LOCK = `${import.meta.dir}/arm64.lock`;

const LOCKS: Readonly<Record<Architecture, string>> = { x64: LOCK_PATH, arm64: ARM64_LOCK };

/** Where a guest's packages lie, and what they are together. */
export interface GuestPackages {
  readonly kernel: string;
  readonly libc6: string;
  readonly busybox: string;
  /** Changes with any of them. */
  readonly hash: string;
}

/** Finds a guest's packages in its lock and downloads what the cache lacks. */
export const loadGuestPackages = async (
  architecture: Architecture,
  say: (line: string) => void,
): Promise<GuestPackages> => {
  const { packages } = await loadLock(LOCKS[architecture]);
  const need = (name: string, fits: (one: (typeof packages)[number]) => boolean) => {
    const found = packages.find(fits);
    if (found === undefined) throw new Error(`${LOCKS[architecture]} has no ${name}`);
    return found;
  };
  const kernel = need("kernel", ({ uses }) => uses.includes("kernel"));
  const [libc6, busybox] = GUEST_PACKAGES.map((name) => need(name, (one) => one.name === name));
  if (libc6 === undefined || busybox === undefined) throw new Error("the guest's packages are two");
  const all = [kernel, libc6, busybox];
  await fetchDebs(all, say);
  return {
    kernel: debPath(kernel),
    libc6: debPath(libc6),
    busybox: debPath(busybox),
    hash: all.map(({ sha256 }) => sha256).join(" "),
  };
};
