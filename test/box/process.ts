/**
 * The real box as a child process inside a rack's namespace: `appliance/main.ts` with a config of its own, its pages and operator API on a Unix socket,
 * which the file system carries out of the namespace.
 */
import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { BOX_NETWORK, type Namespace, SEGMENT_INTERFACE } from "../rack/segment.ts";
import { type OperatorApi, openOperatorApi } from "./operator-api.ts";

/** Where the builds put the live image and the boot loaders. */
export const BUILT = {
  image: resolve(import.meta.dir, "../../build/image"),
  loaders: resolve(import.meta.dir, "../../build/boot"),
} as const;

/** What a box is started with; the rest has the config's own defaults. */
export interface BoxOptions {
  /** A folder of its own; the state stays there over restarts. */
  readonly dir: string;
  readonly namespace: Namespace;
  readonly imageDir?: string;
  readonly dhcp?: "authoritative" | "proxy";
  /** Limits of runs, as in the config. */
  readonly runs?: Readonly<Record<string, number>>;
  /** Wraps its command, to run it where an emulated board is. */
  readonly enter?: (command: readonly string[]) => readonly string[];
}

/** A running box. Disposing of it ends the process in order. */
export interface BoxProcess extends AsyncDisposable {
  readonly api: OperatorApi;
  readonly socketPath: string;
  readonly logPath: string;
  readonly pid: number;
  /** Ends the process without a chance to tidy up, as a power cut would. */
  kill9(): Promise<void>;
}

/** Addresses that the box gives out, of the rack's 10.77.0.0/24. */
const RANGE = { from: "10.77.0.50", to: "10.77.0.150" } as const;

const renderConfig = (options: BoxOptions, socketPath: string): string => {
  const { dir, imageDir = BUILT.image, dhcp = "authoritative", runs } = options;
  return stringify({
    name: "vetbox-rack",
    stateDir: join(dir, "state"),
    runDir: join(dir, "run"),
    imageDir,
    loaderDir: BUILT.loaders,
    network: {
      interface: SEGMENT_INTERFACE,
      address: BOX_NETWORK,
      dhcp: { mode: dhcp, ...(dhcp === "authoritative" ? RANGE : {}) },
    },
    web: { listen: `unix:${socketPath}` },
    // dnsmasq's own words are at this level; the tests read them.
    log: { level: "debug" },
    ...(runs === undefined ? {} : { runs }),
  });
};

/** Copies a child's output to its log; calls `onReady` at the line that says so. Answers with the last words. */
const followOutput = async (
  stream: ReadableStream<Uint8Array>,
  logPath: string,
  onReady: () => void,
): Promise<string> => {
  const log = createWriteStream(logPath, { flags: "a" });
  const decoder = new TextDecoder();
  let tail = "";
  for await (const chunk of stream) {
    log.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4000);
    if (tail.includes('"box ready"')) onReady();
  }
  log.end();
  return tail;
};

/** Starts the box and waits until it answers. Opened again on the same folder, it goes on where it stood. */
export const openBox = async (options: BoxOptions): Promise<BoxProcess> => {
  await mkdir(options.dir, { recursive: true });
  const configPath = join(options.dir, "config.yaml");
  const socketPath = join(options.dir, "web.sock");
  const logPath = join(options.dir, "box.log");
  await writeFile(configPath, renderConfig(options, socketPath));
  const main = resolve(import.meta.dir, "../../appliance/main.ts");
  const command = [process.execPath, main, "--config", configPath];
  const child = options.namespace.spawn(options.enter?.(command) ?? command, {
    stdout: "pipe",
    stderr: "pipe",
  });
  const ready = Promise.withResolvers<void>();
  const streams = [child.stdout, child.stderr].filter((stream) => stream instanceof ReadableStream);
  void Promise.all(streams.map((stream) => followOutput(stream, logPath, ready.resolve))).then((tails) =>
    ready.reject(new Error(`the box ended before it was ready:\n${tails.join("")}`)),
  );
  await ready.promise;
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    child.kill(signal);
    await child.exited;
  };
  return {
    api: openOperatorApi(socketPath),
    socketPath,
    logPath,
    pid: child.pid,
    kill9: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
};
