/** The boot file process as the box sees it: kept running, its transfers told as the steps of a boot. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../agent/system/clock.ts";
import { type ChildState, type Supervised, supervise } from "../../agent/system/supervise.ts";
import type { BootEvent } from "../core/boot.ts";
import { IMAGE_STEPS } from "../core/boot-paths.ts";
import { type BootFileLine, parseLine } from "./boot-file-words.ts";
import type { ServedFile } from "./file-server.ts";
import type { LiveImage } from "./live-image.ts";

/** What to run, where it listens, and whom it tells. */
export interface BootFileSetup {
  /** The program without its argument: Bun and the path of `appliance/boot-files.ts`. */
  readonly command: readonly [string, ...string[]];
  readonly hostname: string;
  /** 0 for any free one; a restarted process then keeps the one it had. */
  readonly port: number;
  readonly image: LiveImage | null;
  /** Folder of the boot loaders, and their names; those that are missing are left out. */
  readonly bootDir: string;
  readonly loaders: readonly string[];
  /** The MAC that holds an address, for a loader's transfer, whose path names none. */
  readonly macOf: (address: string) => string | null;
  readonly onEvent: (event: BootEvent) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The running process. */
export interface BootFiles extends AsyncDisposable {
  state(): ChildState;
  pid(): number | null;
  /** The port that it listens on; resolves when it does. Null when it was closed before. */
  port(): Promise<number | null>;
}

/** Starts the process. It ends when its stdin does, so it never outlives the box. */
export const openBootFiles = (setup: BootFileSetup): BootFiles => {
  let port = setup.port;
  const child: Supervised = supervise({
    prepare: async () => {
      const options = { hostname: setup.hostname, port, files: servedFiles(setup) };
      return [...setup.command, JSON.stringify(options)] as [string, ...string[]];
    },
    stdin: "pipe",
    onLine: (text) => {
      const line = parseLine(text);
      if (line === null) setup.log.warn({ bootFiles: text }, "the boot file process said something odd");
      if (line?.say === "listening") port = line.port;
      if (line?.say === "transfer") tell(setup, line);
      return line?.say === "listening";
    },
    onFailure: (reason, restartInMs) => setup.log.error({ reason, restartInMs }, "the boot file process ended"),
    clock: setup.clock,
  });
  return {
    state: () => child.state(),
    pid: () => child.pid(),
    port: async () => ((await child.running()) ? port : null),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
};

const servedFiles = ({ image, bootDir, loaders }: BootFileSetup): readonly ServedFile[] => [
  ...(image === null
    ? []
    : IMAGE_STEPS.map((step) => {
        const { sha256, path } = image.files[step];
        return { kind: "image" as const, step, sha256, path };
      })),
  ...loaders
    .map((name) => ({ kind: "loader" as const, name, path: join(bootDir, name) }))
    .filter((file) => existsSync(file.path)),
];

const tell = (setup: BootFileSetup, line: Extract<BootFileLine, { say: "transfer" }>): void => {
  const mac = line.mac ?? setup.macOf(line.address);
  if (mac === null) {
    setup.log.info({ address: line.address, name: line.name }, "a file went to a host that has no lease here");
    return;
  }
  setup.onEvent({
    mac,
    step: line.file,
    atMs: setup.clock.wallMs(),
    detail: describe(line),
    complete: line.complete,
  });
};

const MB = 1e6;

const describe = (line: Extract<BootFileLine, { say: "transfer" }>): string => {
  const size = (bytes: number) => `${(bytes / MB).toFixed(1)} MB`;
  const name = line.file === "loader" ? `${line.name}, ` : "";
  if (line.phase === "begun") return `${name}${size(line.sizeBytes)}, begun`;
  const seconds = line.durationMs / 1000;
  const speed = line.durationMs === 0 ? "" : `, ${size(line.sentBytes / seconds)}/s`;
  const amount = line.complete ? size(line.sizeBytes) : `at most ${size(line.sentBytes)} of ${size(line.sizeBytes)}`;
  return `${name}${amount} in ${seconds.toFixed(1)} s${speed}`;
};
