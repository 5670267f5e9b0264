/** The processors as the kernel has them at one moment: which are online, how often they were throttled, what speed they promise (sysfs). */
import { leadingCount, present } from "../../probes/label.ts";
import { type Files, readAttribute } from "../../system/files.ts";

const ROOT = "/sys/devices/system/cpu";
/** More logical processors than any server has (Linux: NR_CPUS 8192 at most). */
const MOST = 8192;

/** One logical processor. */
export interface Processor {
  readonly cpu: number;
  /** The socket that it is in, as the kernel counts them. */
  readonly socket: number;
  /** How often it, and its package, slowed down for heat since the kernel started; absent where nobody counts. */
  readonly coreThrottleCount?: number;
  readonly packageThrottleCount?: number;
  /** The speed that the maker promises for all cores at work. */
  readonly baseMhz?: number;
}

/** All of them. */
export interface Processors {
  /** Those that the board has, in use or not. */
  readonly presentCount: number;
  readonly online: readonly Processor[];
}

/** `0-3,8` to numbers. Pure. */
export const parseCpuList = (text: string): readonly number[] => {
  const cpus: number[] = [];
  for (const range of text.trim().slice(0, 10_000).split(",")) {
    const [, from, to] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    if (from === undefined) continue;
    for (let cpu = Number(from); cpu <= Number(to ?? from) && cpus.length < MOST; cpu += 1) cpus.push(cpu);
  }
  return cpus;
};

const countAt = async (files: Files, path: string): Promise<number | undefined> =>
  leadingCount((await readAttribute(files, path)) ?? undefined);

const readProcessor = async (files: Files, cpu: number): Promise<Processor> => {
  const at = `${ROOT}/cpu${cpu}`;
  const [socket, coreThrottleCount, packageThrottleCount, baseKhz, nominalMhz] = await Promise.all([
    countAt(files, `${at}/topology/physical_package_id`),
    countAt(files, `${at}/thermal_throttle/core_throttle_count`),
    countAt(files, `${at}/thermal_throttle/package_throttle_count`),
    countAt(files, `${at}/cpufreq/base_frequency`), // intel_pstate, kHz
    countAt(files, `${at}/acpi_cppc/nominal_freq`), // AMD and others, MHz
  ]);
  const baseMhz = baseKhz === undefined ? nominalMhz : baseKhz / 1000;
  return {
    ...{ cpu, socket: socket ?? 0 },
    ...present({ coreThrottleCount, packageThrottleCount, baseMhz: baseMhz === 0 ? undefined : baseMhz }),
  };
};

/** Reads them now. */
export const readProcessors = async (files: Files): Promise<Processors> => {
  const listOf = async (name: string) => parseCpuList((await readAttribute(files, `${ROOT}/${name}`)) ?? "");
  const [presentCpus, onlineCpus] = [await listOf("present"), await listOf("online")];
  return {
    presentCount: presentCpus.length,
    online: await Promise.all(onlineCpus.map((cpu) => readProcessor(files, cpu))),
  };
};

/** Speeds by logical processor, of `/proc/cpuinfo`; empty where the kernel does not measure them (virtual machines repeat a constant). Pure. */
export const parseSpeeds = (cpuinfo: string): ReadonlyMap<number, number> => {
  // aperfmperf: the pair of counters that the kernel computes the speed from (Linux: arch/x86/kernel/cpu/aperfmperf.c).
  if (!/^flags\s{0,9}:.*\baperfmperf\b/m.test(cpuinfo)) return new Map();
  const speeds = new Map<number, number>();
  let cpu = -1;
  for (const [, name, value] of cpuinfo.matchAll(/^(processor|cpu MHz)[ \t]{0,9}:[ \t]{0,9}(\d{1,6}(?:\.\d{1,6})?)/gm))
    if (name === "processor") cpu = Number(value);
    else speeds.set(cpu, Number(value));
  return speeds;
};
