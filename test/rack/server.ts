/** One virtual server: power, serial port, disks. It runs in a process of its own, which outlives the one that started it. */
import { existsSync } from "node:fs";
import { chmod, mkdir, open, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Fault } from "../../agent/system/fault.ts";
import { startCompanions, startDrives } from "./companions.ts";
import { formatExt4 } from "./content/write.ts";
import type { ServerSpec } from "./declaration.ts";
import { diskKey } from "./declared-disk.ts";
import { decodeFault, type FaultDeclaration, type FaultSpec } from "./declared-faults.ts";
import { changeCable, hasFaultyCable } from "./faults/cable-faults.ts";
import { makeFault } from "./faults/fault.ts";
import type { FaultPlace } from "./faults/place.ts";
import type { RackPaths } from "./paths.ts";
import { isAlive, killProcesses, type ProcessRef, readProcess } from "./processes.ts";
import { type Roms, renderQemuArgv } from "./qemu-argv.ts";
import { findServerQemus } from "./qemus.ts";
import { openQmp, type Qmp, type QmpEvent } from "./qmp.ts";
import { RackRefusal } from "./refusal.ts";
import { BRIDGE, type Segment } from "./segment.ts";
import { followSerial, plainText, readSerial, waitForSerial } from "./serial.ts";
import { encodeSmbios } from "./smbios.ts";
import { claimServer, deleteServer } from "./store.ts";
import { until, within } from "./until.ts";

/** What a server needs of its rack. */
export interface ServerContext {
  readonly paths: RackPaths;
  readonly roms: Roms;
  segment(): Promise<Segment>;
}

/** How a server went off. */
export interface PowerOff {
  /** The guest did it itself, by ACPI or by a fatal fault; false if it was cut off or told to; null if nobody was there to see. */
  readonly byGuest: boolean | null;
  /** QEMU's word (`guest-shutdown`, `host-qmp-quit` …), `power-cut`, or `unseen`. */
  readonly reason: string;
}

/** What a running server takes. */
export interface ServerStats {
  readonly pid: number;
  readonly cpuS: number;
  readonly rssMiB: number;
}

/** Long enough for QEMU to listen on a machine that is busy with other servers. */
const QMP_TIMEOUT_MS = 20_000;
/** Another process may hold the session in which QEMU tells events; then its word is not to be had. */
const FOREIGN_EVENTS_TIMEOUT_MS = 500;
const STOP_TIMEOUT_MS = 60_000;

/** A server of a rack. */
export class Server {
  readonly name: string;
  readonly spec: ServerSpec;
  readonly #context: ServerContext;
  #process: ProcessRef | null = null;
  #events: Qmp | null = null;
  #cut = false;

  constructor(spec: ServerSpec, context: ServerContext) {
    this.name = spec.name;
    this.spec = spec;
    this.#context = context;
  }

  /** The process that runs this server now, whoever started it; null while it is off. */
  process(): ProcessRef | null {
    if (this.#process === null || !isAlive(this.#process))
      this.#process = findServerQemus(this.#context.paths.scratch, this.name).at(-1) ?? null;
    return this.#process;
  }

  get isRunning(): boolean {
    return this.process() !== null;
  }

  /** Powers the server on. Its serial log begins anew. `once` is what this boot alone tries first, as a BMC chooses it. */
  async start(once?: ServerSpec["boot"][number]): Promise<void> {
    const { paths, roms } = this.#context;
    await using _claim = await claimServer(paths, this.name);
    if (this.isRunning) throw new RackRefusal("running", `${this.name}: is running`);
    const segment = await this.#context.segment();
    const files = paths.files(this.name);
    const spec = once === undefined ? this.spec : { ...this.spec, boot: [...new Set([once, ...this.spec.boot])] };
    await prepareScratch(paths, this.spec);
    const drivePorts = await startDrives(this.spec, paths, segment);
    await using log = await open(paths.qemuLog(this.name), "w");
    // Not a pipe: it would break when this process is killed, and QEMU with it.
    const child = Bun.spawn([...segment.switch.inside(renderQemuArgv(spec, files, roms, drivePorts))], {
      stdin: "ignore",
      stdout: log.fd,
      stderr: log.fd,
    });
    const exitCode = await child.exited; // QEMU goes to the background once its devices and sockets are there
    if (exitCode !== 0)
      throw new Fault("spawn-failed", {
        server: this.name,
        exitCode,
        stderr: await readSerial(paths.qemuLog(this.name)),
      });
    this.#cut = false;
    this.#events?.[Symbol.dispose]();
    this.#events = await openQmp(files.eventSocket, QMP_TIMEOUT_MS).catch((cause) => {
      if (this.isRunning) throw cause;
      return null; // off again before it could be watched
    });
    await startCompanions(this, paths, segment);
    if (hasFaultyCable(this.spec) && this.isRunning)
      await this.#withFaultPlace(async (place) => {
        for (const [nic, { cable }] of this.spec.nics.entries()) await changeCable(place, nic, cable);
      });
  }

  /** Presses the power button and waits for the guest to go off, or cuts the power. Answers at once if the server is off. */
  async stop(how: "acpi" | "cut", timeoutMs = STOP_TIMEOUT_MS): Promise<PowerOff> {
    if (how === "acpi" && this.isRunning) await this.qmp("system_powerdown");
    if (how === "cut") {
      this.#cut = true;
      await killProcesses(findServerQemus(this.#context.paths.scratch, this.name));
    }
    return this.exited(timeoutMs);
  }

  /** Presses the reset button. */
  async reset(): Promise<void> {
    await this.qmp("system_reset");
  }

  /** Waits until the server is off. */
  async exited(timeoutMs: number): Promise<PowerOff> {
    const events = await this.#watch();
    const watched = this.process();
    await until(`${this.name}: power off`, () => watched === null || !isAlive(watched), timeoutMs);
    if (this.#cut) return { byGuest: false, reason: "power-cut" };
    await (events && within(`${this.name}: last events`, events.closed, QMP_TIMEOUT_MS));
    const data = events?.events.findLast(({ event }) => event === "SHUTDOWN")?.data ?? {};
    const { guest, reason } = data;
    return {
      byGuest: typeof guest === "boolean" ? guest : null,
      reason: typeof reason === "string" ? reason : "unseen",
    };
  }

  /** Waits until somebody, such as Wake-on-LAN, powers the server on. */
  async started(timeoutMs: number): Promise<void> {
    await until(`${this.name}: power on`, () => this.isRunning, timeoutMs);
  }

  /** Runs one command of QEMU's machine protocol, such as `set_link`. */
  async qmp(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (!this.isRunning) throw new RackRefusal("off", `${this.name}: is off`);
    using session = await openQmp(this.#context.paths.files(this.name).controlSocket, QMP_TIMEOUT_MS);
    return await session.execute(command, args);
  }

  /** Makes a fault on the running server, and answers when it is there. */
  fault(declaration: FaultDeclaration): Promise<void> {
    return this.makeFault(decodeFault(declaration));
  }

  /** The same with one that was decoded before. */
  makeFault(fault: FaultSpec): Promise<void> {
    return this.#withFaultPlace((place) => makeFault(place, fault));
  }

  async #withFaultPlace(act: (place: FaultPlace) => Promise<void>): Promise<void> {
    if (!this.isRunning) throw new RackRefusal("off", `${this.name}: is off`);
    const { paths, segment } = this.#context;
    using qmp = await openQmp(paths.files(this.name).controlSocket, QMP_TIMEOUT_MS);
    await act({ spec: this.spec, paths, qmp, segment });
  }

  /** Waits for an event of QEMU's, such as `RESET`; one that came since power-on counts. */
  async event(name: string, timeoutMs: number): Promise<QmpEvent> {
    const session = await this.#watch();
    if (session === null) throw new RackRefusal("busy", `${this.name}: another process has its events`);
    const find = (): QmpEvent | null => session.events.find(({ event }) => event === name) ?? null;
    return until(`${this.name}: event ${name}`, find, timeoutMs);
  }

  /** The session in which QEMU tells events. The process that started the server has it; another one may get it. */
  async #watch(): Promise<Qmp | null> {
    if (this.#events === null && this.isRunning)
      this.#events = await openQmp(this.#context.paths.files(this.name).eventSocket, FOREIGN_EVENTS_TIMEOUT_MS).catch(
        () => null,
      );
    return this.#events;
  }

  /** The file with what the server said on its serial port since power-on. */
  get serialLog(): string {
    return this.#context.paths.files(this.name).serialLog;
  }

  /** The socket of the serial port, both ways. */
  get serialSocket(): string {
    return this.#context.paths.files(this.name).serialSocket;
  }

  /** What the server said on its serial port since power-on, without terminal control sequences. */
  async serialText(): Promise<string> {
    return plainText(await readSerial(this.serialLog));
  }

  /** How much the server has said, in bytes: `serialHas` from here on sees only what comes later. */
  serialMark(): number {
    return Bun.file(this.serialLog).size;
  }

  /**
   * Waits until the serial port said something that matches, since power-on or since `from`. The last line may be there in part: a
   * pattern that takes the rest of a line ends in `\n`.
   */
  serialHas(pattern: RegExp, timeoutMs: number, from = 0): Promise<RegExpExecArray> {
    const wait = { path: this.serialLog, from, timeoutMs, isOver: () => !this.isRunning };
    return waitForSerial(this.name, pattern, wait);
  }

  /** The serial port's text as it comes, raw, until the server is off or `signal` aborts. */
  followSerial(signal?: AbortSignal, from = 0): AsyncGenerator<string> {
    return followSerial(this.serialLog, () => signal?.aborted === true || !this.isRunning, from);
  }

  /** CPU time and memory of the process that runs the server. */
  stats(): ServerStats {
    const live = readProcess(this.process()?.pid ?? 0);
    if (live === null) throw new RackRefusal("off", `${this.name}: is off`);
    return { pid: live.pid, cpuS: live.cpuS, rssMiB: live.rssMiB };
  }

  /** The image of a disk, by its label, or its serial if it has none; also of one that was put in another's place. */
  diskPath(key: string): string {
    const path = this.#context.paths.files(this.name).disk(key);
    if (!this.spec.disks.some((disk) => diskKey(disk) === key) && !existsSync(path))
      throw new RackRefusal("unknown", `${this.name}: has no disk ${key}`);
    return path;
  }

  /** SHA-256 of a disk's whole content, in hex. */
  async diskHash(key: string): Promise<string> {
    const hasher = new Bun.CryptoHasher("sha256");
    for await (const chunk of Bun.file(this.diskPath(key)).stream()) hasher.update(chunk);
    return hasher.digest("hex");
  }

  /** Writes bytes to a disk. The server must be off. */
  async writeDisk(key: string, bytes: Uint8Array, offsetBytes = 0): Promise<void> {
    const path = this.#diskToChange(key);
    await using file = await open(path, "r+");
    await file.write(bytes, 0, bytes.length, offsetBytes);
  }

  /** Makes an ext4 file system over a whole disk, with these files (path in it → content). The server must be off. */
  async formatDisk(key: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    await formatExt4(this.#diskToChange(key), files);
  }

  #diskToChange(key: string): string {
    const path = this.diskPath(key);
    if (this.isRunning) throw new RackRefusal("running", `${this.name}: is running`);
    return path;
  }

  /** Removes the server, which must be off, with its disks. Its logs stay. */
  async delete(): Promise<void> {
    await deleteServer(this.#context.paths, this.name);
    this.release();
  }

  /** Lets go of the server: it runs on, and another process may watch it. */
  release(): void {
    this.#events?.[Symbol.dispose]();
    this.#events = null;
  }
}

/** Empties the directory for a server's sockets; writes its firmware's tables, and the script by which its taps join the switch. */
const prepareScratch = async (paths: RackPaths, spec: ServerSpec): Promise<void> => {
  const files = paths.files(spec.name);
  await rm(paths.serverScratch(spec.name), { recursive: true, force: true });
  await mkdir(paths.serverScratch(spec.name), { recursive: true });
  await mkdir(dirname(files.serialLog), { recursive: true });
  await rm(files.serialLog, { force: true });
  for (const { name, bytes } of encodeSmbios(spec)) await writeFile(files.smbios(name), bytes);
  const join = `ip link set dev "$1" addrgenmode none && ip link set dev "$1" master ${BRIDGE} up`;
  await writeFile(files.tapScript, `#!/bin/sh\n${join} && echo "$1" >> ${paths.taps(spec.name)}\n`);
  await chmod(files.tapScript, 0o755);
};
