/** The download step, the only one with a network: exactly the locked files, verified, into a cache by their SHA-256. */
import { mkdir, rename, rm } from "node:fs/promises";
import { cacheFolder } from "./cache.ts";
import type { LockedPackage } from "./lock.ts";
import { loadAptProxy, loadMirror } from "./mirror.ts";

/** Mirrors throttle a client that opens many connections; six keep a fast line busy. */
const PARALLEL = 6;
const ATTEMPTS = 4;
/** Doubled after each failed attempt. */
const FIRST_PAUSE_MS = 1000;
/** The biggest package is 105 MB: a line of 200 kB/s still gets it. */
const TIMEOUT_MS = 600_000;

/** Where a package lies once `fetchDebs` is done. */
export const debPath = ({ sha256 }: LockedPackage): string => `${cacheFolder("debs")}/${sha256}.deb`;

const sha256Of = (bytes: Uint8Array) => new Bun.CryptoHasher("sha256").update(bytes).digest("hex");

/** A size that fits proves a whole file: the name is given only after the SHA-256 was compared. */
const isCached = async (one: LockedPackage) => {
  const file = Bun.file(debPath(one));
  return (await file.exists()) && file.size === one.sizeBytes;
};

/** A 404 is not worth a retry: the mirror has moved on to a newer version. */
class GoneError extends Error {}

const fetchOnce = async (one: LockedPackage, mirror: string, proxy: string | undefined): Promise<void> => {
  const options = { signal: AbortSignal.timeout(TIMEOUT_MS), ...(proxy === undefined ? {} : { proxy }) };
  // "+" is legal in a path, yet some caches read it as a space
  const response = await fetch(`${mirror}/${one.file.replaceAll("+", "%2B")}`, options);
  if (response.status === 404)
    throw new GoneError(
      `the mirror no longer has ${one.file}: point VETBOX_DEBIAN_MIRROR at an archive of older packages, or run with --relock`,
    );
  if (!response.ok) throw new Error(`${one.file}: HTTP ${response.status}`);
  const bytes = await response.bytes();
  const got = sha256Of(bytes);
  if (got !== one.sha256) throw new Error(`${one.file}: SHA-256 is ${got}, the lock says ${one.sha256}`);
  const partial = `${debPath(one)}.${process.pid}`;
  await Bun.write(partial, bytes);
  await rename(partial, debPath(one));
};

const fetchDeb = async (one: LockedPackage, mirror: string, proxy: string | undefined): Promise<void> => {
  for (let attempt = 1; ; attempt++)
    try {
      return await fetchOnce(one, mirror, proxy);
    } catch (error) {
      await rm(`${debPath(one)}.${process.pid}`, { force: true });
      if (error instanceof GoneError || attempt === ATTEMPTS) throw error;
      await Bun.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
};

/** Downloads what the cache lacks. `say` gets a line now and then. */
export const fetchDebs = async (packages: readonly LockedPackage[], say: (line: string) => void): Promise<void> => {
  await mkdir(cacheFolder("debs"), { recursive: true });
  const there = await Promise.all(packages.map(isCached));
  const missing = packages.filter((_, index) => there[index] === false);
  if (missing.length === 0) return say(`all ${packages.length} packages are in the cache`);
  const mirror = await loadMirror();
  const proxy = await loadAptProxy(mirror);
  const totalBytes = missing.reduce((sum, one) => sum + one.sizeBytes, 0);
  say(`${missing.length} packages, ${(totalBytes / 1e6).toFixed(0)} MB`);
  // big ones first, so that none is left alone at the end
  const queue = missing.toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  let doneBytes = 0;
  let saidTenths = 0;
  const worker = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      await fetchDeb(one, mirror, proxy);
      doneBytes += one.sizeBytes;
      const tenths = Math.floor((10 * doneBytes) / totalBytes);
      if (tenths > saidTenths) say(`${tenths * 10} %`);
      saidTenths = tenths;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
};
