/**
 * Asks the BMC by ipmitool: few questions, one after another, each under its own deadline and all of them under the probe's.
 *
 * A BMC is a small computer behind a slow bus (KCS moves bytes one by one, IPMI 2.0 chapter 9); questions at the same time make it lose some.
 * What cannot change while the server runs is asked once a boot: a repeated Inventory asks for sensors and the log's level again, and nothing
 * else. Nothing here changes the BMC's state.
 */
import type { ExecResult } from "../../system/exec.ts";
import type { Files } from "../../system/files.ts";
import type { System } from "../../system/system.ts";
import type { Parsed } from "../parsed.ts";
import { type Collected, type Probe, type RawOutput, statusOfTool } from "../probe.ts";
import {
  type ControllerFacts,
  type GuidFacts,
  type LanFacts,
  parseController,
  parseGuid,
  parseLan,
  parseSelInfo,
  type SelFacts,
} from "./controller.ts";
import { type FruDevice, parseFru } from "./fru.ts";
import { parseSdr, type SdrRecord } from "./sdr.ts";

/** What the BMC answered; what it was not asked any more, or did not answer, is absent. */
export interface BmcAnswers {
  readonly controller?: ControllerFacts;
  readonly sdr?: readonly SdrRecord[];
  readonly sel?: SelFacts;
  readonly fru?: readonly FruDevice[];
  readonly lan?: LanFacts;
  readonly guid?: GuidFacts;
}

/** All questions together. The box waits four minutes for an Inventory. */
const TIMEOUT_MS = 90_000;
const SHORT_MS = 15_000;
/** Reading two hundred sensors or ten FRU memories over KCS takes tens of seconds. */
const LONG_MS = 30_000;

interface Question {
  readonly key: keyof BmcAnswers;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** The answer stays the same until the server boots again. */
  readonly isFixed: boolean;
  /** A BMC without an answer to this is no broken BMC: no network of its own, no GUID, no FRU memory. */
  readonly isOptional: boolean;
  /** FRU memories that cannot be read make ipmitool end with 1 behind those that could. */
  readonly readsOnFailure: boolean;
  parse(text: string): Parsed<BmcAnswers[keyof BmcAnswers]>;
}

const question = (
  key: keyof BmcAnswers,
  args: readonly string[],
  parse: Question["parse"],
  traits: Partial<Question> = {},
): Question => ({
  key,
  args,
  parse,
  timeoutMs: SHORT_MS,
  isFixed: false,
  isOptional: false,
  readsOnFailure: false,
  ...traits,
});

/** The first one tells whether there is a BMC at all; the most useful ones follow, so that a slow BMC has answered them when time is up. */
const QUESTIONS: readonly Question[] = [
  question("controller", ["mc", "info"], parseController, { isFixed: true }),
  question("sdr", ["sdr", "elist", "all"], parseSdr, { timeoutMs: LONG_MS, readsOnFailure: true }),
  question("sel", ["sel", "info"], parseSelInfo, { isOptional: true }),
  question("fru", ["fru", "print"], parseFru, {
    timeoutMs: LONG_MS,
    isFixed: true,
    isOptional: true,
    readsOnFailure: true,
  }),
  question("lan", ["lan", "print"], parseLan, { isFixed: true, isOptional: true }),
  question("guid", ["mc", "guid"], parseGuid, { isFixed: true, isOptional: true }),
];

/** Fixed answers by the machine that gave them. A machine's files are the same object for as long as the program runs, which is less than a boot. */
const FIXED = new WeakMap<Files, Partial<BmcAnswers>>();

const NO_DEVICE = /^Could not open device at/m;
/** Where ipmitool looks for the kernel's interface. */
const DEVICES = ["/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0"];
/** What the kernel makes of a BMC that the firmware describes: SMBIOS type 38, ACPI's IPI0001. */
const DESCRIBED = /^(?:dmi-ipmi-(?:si|ssif)\.|IPI0001:)/;

/** Why nobody can be asked; null when the kernel has an interface. A described BMC that no driver could reach is a finding, none at all is not. */
export const absentBmc = async ({ files }: System): Promise<Collected<BmcAnswers> | null> => {
  for (const device of DEVICES) if ((await files.realPath(device)) !== null) return null;
  const described = (await files.list("/sys/bus/platform/devices")).find((name) => DESCRIBED.test(name));
  return described === undefined
    ? {
        status: "device-absent",
        reason: "There is no BMC: the kernel has no /dev/ipmi0, the firmware describes none.",
        raw: [],
      }
    : {
        status: "failed",
        reason: `The firmware describes a BMC (${described}), but the kernel has no /dev/ipmi0: it does not answer.`,
        raw: [],
      };
};

const rawOf = ({ args }: Question, { stdout, stderr }: ExecResult): RawOutput => ({
  name: `ipmitool-${args.slice(0, 2).join("-")}.txt`,
  text: stderr.trim() === "" ? stdout : `${stdout}\n${stderr}`,
});

/** What one question came to. */
interface Turn {
  readonly answer?: BmcAnswers[keyof BmcAnswers];
  readonly bad?: { readonly status: Collected<BmcAnswers>["status"]; readonly reason: string };
  readonly raw: RawOutput;
}

const ask = async (system: System, signal: AbortSignal, one: Question, withinMs: number): Promise<Turn> => {
  const timeoutMs = Math.min(one.timeoutMs, withinMs);
  const result = await system.exec({ argv: ["ipmitool", ...one.args], timeoutMs }, signal);
  const raw = rawOf(one, result);
  const bad = statusOfTool(`ipmitool ${one.args.join(" ")}`, result, NO_DEVICE);
  const hasEnded = result.end === "exited" && bad?.status !== "device-absent";
  if (bad !== undefined && !(hasEnded && one.readsOnFailure)) return { bad, raw };
  // A BMC without a single sensor prints nothing.
  if (one.key === "sdr" && result.stdout.trim() === "" && bad === undefined) return { answer: [], raw };
  const parsed = one.parse(result.stdout);
  if (parsed.ok) return { answer: parsed.facts, raw };
  const reason = `ipmitool ${one.args.join(" ")}, ${parsed.place}: ${parsed.reason}`;
  return { bad: bad ?? { status: "failed", reason }, raw };
};

/** Ends the questions: nobody is there, or nobody answers any more. */
const ENDS: ReadonlySet<string> = new Set(["device-absent", "tool-absent", "timed-out"]);

const askAll = async (system: System, signal: AbortSignal): Promise<Collected<BmcAnswers>> => {
  const startMs = system.clock.monoMs();
  const fixed = FIXED.get(system.files) ?? {};
  let facts: BmcAnswers = fixed;
  let worst: Turn["bad"];
  const raw: RawOutput[] = [];
  for (const one of QUESTIONS) {
    if (one.isFixed && fixed[one.key] !== undefined) continue;
    const leftMs = TIMEOUT_MS - (system.clock.monoMs() - startMs);
    if (leftMs <= 0)
      worst = { status: "timed-out", reason: `The BMC took more than ${TIMEOUT_MS} ms for its answers.` };
    if (leftMs <= 0 || signal.aborted) break;
    const turn = await ask(system, signal, one, leftMs);
    raw.push(turn.raw);
    if (turn.answer !== undefined) {
      facts = { ...facts, [one.key]: turn.answer };
      if (one.isFixed) FIXED.set(system.files, { ...FIXED.get(system.files), [one.key]: turn.answer });
    } else if (turn.bad !== undefined) {
      const isOver = ENDS.has(turn.bad.status);
      if (isOver || !one.isOptional) worst = turn.bad;
      // Without the first answer there is nobody to put the others to.
      if (isOver || one.key === "controller") break;
    }
  }
  const known = Object.keys(facts).length > 0 ? { facts } : {};
  return worst === undefined ? { status: "ok", ...known, raw } : { ...worst, ...known, raw };
};

/** The BMC, its sensors and the FRU memories. */
export const ipmitoolProbe: Probe<BmcAnswers> = {
  name: "ipmitool",
  timeoutMs: TIMEOUT_MS,
  collect: async (system, signal) => (await absentBmc(system)) ?? askAll(system, signal),
};
