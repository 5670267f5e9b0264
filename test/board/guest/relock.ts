/**
 * `bun test/board/guest/relock.ts`: resolves anew what the arm64 guest is made of and writes `arm64.lock`, in the form of the live image's lock.
 *
 * The x86-64 guest takes the live image's own kernel, so `bun run build:image --relock` moves that one.
 */

import { type Lock, renderLock } from "../../../live-image/lock.ts";
import { loadMirror } from "../../../live-image/mirror.ts";
import { candidates, describe, openPrivateApt, SUITE } from "../../../live-image/relock.ts";
import { needPackages } from "../../setup/packages.ts";
import { ARM64_LOCK, GUEST_PACKAGES } from "./packages.ts";

/** What the guest is made of, and the package that stands for Debian's kernel. */
const WANTED = ["linux-image-arm64", ...GUEST_PACKAGES];

const relock = async (): Promise<void> => {
  await needPackages(["debian-archive-keyring"]);
  await using privately = await openPrivateApt(await loadMirror(), "arm64");
  await privately.apt("apt-get", "update", "--quiet");
  const specs = await candidates(privately.apt, WANTED);
  const packages = await Promise.all(
    specs.map((spec) => describe(privately.apt, spec, spec.startsWith("linux-image-") ? ["kernel"] : ["tools"])),
  );
  const release = await privately.readRelease();
  const head = (name: string): string => new RegExp(`^${name}: (.+)$`, "m").exec(release)?.[1] ?? "";
  const lock: Lock = {
    format: 1,
    suite: SUITE,
    release: `${head("Origin")} ${head("Version")}`,
    sourceDateEpoch: Date.parse(head("Date")) / 1000,
    packages,
  };
  await Bun.write(ARM64_LOCK, renderLock(lock));
};

if (import.meta.main) await relock();
