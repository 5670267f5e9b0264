/** The real box on loopback, without DHCP, with one run that a stand-in for an agent has claimed: enough to time the agent API. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { type Client, openClient } from "../../agent/client.ts";
import { parseCmdline } from "../../agent/cmdline.ts";
import { openPinnedFetch } from "../../agent/pinned-fetch.ts";
import { thisSystem } from "../../agent/system/system.ts";
import type { HeartbeatRequest } from "../../agent/wire/messages.ts";
import type { ImageManifest } from "../../appliance/images/manifest.ts";
import { openOperatorApi } from "../box/operator-api.ts";
import { parseBootScript } from "../dev/simulated-host.ts";
import { childLine } from "./child-line.ts";

const MAC = "52:54:00:be:9c:02";
const BOOT_ID = "00000000-0000-4000-8000-00000000be9c";
/** The box checks sizes, a host would check contents; nobody boots this. */
const SHA256 = "0".repeat(64);
const FILES = { kernel: "vmlinuz", initrd: "initrd.img", root: "root.cpio" } as const;

/** A box with a claimed run. */
export interface BoxAlone extends AsyncDisposable {
  /** Where a host would fetch the root from. */
  readonly rootUrl: string;
  /** One heartbeat; answers how long it took. */
  heartbeat(): Promise<number>;
}

/** An image whose root lies elsewhere. */
const writeImage = async (dir: string, rootPath: string): Promise<void> => {
  await mkdir(dir, { recursive: true });
  for (const step of ["kernel", "initrd"] as const) await writeFile(join(dir, FILES[step]), step);
  await symlink(rootPath, join(dir, FILES.root));
  const file = (step: keyof typeof FILES) => {
    const sizeBytes = Bun.file(join(dir, FILES[step])).size;
    return { name: FILES[step], sha256: SHA256, sizeBytes };
  };
  const manifest: ImageManifest = {
    format: 1,
    id: SHA256,
    kernelVersion: "none",
    builtFrom: { lock: SHA256, agent: SHA256, recipe: SHA256 },
    files: { kernel: file("kernel"), initrd: file("initrd"), root: file("root") },
  };
  await writeFile(join(dir, "manifest.json"), JSON.stringify(manifest));
};

const writeConfig = async (dir: string): Promise<string> => {
  const path = join(dir, "config.yaml");
  const config = {
    name: "bench",
    stateDir: join(dir, "state"),
    runDir: join(dir, "run"),
    imageDir: join(dir, "image"),
    loaderDir: join(dir, "loaders"),
    network: { interface: "lo", address: "127.0.0.1/8", dhcp: { mode: "off" } },
    ports: { agent: 0, script: 0, files: 0 },
    web: { listen: `unix:${join(dir, "web.sock")}` },
  };
  await writeFile(path, stringify(config));
  return path;
};

/** Where the boot scripts of a box are, in the line with which it says that it is ready. */
const scriptsOf = (line: string): string | null =>
  line.includes('"box ready"') ? (JSON.parse(line) as { scripts: string }).scripts : null;

/** Registers a host, starts its run, and claims it as its agent would. */
const claimRun = async (
  socketPath: string,
  scripts: string,
): Promise<{ client: Client; token: string; rootUrl: string }> => {
  const operator = openOperatorApi(socketPath);
  await operator.addHost({ name: "bench", mac: MAC });
  await operator.until((await operator.startRun("bench")).id, "its turn", (run) => run.state === "WaitingWoL", 10_000);
  const script = parseBootScript(await (await fetch(`${scripts}/ipxe/${MAC}`)).text());
  const { url = "", pin = "", run = "", enrol = "" } = parseCmdline(script?.words ?? "");
  const client = openClient(url, run, thisSystem, openPinnedFetch(url, pin));
  const claim = { protocol: 1, bootId: BOOT_ID, mac: MAC, claimKey: "0".repeat(32), agentStart: 1 } as const;
  const reply = await client.claim(enrol, claim, AbortSignal.timeout(10_000));
  if (reply.kind !== "answer") throw new Error(`the claim was answered with ${JSON.stringify(reply)}`);
  return { client, token: reply.value.sessionToken, rootUrl: script?.urls.find((one) => one.endsWith("/root")) ?? "" };
};

/** Starts the box on an image whose root is the file at `rootPath`. */
export const openBoxAlone = async (dir: string, rootPath: string): Promise<BoxAlone> => {
  await mkdir(join(dir, "loaders"), { recursive: true });
  await writeImage(join(dir, "image"), rootPath);
  const main = resolve(import.meta.dir, "../../appliance/main.ts");
  const child = Bun.spawn([process.execPath, main, "--config", await writeConfig(dir)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => {
    child.kill();
    await child.exited;
  });
  const scripts = await childLine(child.stdout, scriptsOf);
  const { client, token, rootUrl } = await claimRun(join(dir, "web.sock"), scripts);
  const body: HeartbeatRequest = { bootId: BOOT_ID, acks: [] };
  const owned = undo.move();
  return {
    rootUrl,
    heartbeat: async () => {
      const startMs = performance.now();
      const reply = await client.heartbeat(token, body, AbortSignal.timeout(60_000));
      if (reply.kind !== "answer") throw new Error(`a heartbeat was answered with ${JSON.stringify(reply)}`);
      return performance.now() - startMs;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
