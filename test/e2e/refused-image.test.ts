/** An image that is not the one the box published. */
import { expect, test } from "bun:test";
import { cp, open } from "node:fs/promises";
import { join } from "node:path";
import { BUILT } from "../box/process.ts";
import { virtualServer } from "../box/virtual-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";

/** Copies the built image and turns one bit in the middle of its root file system. */
const copyFlipped = async (to: string): Promise<void> => {
  await cp(BUILT.image, to, { recursive: true });
  await using file = await open(join(to, "root.cpio"), "r+");
  const { size } = await file.stat();
  const byte = new Uint8Array(1);
  await file.read(byte, 0, 1, Math.floor(size / 2));
  byte[0] = (byte[0] ?? 0) ^ 1;
  await file.write(byte, 0, 1, Math.floor(size / 2));
};

test(
  "an image with one flipped bit never claims, and the boot timeline names the likely cause",
  async () => {
    await using stack = new AsyncDisposableStack();
    const scratch = join(process.env["TMPDIR"] ?? "/tmp", `vetbox-flipped-${process.pid}`);
    stack.defer(async () => void (await Bun.$`rm -rf ${scratch}`));
    await copyFlipped(scratch);
    await using place = await openPlace({ imageDir: scratch, runs: { bootMinutes: 1, silentMinutes: 1 } });
    const declared = virtualServer(9, "bios");
    const server = await place.place(declared);
    const runId = await place.run(declared);
    await server.started(BOOT_LIMIT_MS);
    await server.serialHas(/root file system refused/, BOOT_LIMIT_MS);
    const run = await place.box.api.until(runId, "failure", ({ failure }) => failure !== null, BOOT_LIMIT_MS);
    expect(run).toMatchObject({ state: "FailedHolding", failure: { code: "boot-timeout" } });
    expect(run.timeline.reached).toBe("root");
    expect(run.timeline.diagnosis?.cause).toMatch(/refused/);
    expect(run.transitions.map(({ event }) => event)).not.toContain("claimed");
  },
  TEST_LIMIT_MS,
);
