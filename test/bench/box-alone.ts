/** The real box on loopback, without DHCP, with one host: for a real agent, or with a run that a stand-in for one has claimed, enough to time the agent API. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { type Client, openClient } from "../../agent/client.ts";
import { parseCmdline } from "../../agent/cmdline.ts";
import { openPinnedFetch } from "../../agent/pinned-fetch.ts";
import { thisSystem } from "../../agent/system/system.ts";
import type { HeartbeatRequest } from "../../agent/wire/messages.ts";
import type { ImageManifest } from "../../appliance/images/manifest.ts";
import { type OperatorApi, openOperatorApi, type RunOptions } from "../box/operator-api.ts";
import { parseBootScript } from "../dev/simulated-host.ts";
import { childLine } from "./child-line.ts";

const HOST = "bench";
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
    ports: { agent: 0, script: 0, files: 0, measure: { from: 0 } },
    web: { listen: `unix:${join(dir, "web.sock")}` },
  };
  await writeFile(path, stringify(config));
  return path;
};

/** Where the boot scripts of a box are, in the line with which it says that it is ready. */
const scriptsOf = (line: string): string | null =>
  line.includes('"box ready"') ? (JSON.parse(line) as { scripts: string }).scripts : null;

/** The words of the kernel command line that a host of a waiting run would boot with. */
export interface BootWords {
  readonly url: string;
  readonly pin: string;
  readonly runId: string;
  readonly enrolCode: string;
  readonly rootUrl: string;
}

/** A box on loopback with one host. */
export interface BoxProcess extends AsyncDisposable {
  readonly operator: OperatorApi;
  readonly mac: string;
  /** Starts a run of the host and answers with what it would boot with. */
  startRun(options?: RunOptions): Promise<BootWords>;
}

const bootWords = async (scripts: string): Promise<BootWords> => {
  const script = parseBootScript(await (await fetch(`${scripts}/ipxe/${MAC}`)).text());
  const { url = "", pin = "", run: runId = "", enrol: enrolCode = "" } = parseCmdline(script?.words ?? "");
  return { url, pin, runId, enrolCode, rootUrl: script?.urls.find((one) => one.endsWith("/root")) ?? "" };
};

/** Starts the box on an image whose root is the file at `rootPath`, and registers a host. `enter` wraps its command, to run it where an emulated board is. */
export const openBoxProcess = async (
  dir: string,
  rootPath: string,
  enter: (command: readonly string[]) => string[] = (command) => [...command],
): Promise<BoxProcess> => {
  await mkdir(join(dir, "loaders"), { recursive: true });
  await writeImage(join(dir, "image"), rootPath);
  const main = resolve(import.meta.dir, "../../appliance/main.ts");
  const child = Bun.spawn(enter([process.execPath, main, "--config", await writeConfig(dir)]), {
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
  const operator = openOperatorApi(join(dir, "web.sock"));
  await operator.addHost({ name: HOST, mac: MAC });
  const owned = undo.move();
  return {
    operator,
    mac: MAC,
    startRun: async (options) => {
      const { id } = await operator.startRun(HOST, options);
      await operator.until(id, "its turn", (run) => run.state === "WaitingWoL", 10_000);
      return bootWords(scripts);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};

/** Claims a run as its agent would. */
const claimRun = async ({ url, pin, runId, enrolCode }: BootWords): Promise<{ client: Client; token: string }> => {
  const client = openClient(url, runId, thisSystem, openPinnedFetch(url, pin));
  const claim = { protocol: 1, bootId: BOOT_ID, mac: MAC, claimKey: "0".repeat(32), agentStart: 1 } as const;
  const reply = await client.claim(enrolCode, claim, AbortSignal.timeout(10_000));
  if (reply.kind !== "answer") throw new Error(`the claim was answered with ${JSON.stringify(reply)}`);
  return { client, token: reply.value.sessionToken };
};

/** A box with a claimed run, on an image whose root is the file at `rootPath`. */
export const openBoxAlone = async (dir: string, rootPath: string): Promise<BoxAlone> => {
  await using undo = new AsyncDisposableStack();
  const box = undo.use(await openBoxProcess(dir, rootPath));
  const words = await box.startRun();
  const { client, token } = await claimRun(words);
  const body: HeartbeatRequest = { bootId: BOOT_ID, acks: [] };
  const owned = undo.move();
  return {
    rootUrl: words.rootUrl,
    heartbeat: async () => {
      const startMs = performance.now();
      const reply = await client.heartbeat(token, body, AbortSignal.timeout(60_000));
      if (reply.kind !== "answer") throw new Error(`a heartbeat was answered with ${JSON.stringify(reply)}`);
      return performance.now() - startMs;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
