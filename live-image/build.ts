/**
 * `bun run build:image`: the live image and the boot loaders, out of the lock, the recipe and the agent.
 *
 * Only the download step has a network. Everything after it runs in a network namespace without one, and gives the same bits each time.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { defineCommand, runMain } from "citty";
import { needPackages } from "../test/setup/packages.ts";
import { assemble, loadCurrent } from "./assemble.ts";
import { type BaseInputs, HOST_PACKAGES, loadBase, loadInputs, type Phase } from "./base.ts";
import { cacheFolder } from "./cache.ts";
import { compareBuilds } from "./check-twice.ts";
import { fetchDebs } from "./debs.ts";
import { loadLock } from "./lock.ts";
import { runTool } from "./process.ts";
import { PACKING, QUICK_PACKING } from "./recipe/squashfs.ts";
import { relock } from "./relock.ts";

const REPOSITORY = resolve(import.meta.dir, "..");

/** Only `--relock` verifies Debian's signature; a build compares SHA-256 with the lock. */
const RELOCK_PACKAGES = ["debian-archive-keyring"];

/** Progress goes to stderr; stdout stays free for what a script may want. */
const say = (line: string) => console.error(`  ${line}`);

const phase: Phase = async (name, work) => {
  const startedAt = performance.now();
  console.error(`${name} …`);
  const result = await work();
  console.error(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
};

const buildAgent = () => phase("agent", () => runTool([process.execPath, "agent/build.ts"], { cwd: REPOSITORY }));

const checkTwice = async (inputs: BaseInputs, agent: string, out: string): Promise<void> => {
  const scratch = await mkdtemp(`${cacheFolder("bases")}/again-`);
  try {
    const differing = await compareBuilds(inputs, agent, out, scratch, phase);
    if (differing.length > 0) throw new Error(`not the same bits twice: ${differing.join(", ")}`);
    console.error("the same bits twice");
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

const command = defineCommand({
  meta: {
    name: "build:image",
    description: "Builds the live image and the boot loaders into build/image and build/boot",
  },
  args: {
    out: {
      type: "string",
      description: "Folder for image/ and boot/",
      default: `${REPOSITORY}/build`,
      valueHint: "DIR",
    },
    agent: { type: "string", description: "Agent to put in, instead of building it", valueHint: "FILE" },
    quick: { type: "boolean", description: "Pack fast, for development: a fifth more bytes" },
    relock: { type: "boolean", description: "First resolve recipe/packages.txt anew and write packages.lock" },
    "check-twice": { type: "boolean", description: "Build all of it a second time and compare every byte" },
  },
  run: async ({ args }) => {
    if (process.getuid?.() !== 0) throw new Error("the image is built as root: its files belong to root");
    await needPackages(args.relock === true ? [...HOST_PACKAGES, ...RELOCK_PACKAGES] : HOST_PACKAGES);
    if (args.relock === true) await phase("relock", () => relock(say));
    const lock = await loadLock();
    await phase("download", () => fetchDebs(lock.packages, say));
    if (args.agent === undefined) await buildAgent();
    const agent = resolve(args.agent ?? `${REPOSITORY}/build/agent`);
    const inputs = await loadInputs(lock, args.quick === true ? QUICK_PACKING : PACKING);
    const out = resolve(args.out);
    const there = await loadCurrent(inputs, agent, out);
    const manifest = there ?? (await assemble(inputs, await loadBase(inputs, phase), agent, out, phase));
    const sizes = Object.values(manifest.files).map(
      ({ name, sizeBytes }) => `${name} ${(sizeBytes / 1e6).toFixed(1)} MB`,
    );
    console.error(`${out}/image${there === undefined ? "" : " is as it should be"}: ${sizes.join(", ")}`);
    if (args["check-twice"] === true) await checkTwice(inputs, agent, out);
  },
});

if (import.meta.main) await runMain(command);
