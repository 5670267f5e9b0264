/** `bun run demo` as a newcomer runs it: it ends with the run as JSON, and Ctrl-C leaves nothing behind. */
import { expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Subprocess } from "bun";
import { disksOf, macOf } from "../box/virtual-server.ts";
import { namesIn, SCRATCH_ROOT } from "../rack/paths.ts";
import { listProcesses } from "../rack/processes.ts";
import { TEST_LIMIT_MS } from "./place.ts";

const startDemo = (...words: readonly string[]): Subprocess<"ignore", "pipe", "pipe"> =>
  Bun.spawn([process.execPath, resolve(import.meta.dir, "../demo/main.ts"), ...words], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });

/** A demo's folders have it in their names, and its rack and programs are known by them. */
const OWN = "vetbox-demo-";

/** Racks that are there and are no demo's; one that says nothing of itself is being made or taken away at this moment. */
const foreignRacks = async (): Promise<readonly string[]> => {
  const ids = await namesIn(SCRATCH_ROOT);
  const declared = await Promise.all(
    ids.map((id) => readFile(join(SCRATCH_ROOT, id, "rack.json"), "utf8").catch(() => "")),
  );
  return ids.filter((_, place) => declared[place]?.includes(OWN) === false);
};

/** What a demo makes on a machine: namespaces, scratch, folders, and the programs of its box and its rack. A namespace without a rack is anybody's. */
const traces = async (): Promise<readonly string[]> => {
  const foreign = await foreignRacks();
  return [
    ...(await namesIn("/run/netns")).filter((name) => !foreign.some((id) => name.startsWith(`vb${id}-`))),
    ...(await namesIn(SCRATCH_ROOT)).filter((id) => !foreign.includes(id)),
    ...(await readdir(tmpdir())).filter((name) => name.startsWith(OWN)),
    ...listProcesses()
      .filter(({ argv }) => argv.some((word) => word.includes(OWN)))
      .map(({ argv }) => argv.join(" ")),
  ];
};

/** What is there now and was not there before. */
const newSince = async (before: readonly string[]): Promise<readonly string[]> =>
  (await traces()).filter((trace) => !before.includes(trace));

test(
  "demo --once --json ends Completed with exit code 0; its JSON names CPU, RAM, disks, NICs and the seconds of each phase",
  async () => {
    const before = await traces();
    const demo = startDemo("--once", "--json", "--firmware", "uefi");
    const [stdout, stderr] = await Promise.all([new Response(demo.stdout).text(), new Response(demo.stderr).text()]);
    expect({ exitCode: await demo.exited, stderr }).toMatchObject({ exitCode: 0 });
    const [sata, nvme] = disksOf(1);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "pass",
      run: { state: "Completed" },
      inventory: {
        hardware: {
          cpu: { model: expect.stringContaining("EPYC"), threadCount: 2 },
          memory: { installedBytes: 2 ** 30, populatedCount: 1 },
          disks: expect.arrayContaining([
            expect.objectContaining({ serial: sata, sizeBytes: 64 * 2 ** 20 }),
            expect.objectContaining({ serial: nvme, sizeBytes: 96 * 2 ** 20 }),
          ]),
          nics: [expect.objectContaining({ mac: macOf(1) })],
        },
      },
      phases: expect.arrayContaining([
        { state: "Booting", durationSeconds: expect.any(Number) },
        { state: "InventoryCheck", durationSeconds: expect.any(Number) },
      ]),
    });
    expect(await newSince(before)).toEqual([]);
  },
  TEST_LIMIT_MS,
);

test(
  "demo ended by Ctrl-C while servers boot leaves no process, namespace or file",
  async () => {
    const before = await traces();
    const demo = startDemo("--servers", "2");
    const words = demo.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!said.includes("boot:")) {
      const { value, done } = await words.read();
      if (done) throw new Error(`the demo ended early:\n${said}`);
      said += value;
    }
    demo.kill("SIGINT");
    while (!(await words.read()).done);
    await demo.exited;
    expect(await newSince(before)).toEqual([]);
  },
  TEST_LIMIT_MS,
);
