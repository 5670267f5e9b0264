/**
 * IPMI over the network (RMCP+), by ipmitool: chassis power, one boot from the network, and the LED that identifies the chassis.
 *
 * The password goes through a file (`-f`), readable by this user alone, in RAM, and gone after the call. The other way, `-E`, needs it in the child's
 * environment, which every process of the same user can read for as long as the child lives, and the box runs its tools with a fixed environment
 * just so that no secret is in it. In an argument (`-P`) everybody could read it.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exec, ExecResult } from "../../agent/system/exec.ts";
import type { BmcAccess, BmcPlace, PowerPort, PowerState } from "../core/power-port.ts";
import { answering, BmcFailure } from "./trouble.ts";

/** A packet is sent again after this, ipmitool's own default for this interface; a BMC that does not answer all of them is away. */
const WAIT_S = 1;
const RETRIES = 2;
/** Some six exchanges, each with all of its tries. */
const CALL_MS = 30_000;

/** What each act is for ipmitool. EFI: a server that boots by BIOS does not look at the flag. */
const COMMANDS = {
  state: ["chassis", "power", "status"],
  on: ["chassis", "power", "on"],
  off: ["chassis", "power", "off"],
  cycle: ["chassis", "power", "cycle"],
  pxe: ["chassis", "bootdev", "pxe", "options=efiboot"],
  identify: ["chassis", "identify", "force"],
  // The longest that every BMC knows (IPMI 2.0, 28.5).
  identifyTimed: ["chassis", "identify", "255"],
  identifyOff: ["chassis", "identify", "0"],
} as const;

/** The whole command. Operator is the least right that may switch power; `-v` because otherwise a wrong password and a dead BMC read the same. */
export const ipmitoolArgv = (
  { address, port, user }: BmcPlace,
  passwordFile: string,
  act: keyof typeof COMMANDS,
): readonly [string, ...string[]] => [
  ...(["ipmitool", "-v", "-I", "lanplus", "-N", String(WAIT_S), "-R", String(RETRIES), "-L", "OPERATOR"] as const),
  ...["-H", address, "-p", String(port), "-U", user, "-f", passwordFile],
  ...COMMANDS[act],
];

/** What ipmitool 1.8.19 says of a failure, first match first: the sentence that ends them all, "unable to establish", comes with each of them. */
const SAID: readonly (readonly [RegExp, ConstructorParameters<typeof BmcFailure>[0], string])[] = [
  [/HMAC is invalid|unauthorized name|Invalid user name/i, "refused-login", "The BMC refuses this user or password."],
  [
    /insufficient privilege|privilege level exceeds|set session privilege|unauthorized role/i,
    "no-rights",
    "The BMC's user may not do this.",
  ],
  [/not supported in present state/i, "failed", "The BMC cannot do this in the host's present state."],
  [
    /Invalid command|Invalid data field|data length invalid|not supported/i,
    "unsupported",
    "The BMC does not know this command.",
  ],
  [/Node busy|Out of space|insufficient resources/i, "busy", "The BMC is busy, or all of its sessions are taken."],
  [
    /invalid (authentication|integrity|confidentiality) algorithm|cipher suite/i,
    "unsupported",
    "No cipher suite in common.",
  ],
  [
    /Get Channel Authentication Capabilities|Address lookup|Unable to establish/i,
    "unreachable",
    "No BMC answers by IPMI.",
  ],
];

/** Lines that a good call says as well, or that name nothing. */
const NOISE =
  /^(Loading IANA|Unable to Get Channel Cipher|Get HPM\.x|Running Get VSO|Discovered IPMB|Chassis may not|Error: Unable to establish)/;

/** Why a call of ipmitool failed. The last line that says something is repeated to the person. */
export const parseIpmiFailure = (stderr: string): BmcFailure => {
  const lines = stderr.split("\n").map((line) => line.trim());
  // A good call says these as well: a BMC that does not list its cipher suites, and one without a blade's extensions or not for this user.
  const own = lines.filter(
    (line, i) =>
      !line.startsWith("Unable to Get Channel Cipher") &&
      !(line.startsWith("Invalid completion code") && lines[i - 1]?.startsWith("Running Get VSO")),
  );
  const said = own.findLast((line) => line !== "" && !NOISE.test(line)) ?? "";
  const [, code, message] = SAID.find(([pattern]) => pattern.test(own.join("\n"))) ?? [
    null,
    "failed",
    "ipmitool failed.",
  ];
  return new BmcFailure(code, message, said);
};

/** `Chassis Power is on`. */
export const parsePowerStatus = (stdout: string): PowerState => {
  const word = /^Chassis Power is (on|off)\s*$/m.exec(stdout)?.[1];
  return word === "on" || word === "off" ? word : "unknown";
};

const failureOf = (ended: ExecResult): BmcFailure => {
  if (ended.end === "absent") return new BmcFailure("failed", "ipmitool is not installed on the box.");
  if (ended.end === "timed-out") return new BmcFailure("timeout", `The BMC did not answer within ${CALL_MS / 1000} s.`);
  if (ended.end === "aborted") return new BmcFailure("timeout", "The call was given up.");
  return parseIpmiFailure(ended.stderr);
};

/** What the port needs of the box. */
export interface IpmiParts {
  readonly exec: Exec;
  /** In RAM, and closed to others. */
  readonly scratchDir: string;
}

const callIpmi = async (
  { exec, scratchDir }: IpmiParts,
  access: BmcAccess,
  act: keyof typeof COMMANDS,
  signal: AbortSignal,
): Promise<string> => {
  const dir = await mkdtemp(join(scratchDir, "bmc-")); // made with mode 0700
  try {
    const file = join(dir, "password");
    await writeFile(file, access.password, { mode: 0o600, flag: "wx" });
    const ended = await exec({ argv: ipmitoolArgv(access, file, act), timeoutMs: CALL_MS }, signal);
    if (ended.end !== "exited" || ended.exitCode !== 0) throw failureOf(ended);
    return ended.stdout;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

/** Opens the power port of a BMC that speaks IPMI. */
export const openIpmi = (access: BmcAccess, parts: IpmiParts): PowerPort => {
  const state = async (signal: AbortSignal) => parsePowerStatus(await callIpmi(parts, access, "state", signal));
  const act = async (wish: Exclude<keyof typeof COMMANDS, "state">, signal: AbortSignal): Promise<true> => {
    await callIpmi(parts, access, wish, signal);
    return true;
  };
  /** Until it is told otherwise, which not every BMC knows; else for as long as it can. */
  const blink = async (signal: AbortSignal): Promise<true> => {
    try {
      return await act("identify", signal);
    } catch (error) {
      if (!(error instanceof BmcFailure) || error.trouble.code !== "unsupported") throw error;
      return act("identifyTimed", signal);
    }
  };
  return {
    state: (signal) => answering(() => state(signal)),
    on: (signal) => answering(() => act("on", signal)),
    off: (signal) => answering(() => act("off", signal)),
    // A cycle of a host that is off is refused, or leaves it off (IPMI 2.0, 28.3).
    cycle: (signal) => answering(async () => act((await state(signal)) === "off" ? "on" : "cycle", signal)),
    bootOnce: (_target, signal) => answering(() => act("pxe", signal)),
    identify: (on, signal) => answering(() => (on ? blink(signal) : act("identifyOff", signal))),
  };
};
