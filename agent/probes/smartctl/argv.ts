/** smartctl's command lines, made once for probe, stage and plan. Pure. */

/** Which drive: smartctl's type of the way to it, and the node. */
export interface DriveAddress {
  /** `sat`, `nvme`, `megaraid,8`; `auto` lets smartctl find out. */
  readonly type: string;
  readonly device: string;
}

/** A program and its arguments. */
export type Argv = readonly [string, ...string[]];

/** Self-tests that every kind of drive has. */
export type SelfTestKind = "short" | "long";

const smartctl = (options: readonly string[], { type, device }: DriveAddress): Argv => [
  "smartctl",
  ...options,
  "-j",
  "-d",
  type,
  device,
];

/** Everything that the drive tells. */
export const readArgv = (drive: DriveAddress): Argv => smartctl(["-x"], drive);
/** How its self-test stands. */
export const pollArgv = (drive: DriveAddress): Argv => smartctl(["-c", "-l", "selftest"], drive);
/** Begins a self-test within the drive; the drive stays usable. */
export const startArgv = (drive: DriveAddress, kind: SelfTestKind): Argv => smartctl(["-t", kind], drive);
/** Ends the self-test that runs. */
export const abortArgv = (drive: DriveAddress): Argv => smartctl(["-X"], drive);
/** Switches SMART on. */
export const enableArgv = (drive: DriveAddress): Argv => smartctl(["-s", "on"], drive);
