/**
 * Debian packages that a test, the demo or a build needs: installed when missing, left alone when present.
 *
 * Nothing that is installed here runs afterwards: a package's service is neither started (policy-rc.d) nor enabled for the next boot.
 */
import { existsSync, readdirSync } from "node:fs";

/** Waits for another apt or dpkg, as a fresh cloud machine runs one at its first boot. */
const APT = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
const LISTS = "/var/lib/apt/lists";
const POLICY = "/usr/sbin/policy-rc.d";
const LOCK = "/run/vetbox-packages.lock";
const PACKAGE_NAME = /^[a-z0-9][a-z0-9+.-]+$/;
/** DPkg::Lock::Timeout does not cover the lock on the lists (apt.conf(5)), so an update waits for it here. */
const LISTS_LOCK_TRIES = 60;
const LISTS_LOCK_WAIT_MS = 5_000;
const TAIL_LINES = 15;

/**
 * A shell script that runs its arguments while `policy` answers 101, "forbidden" (invoke-rc.d(8)). A policy of the machine's own stays in force;
 * one of ours that a power cut left behind is known by its marker and taken away.
 */
export const renderWithoutStarts = (policy: string): string => `
marker='# vetbox: removed again after the install'
if [ -e ${policy} ] && grep -qF "$marker" ${policy}; then rm -f ${policy}; fi
if [ ! -e ${policy} ]; then
  trap 'rm -f ${policy}' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\n%s\\nexit 101\\n' "$marker" > ${policy}
  chmod 755 ${policy}
fi
"$@"
`;

/** Installs the named Debian packages that are missing, and says which on stderr. Without a missing one it does nothing and needs no rights. */
export const needPackages = async (names: readonly string[]): Promise<void> => {
  const odd = names.find((name) => !PACKAGE_NAME.test(name));
  if (odd !== undefined) throw new Error(`not a package name: ${JSON.stringify(odd)}`);
  const wanted = await missingPackages(names);
  if (wanted.length === 0) return;
  refuseWithoutRights(wanted);
  await using _lock = await openInstallLock();
  const missing = await missingPackages(names); // another process may have installed them meanwhile
  if (missing.length === 0) return;
  process.stderr.write(`installing ${missing.join(" ")}\n`);
  const before = new Set(await installedPackages());
  if (!listsArePresent()) await updateLists();
  const install = [...APT, "install", "--no-install-recommends", ...missing];
  const withoutStarts = ["sh", "-c", renderWithoutStarts(POLICY), "install", ...install];
  let outcome = await runQuietly(withoutStarts);
  if (outcome.exitCode !== 0) {
    await updateLists(); // old lists name files that the mirror no longer has
    outcome = await runQuietly(withoutStarts);
  }
  if (outcome.exitCode !== 0) throw new Error(`apt-get could not install ${missing.join(" ")}:\n${outcome.tail}`);
  await disableServices((await installedPackages()).filter((name) => !before.has(name)));
};

/** Those of `names` that are not installed; all of them where there is no dpkg. */
export const missingPackages = async (names: readonly string[]): Promise<readonly string[]> => {
  const installed = new Set(await installedPackages());
  return names.filter((name) => !installed.has(name));
};

/** Names in the output of `dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n'` whose state is "installed". */
export const parseInstalled = (text: string): readonly string[] =>
  text.split("\n").flatMap((line) => /^.i\s+(\S+)$/.exec(line)?.[1] ?? []);

const installedPackages = async (): Promise<readonly string[]> => {
  if (Bun.which("dpkg-query") === null) return [];
  const query = await runQuietly(["dpkg-query", "-W", "-f=${db:Status-Abbrev} ${Package}\\n"]);
  return parseInstalled(query.stdout);
};

const refuseWithoutRights = (missing: readonly string[]): void => {
  const wanted = missing.join(" ");
  if (Bun.which("apt-get") === null)
    throw new Error(`These tools are needed and there is no apt-get to install them: ${wanted}. Use Debian or Ubuntu.`);
  if (process.getuid?.() !== 0)
    throw new Error(
      `Only root can install ${wanted}. Run this as root, or first: sudo apt-get install --no-install-recommends ${wanted}`,
    );
};

const listsArePresent = (): boolean =>
  existsSync(LISTS) && readdirSync(LISTS).some((name) => /_Packages(\.[a-z0-9]+)?$/.test(name));

const updateLists = async (): Promise<void> => {
  process.stderr.write("installing: apt-get update\n");
  for (let tries = 1; ; tries += 1) {
    const outcome = await runQuietly([...APT, "update"]);
    if (outcome.exitCode === 0) return;
    if (!outcome.tail.includes(`${LISTS}/lock`) || tries === LISTS_LOCK_TRIES)
      throw new Error(`apt-get update failed:\n${outcome.tail}`);
    await Bun.sleep(LISTS_LOCK_WAIT_MS);
  }
};

/** Takes the new packages' units out of the next boot, so that a web server for one benchmark does not become the machine's. */
const disableServices = async (packages: readonly string[]): Promise<void> => {
  if (packages.length === 0 || Bun.which("systemctl") === null) return;
  const files = (await runQuietly(["dpkg-query", "-L", ...packages])).stdout;
  const units = [...files.matchAll(/\/systemd\/system\/([^/@\s]+\.(?:service|socket|timer))$/gm)].flatMap(
    (m) => m[1] ?? [],
  );
  if (units.length > 0) await runQuietly(["systemctl", "disable", ...new Set(units)]);
};

/** One installer at a time over all processes. `flock` holds the lock as long as its stdin is open, so a killed holder frees it. */
const openInstallLock = async (): Promise<AsyncDisposable> => {
  const holder = Bun.spawn(["flock", LOCK, "sh", "-c", "echo held; exec cat"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const first = await holder.stdout.getReader().read();
  if (first.done) throw new Error(`could not lock ${LOCK}`);
  return {
    [Symbol.asyncDispose]: async () => {
      await holder.stdin.end();
      await holder.exited;
    },
  };
};

const runQuietly = async (command: readonly string[]): Promise<{ exitCode: number; stdout: string; tail: string }> => {
  const child = Bun.spawn([...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const tail = `${stdout}${stderr}`.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
  return { exitCode: await child.exited, stdout, tail };
};
