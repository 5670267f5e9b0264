/** The very commands of PSU: what the plan shows and what the runner starts. Pure. */

/** Every processor, with methods that draw much: wide floating point and matrices. */
export const burstArgv = (loadS: number): readonly [string, ...string[]] => [
  "stress-ng",
  ...["--cpu", "0", "--cpu-method", "matrixprod", "--matrix", "0", "-v", "--metrics-brief"],
  ...["--temp-path", "/tmp", "--timeout", `${loadS}s`],
];

/** Reads all of these disks at once, past the page cache. `--readonly` makes fio refuse anything that writes. */
export const readArgv = (paths: readonly string[], loadS: number): readonly [string, ...string[]] => [
  "fio",
  ...["--readonly", "--rw=randread", "--bs=1M", "--direct=1", "--ioengine=libaio", "--iodepth=8"],
  ...["--time_based", `--runtime=${loadS}`, "--output-format=json"],
  ...paths.flatMap((path, i) => [`--name=disk${i}`, `--filename=${path}`]),
];

/** Sends what a port carries, to nobody. `agent` is the agent's own program. */
export const nicLoadArgv = (
  agent: readonly [string, ...string[]],
  port: string,
  loadS: number,
): readonly [string, ...string[]] => [...agent, "nic-load", "--port", port, "--seconds", String(loadS)];

/** What the BMC says of power. */
export const DCMI_ARGV = ["ipmitool", "dcmi", "power", "reading"] as const;
/** All sensors of the BMC. */
export const SDR_ARGV = ["ipmitool", "sdr", "elist", "all"] as const;
