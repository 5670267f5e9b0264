/**
 * The box's iperf3 servers: one for each attempt of Network, on a port of its own, because a server serves one client at a time and tells any other that it is
 * busy. A server lives as long as its attempt; when it dies it is started again on the same port.
 *
 * What a killed box leaves behind is found by files of this start of the machine: `PORT-RUN-ATTEMPT.pid`. They also tell which port an attempt had, so that the
 * agent that measures meanwhile finds its server again.
 */
import { join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../agent/system/clock.ts";
import { makeDirectory, removeFile, savedNames } from "../../agent/system/durable.ts";
import { type Files, readAttribute } from "../../agent/system/files.ts";
import { endLeftover, savePid } from "../../agent/system/leftover.ts";
import { type Supervised, supervise } from "../../agent/system/supervise.ts";
import type { LinkAttempt, LinkBook, LinkPlace } from "../core/link-port.ts";
import { choosePort, type PortRange } from "./ports.ts";

/** What the servers are started with. */
export interface LinkSetup {
  /** The interface of the hosts' network, and the box's address there: servers listen on no other. */
  readonly interface: string;
  readonly address: string;
  readonly ports: PortRange;
  /** Files of this start of the machine. */
  readonly runDir: string;
  /** `["iperf3"]`, or with words before it. */
  readonly command: readonly [string, ...string[]];
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The open servers. */
export interface LinkServers extends LinkBook, AsyncDisposable {
  /** Resolves when the attempt's server listens; false when it was ended before, or is not known. */
  listening(attempt: LinkAttempt): Promise<boolean>;
}

/** An account that owns nothing (Debian's, and Buildroot's). */
const NOBODY = ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] as const;

/**
 * The command line of iperf3 on this machine: without rights, since it reads what strangers send, and ended by the kernel when the box is killed. The kernel drops
 * the latter with a change of user, so `setpriv` sets it after that.
 */
export const iperfCommand = (isRoot: boolean): readonly [string, ...string[]] => [
  ...(["setpriv", "--no-new-privs"] as const),
  ...(isRoot ? NOBODY : []),
  ...["--pdeathsig", "KILL", "iperf3"],
];

/** A server that hears nothing from a client for so long gives it up: a host that lost its power says no good-bye. */
const SILENT_MS = 10_000;

const renderServer = ({ command, address }: LinkSetup, port: number): readonly [string, ...string[]] => [
  ...command,
  ...["-s", "-B", address, "-p", `${port}`, "--rcv-timeout", `${SILENT_MS}`, "--forceflush"],
];

const keyOf = ({ runId, attempt }: LinkAttempt): string => `${runId}-${attempt}`;
const PID_FILE = /^(\d{1,5})-([0-9a-z]{1,32}-\d{1,6})\.pid$/;

/** The port on which one could listen now: `port`, or with 0 any; null when somebody else does. */
const freePort = (hostname: string, port: number): number | null => {
  try {
    const probe = Bun.listen({ hostname, port, socket: { data: () => {} } });
    const free = probe.port;
    probe.stop(true);
    return free;
  } catch {
    return null; // EADDRINUSE: a program that is not the box's
  }
};

interface Server {
  readonly place: LinkPlace;
  readonly child: Supervised;
  readonly pidFile: string;
}

class RunningServers implements LinkServers {
  readonly #setup: LinkSetup;
  readonly #dir: string;
  /** Ports of attempts before a restart of the box. */
  readonly #before: ReadonlyMap<string, number>;
  readonly #servers = new Map<string, Server>();
  /** Those that are about to end, with their ports: a new server there would find its port taken. */
  readonly #ending = new Map<Promise<void>, number>();
  #mbps: number | null = null;

  constructor(setup: LinkSetup, dir: string, before: ReadonlyMap<string, number>) {
    this.#setup = setup;
    this.#dir = dir;
    this.#before = before;
  }

  boxMbps(): number | null {
    return this.#mbps;
  }

  /** `4294967295` and -1 are how drivers write unknown. */
  async readSpeed(): Promise<void> {
    const raw = await readAttribute(this.#setup.files, `/sys/class/net/${this.#setup.interface}/speed`);
    const speed = /^\d{1,7}$/.test(raw ?? "") ? Number(raw) : 0;
    this.#mbps = speed > 0 ? speed : null;
  }

  open(attempt: LinkAttempt): LinkPlace | null {
    const key = keyOf(attempt);
    const known = this.#servers.get(key);
    if (known !== undefined) return known.place;
    const { address, ports, log } = this.#setup;
    const taken = new Set([...[...this.#servers.values()].map(({ place }) => place.port), ...this.#ending.values()]);
    const isFree = (one: number): boolean => !taken.has(one) && freePort(address, one) !== null;
    const port = ports.from === 0 ? freePort(address, 0) : choosePort(ports, isFree, this.#before.get(key));
    if (port === null) {
      log.error({ ...attempt, ports }, "every port for network measurements is taken");
      return null;
    }
    const place = { address, port };
    this.#servers.set(key, this.#start(key, place));
    return place;
  }

  keepOnly(attempts: readonly LinkAttempt[]): void {
    const kept = new Set(attempts.map(keyOf));
    for (const key of this.#servers.keys()) if (!kept.has(key)) this.#end(key);
    if (kept.size > 0) void this.readSpeed();
  }

  async listening(attempt: LinkAttempt): Promise<boolean> {
    return (await this.#servers.get(keyOf(attempt))?.child.running()) ?? false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of this.#servers.keys()) this.#end(key);
    await Promise.all(this.#ending.keys());
  }

  #start(key: string, place: LinkPlace): Server {
    const { clock, log } = this.#setup;
    const pidFile = join(this.#dir, `${place.port}-${key}.pid`);
    let lastWords = "";
    const child = supervise({
      prepare: async () => renderServer(this.#setup, place.port),
      stdin: "ignore",
      onLine: (line) => {
        log.debug({ iperf3: line, port: place.port });
        if (/error/i.test(line)) lastWords = line;
        return line.startsWith("Server listening");
      },
      onStart: (pid) => savePid(pidFile, pid),
      onFailure: (reason, restartInMs) =>
        log.error({ reason, lastWords, restartInMs, port: place.port }, "a server for network measurements ended"),
      clock,
    });
    return { place, child, pidFile };
  }

  #end(key: string): void {
    const server = this.#servers.get(key);
    if (server === undefined) return;
    this.#servers.delete(key);
    const end = async (): Promise<void> => {
      await server.child[Symbol.asyncDispose]();
      removeFile(server.pidFile);
    };
    const ending = end().catch((err: unknown) =>
      this.#setup.log.error({ err }, "a server for network measurements could not be ended"),
    );
    this.#ending.set(ending, server.place.port);
    void ending.then(() => this.#ending.delete(ending));
  }
}

/** Ends what a killed box left; answers which port each attempt had. */
const endLeftovers = async (dir: string, { clock, log }: LinkSetup): Promise<ReadonlyMap<string, number>> => {
  const before = new Map<string, number>();
  for (const name of savedNames(dir)) {
    const [, port = "", key] = PID_FILE.exec(name) ?? [];
    if (key === undefined) continue;
    before.set(key, Number(port));
    const pid = await endLeftover(join(dir, name), clock);
    if (pid !== null) log.warn({ pid, port: Number(port) }, "ended an iperf3 server of a box that was killed");
  }
  return before;
};

/** Opens the servers' department: none runs yet. */
export const openLinkServers = async (setup: LinkSetup): Promise<LinkServers> => {
  const dir = join(setup.runDir, "link");
  makeDirectory(dir);
  if (Bun.which("iperf3") === null)
    setup.log.warn("iperf3 is not installed: no network can be measured (install the package iperf3)");
  const servers = new RunningServers(setup, dir, await endLeftovers(dir, setup));
  await servers.readSpeed();
  return servers;
};
