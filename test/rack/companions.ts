/**
 * What stands beside a virtual server while it runs: its management controller and the switch that it hangs on. Each is a process inside the
 * switch's namespace, outlives the one that started it, and ends by itself when the server does.
 */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { needPackages } from "../setup/packages.ts";
import type { ServerSpec } from "./declaration.ts";
import { diskKey } from "./declared-disk.ts";
import type { RackPaths } from "./paths.ts";
import type { DrivePorts } from "./qemu-disks.ts";
import type { Segment } from "./segment.ts";
import { until } from "./until.ts";

interface Companion {
  readonly script: string;
  readonly argv: readonly string[];
  /** What it says when it is there. */
  readonly ready: string;
}

/** Programs start in a fraction of a second, on a machine that is busy with servers in several. */
const START_TIMEOUT_MS = 60_000;

const companionsOf = (spec: ServerSpec, paths: RackPaths): readonly Companion[] => {
  const declaration = paths.declaration(spec.name);
  const { bmcSocket, bmcControl } = paths.files(spec.name);
  const bmc = { script: "bmc/main.ts", argv: [declaration, bmcSocket, bmcControl], ready: "bmc: connected" };
  const lldp = { script: "lldp-speaker.ts", argv: [declaration, paths.taps(spec.name)], ready: "lldp: speaking" };
  return [
    ...(spec.bmc === undefined ? [] : [bmc]),
    ...(spec.nics.some(({ neighbour }) => neighbour !== undefined) ? [lldp] : []),
  ];
};

/** What a drive says when it listens. */
const DRIVE_READY = /^drive (\S+): port (\d+)$/gm;

/** Starts a server's drives, which it finds when it is powered on; answers with where they listen. Each ends with the server. */
export const startDrives = async (spec: ServerSpec, paths: RackPaths, segment: Segment): Promise<DrivePorts> => {
  const keys = spec.disks.filter(({ drive }) => drive !== undefined).map(diskKey);
  if (keys.length === 0) return new Map();
  await needPackages(["qemu-block-extra"]);
  const logPath = paths.driveLog(spec.name);
  await using log = await open(logPath, "w");
  const { disk, driveControl } = paths.files(spec.name);
  for (const key of keys) {
    const argv = [paths.declaration(spec.name), key, disk(key), driveControl(key)];
    Bun.spawn([...segment.switch.inside([process.execPath, join(import.meta.dir, "drive/main.ts"), ...argv])], {
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
    }).unref();
  }
  const ports = async (): Promise<DrivePorts | null> => {
    const said = [...(await readFile(logPath, "utf8")).matchAll(DRIVE_READY)];
    return said.length < keys.length ? null : new Map(said.map(([, key = "", port]) => [key, Number(port)]));
  };
  return until(`drives of ${spec.name}`, ports, START_TIMEOUT_MS);
};

/** What a server gives to what stands beside it. */
export interface Accompanied {
  readonly spec: ServerSpec;
  readonly isRunning: boolean;
}

/** Starts what stands beside a server that was just powered on, and answers when all of it is there, or the server is off again. */
export const startCompanions = async (server: Accompanied, paths: RackPaths, segment: Segment): Promise<void> => {
  const { spec } = server;
  const companions = companionsOf(spec, paths);
  if (companions.length === 0) return;
  const logPath = paths.companionLog(spec.name);
  await using log = await open(logPath, "w");
  for (const { script, argv } of companions)
    Bun.spawn([...segment.switch.inside([process.execPath, join(import.meta.dir, script), ...argv])], {
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
    }).unref();
  const isReady = async (): Promise<boolean> => {
    const said = await readFile(logPath, "utf8");
    return companions.every(({ ready }) => said.includes(ready));
  };
  await until(`what stands beside ${spec.name}`, async () => (await isReady()) || !server.isRunning, START_TIMEOUT_MS);
};
