/**
 * `bun test/board/guest/relock.ts`: resolves anew what the arm64 guest is made of and writes `arm64.lock`, in the form of the live image's lock.
 *
 * The x86-64 guest takes the live image's own kernel, so `bun run build:image --relock` moves that one.
 */
import { loadMirror } from "../../../live-image/mirror.ts";
import { candidates, describe, openPrivateApt, writeLock } from "../../../live-image/relock.ts";
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
  await writeLock(ARM64_LOCK, await privately.readRelease(), packages);
};

if (import.meta.main) await relock();
