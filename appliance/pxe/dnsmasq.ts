/**
 * dnsmasq as a child of the box: its files written, started, restarted when it dies, told when hosts change; its log read as facts.
 *
 * A new list of registered hosts is taken up on SIGHUP. A changed list of alternate loaders needs a restart, which takes some 30 ms and keeps every lease,
 * because leases lie in a file.
 */
import { join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../agent/system/clock.ts";
import { makeDirectory, saveFile } from "../../agent/system/durable.ts";
import { endLeftover, savePid } from "../../agent/system/leftover.ts";
import { type ChildState, type Supervised, supervise } from "../../agent/system/supervise.ts";
import type { Loader } from "./architectures.ts";
import { type DnsmasqOptions, renderDnsmasqConf, renderHostsFile } from "./dnsmasq-conf.ts";
import { createLogReader, type LogFact, type LogReader } from "./dnsmasq-log.ts";

import { neighbourMac } from "./neighbours.ts";
import { fillTftpRoot, makePassable } from "./tftp-root.ts";

/** What dnsmasq is told by the box's configuration, and where its files lie. */
export interface DnsmasqSetup {
  readonly conf: Omit<DnsmasqOptions, "loaders" | "alternateMacs" | "tftpRoot" | "hostsFile" | "leaseFile">;
  /** Where the loaders come from (`build/boot`). */
  readonly bootDir: string;
  /** Files of this start of the machine: configuration, hosts, TFTP root, pid. Its parents must be passable for all. */
  readonly runDir: string;
  /** Files that outlive a power cut: the leases. */
  readonly stateDir: string;
  /** `["dnsmasq"]`, or with words before it that start it elsewhere, in a network namespace for instance. */
  readonly command: readonly [string, ...string[]];
  readonly macs: readonly string[];
  readonly onFact: (fact: Exclude<LogFact, { readonly kind: "other" }>) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The running dnsmasq. */
export interface Dnsmasq extends AsyncDisposable {
  state(): ChildState;
  pid(): number | null;
  /** Loaders that it serves. */
  readonly loaders: readonly Loader[];
  /** Replaces the registered hosts. Resolves when dnsmasq has read them, or at once when it will at its next start. */
  setHosts(macs: readonly string[]): Promise<void>;
  /** Replaces the hosts that get the alternate loader. */
  setAlternates(macs: readonly string[]): void;
  /** The MAC that holds an address; null when nobody knows. */
  macOf(address: string): string | null;
  /** Resolves when it serves; false when it was closed before. */
  running(): Promise<boolean>;
}

const HOSTS_MODE = 0o644;

/** Ends what a killed box left, writes the files and starts dnsmasq. */
export const openDnsmasq = async (setup: DnsmasqSetup): Promise<Dnsmasq> => {
  const pidFile = join(setup.runDir, "dnsmasq.pid");
  makePassable(setup.runDir);
  makeDirectory(setup.stateDir);
  const left = await endLeftover(pidFile, setup.clock);
  if (left !== null) setup.log.warn({ pid: left }, "ended the dnsmasq of a box that was killed");
  const loaders = fillTftpRoot(setup.bootDir, join(setup.runDir, "tftp"), setup.conf.user);
  if (loaders.length === 0) setup.log.error({ dir: setup.bootDir }, "there are no boot loaders: no host can boot");
  return new RunningDnsmasq(setup, loaders, pidFile);
};

class RunningDnsmasq implements Dnsmasq {
  readonly loaders: readonly Loader[];
  readonly #setup: DnsmasqSetup;
  readonly #hostsFile: string;
  readonly #reader: LogReader;
  readonly #child: Supervised;
  #alternates: readonly string[] = [];
  /** Settled at the next line that says that the hosts were read. */
  #hostsRead: PromiseWithResolvers<void> | null = null;
  #lastChange: Promise<void> = Promise.resolve();
  /** The hosts changed while dnsmasq was starting: it may have read the file before. */
  #stale = false;

  constructor(setup: DnsmasqSetup, loaders: readonly Loader[], pidFile: string) {
    this.#setup = setup;
    this.loaders = loaders;
    this.#hostsFile = join(setup.runDir, "hosts");
    this.#reader = createLogReader({ neighbour: neighbourMac });
    this.#saveHosts(setup.macs);
    this.#child = supervise({
      prepare: async () => this.#prepare(),
      stdin: "ignore",
      onLine: (line) => this.#take(line),
      onStart: (pid) => savePid(pidFile, pid),
      onFailure: (reason, restartInMs) => setup.log.error({ reason, restartInMs }, "dnsmasq ended"),
      clock: setup.clock,
    });
  }

  state(): ChildState {
    return this.#child.state();
  }

  pid(): number | null {
    return this.#child.pid();
  }

  running(): Promise<boolean> {
    return this.#child.running();
  }

  macOf(address: string): string | null {
    return this.#reader.macOf(address);
  }

  setHosts(macs: readonly string[]): Promise<void> {
    // One after the other: two signals at once would be one, and its answer could mean the older list.
    this.#lastChange = this.#lastChange.then(() => this.#changeHosts(macs));
    return this.#lastChange;
  }

  setAlternates(macs: readonly string[]): void {
    const next = [...new Set(macs)].sort();
    if (next.join() === this.#alternates.join()) return;
    this.#alternates = next;
    this.#child.restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
    this.#hostsRead?.resolve();
  }

  async #changeHosts(macs: readonly string[]): Promise<void> {
    this.#saveHosts(macs);
    if (this.state() !== "running") {
      this.#stale = true;
      return;
    }
    this.#hostsRead = Promise.withResolvers();
    const read = this.#hostsRead.promise;
    this.#child.signal("SIGHUP");
    await read;
  }

  #saveHosts(macs: readonly string[]): void {
    saveFile(this.#hostsFile, renderHostsFile(macs), HOSTS_MODE);
  }

  #prepare(): readonly [string, ...string[]] {
    const { conf, runDir, stateDir, command } = this.#setup;
    const path = join(runDir, "dnsmasq.conf");
    const text = renderDnsmasqConf({
      ...conf,
      loaders: this.loaders,
      alternateMacs: this.#alternates,
      tftpRoot: join(runDir, "tftp"),
      hostsFile: this.#hostsFile,
      leaseFile: join(stateDir, "dnsmasq.leases"),
    });
    saveFile(path, text, HOSTS_MODE);
    return [...command, `--conf-file=${path}`];
  }

  /** The line about the hosts file is dnsmasq's last word at a start and its only one at a reload. */
  #take(line: string): boolean {
    this.#setup.log.debug({ dnsmasq: line });
    const fact = this.#reader.read(line, this.#setup.clock.wallMs());
    if (fact.kind !== "other") this.#setup.onFact(fact);
    if (!line.endsWith(`: read ${this.#hostsFile}`)) return false;
    if (this.#stale) {
      this.#stale = false;
      this.#child.signal("SIGHUP");
    }
    this.#hostsRead?.resolve();
    this.#hostsRead = null;
    return true;
  }
}
