/** `--relock`: asks apt, in a private folder, which packages the list in `recipe/packages.txt` needs today, and writes the lock. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { LOCK_PATH, type Lock, type LockedPackage, renderLock } from "./lock.ts";
import { loadAptProxy, loadMirror } from "./mirror.ts";
import { readTool } from "./process.ts";
import { parsePackages, type Use } from "./recipe/packages.ts";

/** The release of Debian that everything comes from. */
const SUITE = "trixie";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** apt with an empty machine behind it: what this machine has installed must not show in the lock. */
export const openPrivateApt = async (mirror: string, architecture: "amd64" | "arm64") => {
  const folder = await mkdtemp(`${tmpdir()}/vetbox-relock-`);
  await mkdir(`${folder}/lists/partial`, { recursive: true });
  await mkdir(`${folder}/archives/partial`, { recursive: true });
  await Bun.write(`${folder}/status`, "");
  await Bun.write(`${folder}/sources.list`, `deb [signed-by=${KEYRING}] ${mirror} ${SUITE} main non-free-firmware\n`);
  const proxy = await loadAptProxy(mirror);
  const settings = {
    "Dir::Etc": "/nonexistent",
    "Dir::Etc::sourcelist": `${folder}/sources.list`,
    "Dir::State": folder,
    "Dir::State::lists": `${folder}/lists`,
    "Dir::State::status": `${folder}/status`,
    "Dir::Cache": folder,
    "APT::Architecture": architecture,
    "APT::Install-Recommends": "false",
    "Acquire::Languages": "none",
    ...(proxy === undefined ? {} : { "Acquire::http::Proxy": proxy, "Acquire::https::Proxy": proxy }),
  };
  await Bun.write(
    `${folder}/apt.conf`,
    Object.entries(settings)
      .map(([key, value]) => `${key} "${value}";\n`)
      .join(""),
  );
  const apt = (...argv: string[]) => readTool(argv, { env: { APT_CONFIG: `${folder}/apt.conf` } });
  return {
    apt,
    /** The suite's InRelease as apt verified it. */
    readRelease: async () => {
      for await (const name of new Bun.Glob("*_InRelease").scan(`${folder}/lists`))
        return Bun.file(`${folder}/lists/${name}`).text();
      throw new Error("apt fetched no InRelease");
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Runs a tool of apt's and answers with what it says. */
export type Apt = (...argv: string[]) => Promise<string>;

/** `name=version` of all that apt would install. */
const resolve = async (apt: Apt, names: readonly string[]): Promise<string[]> => {
  const plan = await apt("apt-get", "--simulate", "install", ...names);
  return [...plan.matchAll(/^Inst (\S+) \((\S+) /gm)].map(([, name, version]) => `${name}=${version}`);
};

/** `name=version` of packages alone, a metapackage replaced by the one that it stands for. */
export const candidates = async (apt: Apt, names: readonly string[]): Promise<string[]> =>
  Promise.all(
    names.map(async (name) => {
      const show = await apt("apt-cache", "show", "--no-all-versions", name);
      const version = /^Version: (\S+)/m.exec(show)?.[1];
      const real = /^Depends: (linux-image-[^ ,]+) \(= /m.exec(show)?.[1];
      return `${real ?? name}=${version}`;
    }),
  );

/** Fields of one package out of `apt-cache show`. */
export const describe = async (apt: Apt, spec: string, uses: Use[]): Promise<LockedPackage> => {
  const show = await apt("apt-cache", "show", spec);
  const field = (name: string) => {
    const value = new RegExp(`^${name}: (.+)$`, "m").exec(show)?.[1];
    if (value === undefined) throw new Error(`${spec}: apt tells no ${name}`);
    return value;
  };
  const architecture = field("Architecture");
  if (architecture !== "amd64" && architecture !== "arm64" && architecture !== "all")
    throw new Error(`${spec}: architecture ${architecture}`);
  return {
    name: field("Package"),
    version: field("Version"),
    architecture,
    file: field("Filename"),
    sha256: field("SHA256"),
    sizeBytes: Number(field("Size")),
    uses,
  };
};

/** Writes the lock of these packages, which the suite's `InRelease` is of. */
export const writeLock = async (path: string, inRelease: string, packages: readonly LockedPackage[]): Promise<Lock> => {
  const head = (name: string): string => new RegExp(`^${name}: (.+)$`, "m").exec(inRelease)?.[1] ?? "";
  const lock: Lock = {
    format: 1,
    suite: SUITE,
    release: `${head("Origin")} ${head("Version")}`,
    sourceDateEpoch: Date.parse(head("Date")) / 1000,
    packages: [...packages],
  };
  await Bun.write(path, renderLock(lock));
  return lock;
};

/** Writes `packages.lock` anew and tells what came out. */
export const relock = async (say: (line: string) => void): Promise<void> => {
  const lists = parsePackages(await Bun.file(`${import.meta.dir}/recipe/packages.txt`).text());
  await using privately = await openPrivateApt(await loadMirror(), "amd64");
  const { apt } = privately;
  await apt("apt-get", "update", "--quiet");
  const resolved: Record<Use, string[]> = {
    root: await resolve(apt, ["?essential", ...lists.root]),
    tools: await resolve(apt, lists.tools),
    kernel: await candidates(apt, lists.kernel),
    microcode: await candidates(apt, lists.microcode),
    boot: await candidates(apt, lists.boot),
  };
  const uses = new Map<string, Use[]>();
  for (const [use, specs] of Object.entries(resolved) as [Use, string[]][])
    for (const spec of specs) uses.set(spec, [...(uses.get(spec) ?? []), use]);
  const packages: LockedPackage[] = [];
  for (const [spec, list] of [...uses].sort(([a], [b]) => (a < b ? -1 : 1)))
    packages.push(await describe(apt, spec, list));
  const { release } = await writeLock(LOCK_PATH, await privately.readRelease(), packages);
  const bytes = packages.reduce((sum, one) => sum + one.sizeBytes, 0);
  say(`${release}: ${packages.length} packages, ${(bytes / 1e6).toFixed(0)} MB`);
};
