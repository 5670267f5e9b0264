/** A flat apt repository in a folder, made of the locked packages and nothing else: the only source that the build's apt ever sees. */
import { copyFile, link } from "node:fs/promises";
import { debPath } from "../debs.ts";
import type { LockedPackage } from "../lock.ts";
import { readTool } from "../process.ts";

const sha256Of = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex");

/** Links the packages into `folder` and writes the index, in the order of the lock. */
export const makeRepository = async (
  packages: readonly LockedPackage[],
  suite: string,
  folder: string,
): Promise<void> => {
  const stanzas: string[] = [];
  for (const one of packages) {
    const name = `${one.sha256}.deb`;
    const path = `${folder}/${name}`;
    await link(debPath(one), path).catch(() => copyFile(debPath(one), path)); // the cache may be on another file system
    const control = (await readTool(["dpkg-deb", "--field", path])).trimEnd();
    stanzas.push(`${control}\nFilename: ./${name}\nSize: ${one.sizeBytes}\nSHA256: ${one.sha256}\n`);
  }
  const index = stanzas.join("\n");
  await Bun.write(`${folder}/Packages`, index);
  // the bootstrap picks the essential packages "of this suite", so the index must carry its name
  const release = [
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    "SHA256:",
    ` ${sha256Of(index)} ${Buffer.byteLength(index)} Packages`,
  ];
  await Bun.write(`${folder}/Release`, `${release.join("\n")}\n`);
};
