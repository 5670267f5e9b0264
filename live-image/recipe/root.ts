/** The root file system: packages installed without a network, trimmed, overlaid with `overlay/`, freed of the builder's state. */
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Lock } from "../lock.ts";
import { readTool, runOffline } from "../process.ts";
import { makeRepository } from "./repository.ts";
import { loadList } from "./text-list.ts";

const OVERLAY = `${import.meta.dir}/overlay`;

/** Programs that init and people call by these names. Debian's busybox-static comes without links. */
const BUSYBOX_LINKS = ["init", "poweroff", "reboot", "halt", "udhcpc", "mount", "umount", "vi"];

/** Installs the lock's root packages into `root` with everything pinned: no network, no recommends, no clock. */
export const bootstrapRoot = async (lock: Lock, root: string): Promise<void> => {
  const repository = await mkdtemp(`${dirname(root)}/repository-`);
  try {
    // packages are read by apt's own user
    await chmod(repository, 0o755);
    const packages = lock.packages.filter(({ uses }) => uses.includes("root"));
    await makeRepository(packages, lock.suite, repository);
    const excludes = (await loadList("excludes.txt")).map((path) => `--dpkgopt=path-exclude=${path}`);
    await runOffline(
      [
        "mmdebstrap",
        "--mode=root",
        "--format=directory",
        "--variant=essential",
        '--aptopt=APT::Install-Recommends "false"',
        '--aptopt=Dpkg::Options "--force-unsafe-io"',
        ...excludes,
        `--include=${packages.map(({ name }) => name).join(",")}`,
        lock.suite,
        root,
        `deb [trusted=yes] copy://${repository} ./`,
      ],
      { env: { SOURCE_DATE_EPOCH: String(lock.sourceDateEpoch) } },
    );
  } finally {
    await rm(repository, { recursive: true, force: true });
  }
};

/** Takes out what `removals.txt` names. */
const removePaths = async (root: string): Promise<void> => {
  for (const pattern of await loadList("removals.txt"))
    for await (const path of new Bun.Glob(pattern).scan({
      cwd: root,
      dot: true,
      onlyFiles: false,
      followSymlinks: false,
    }))
      await rm(`${root}/${path}`, { recursive: true, force: true });
};

/** Copies `overlay/`. Modes come from the executable bit alone: a checkout's umask must not become part of the bits. */
const copyOverlay = async (root: string): Promise<void> => {
  for (const path of (await readdir(OVERLAY, { recursive: true })).sort()) {
    const from = `${OVERLAY}/${path}`;
    const to = `${root}/${path}`;
    const { mode } = await stat(from);
    if ((await stat(from)).isDirectory()) await mkdir(to, { recursive: true });
    else {
      await Bun.write(to, Bun.file(from));
      await chmod(to, mode & 0o100 ? 0o755 : 0o644);
    }
  }
};

/** Makes an installed root what is booted. */
export const finishRoot = async (root: string): Promise<void> => {
  await removePaths(root);
  await copyOverlay(root);
  for (const name of BUSYBOX_LINKS) {
    await rm(`${root}/usr/sbin/${name}`, { force: true });
    await symlink("../bin/busybox", `${root}/usr/sbin/${name}`);
  }
  await mkdir(`${root}/root/.ssh`, { mode: 0o700 });
};

/** Gives every file the lock's time, folders last. */
export const fixTimes = async (root: string, sourceDateEpoch: number): Promise<void> => {
  await readTool(["find", root, "-depth", "-exec", "touch", "-h", "-d", `@${sourceDateEpoch}`, "{}", "+"]);
};
