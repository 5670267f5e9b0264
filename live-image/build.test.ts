import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { decodeManifest } from "../appliance/images/manifest.ts";
import { assemble } from "./assemble.ts";
import { BUILD_LIMIT_MS, loadReleaseBase, tell } from "./built-root.ts";
import { cacheFolder } from "./cache.ts";
import { compareBuilds } from "./check-twice.ts";
import { LOADER_NAMES } from "./recipe/boot-loaders.ts";

const hashOf = async (path: string) => Bun.SHA256.hash(await Bun.file(path).bytes(), "hex");

test(
  "the same lock, recipe and agent give the same bits, built twice from nothing in two places",
  async () => {
    const { inputs, base } = await loadReleaseBase();
    const scratch = await mkdtemp(`${cacheFolder("bases")}/test-`);
    try {
      const agent = `${scratch}/agent`;
      // bigger than a block and than a fragment, with parts that compress and parts that do not
      const noise = Bun.SHA512.hash("agent", "hex").repeat(20_000);
      await Bun.write(agent, `#!/bin/sh\nexit 0\n${noise}`);
      const out = `${scratch}/first`;
      const manifest = await assemble(inputs, base, agent, out, tell);

      expect(decodeManifest(await Bun.file(`${out}/image/manifest.json`).json())).toEqual(manifest);
      for (const { name, sha256, sizeBytes } of Object.values(manifest.files)) {
        expect(await hashOf(`${out}/image/${name}`)).toBe(sha256);
        expect(Bun.file(`${out}/image/${name}`).size).toBe(sizeBytes);
        // loaders join initrds as they are, and the kernel wants each on a boundary
        if (name !== "vmlinuz") expect(sizeBytes % 512).toBe(0);
      }
      for (const name of LOADER_NAMES) expect(Bun.file(`${out}/boot/${name}`).size).toBeGreaterThan(50_000);

      expect(await compareBuilds(inputs, agent, out, `${scratch}/second`, tell)).toEqual([]);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
  BUILD_LIMIT_MS,
);
