/** What Memory says is wrong: a table of rules. Pure. */
import { findMissingMemory } from "../inventory/memory-rules.ts";
import type { Limits } from "../limits.ts";
import { isFaultSignal } from "../load-facts.ts";
import type { Finding, Rule } from "../rule.ts";
import { lackedMemory } from "./attempt.ts";
import type { AttemptFacts, MemoryFacts, MiscompareFacts } from "./facts.ts";
import type { MEMORY_LIMITS } from "./limits.ts";

type Figures = Limits<typeof MEMORY_LIMITS>;

const COMPONENT = "memory";

/** A size that people read: MiB below 10 GiB. */
export const sizeText = (bytes: number): string =>
  bytes < 10 * 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${Math.round((bytes / 2 ** 30) * 10) / 10} GiB`;

const describePlace = ({ cpu, address, expected, read, reread }: MiscompareFacts): string => {
  const place = address === undefined ? "an unknown address" : `address ${address}`;
  const again = reread === expected ? "right when read again, so the way was disturbed" : "wrong when read again";
  return `${place} (CPU ${cpu ?? "?"}): ${read} where ${expected} was written, ${again}`;
};

const describeFailure = ({ tool, miscompares, failures, incidentCount }: AttemptFacts): string => {
  const places = miscompares.slice(0, 4).map(describePlace);
  const words = places.length > 0 ? places : failures.slice(0, 3);
  return `${tool} found ${incidentCount} ${incidentCount === 1 ? "wrong place" : "wrong places"}: ${words.join("; ")}.`;
};

const told = (
  last: AttemptFacts,
  { attempts, order, testedBytes }: MemoryFacts,
): Pick<Finding, "verdict" | "message"> => {
  const { tool, end, exitCode, signal, incidentCount, ranS, askedBytes } = last;
  if (incidentCount > 0) return { verdict: "FAIL", message: describeFailure(last) };
  if (end === "absent") return { verdict: "ERROR", message: "Neither stressapptest nor stress-ng is installed." };
  if (lackedMemory(last))
    return {
      verdict: "ERROR",
      message: `The memory did not suffice for ${sizeText(askedBytes)}, ${attempts.length} times.`,
    };
  if (end === "signalled" && isFaultSignal(signal)) return { verdict: "FAIL", message: `${tool} crashed: ${signal}.` };
  if (end !== "exited" || exitCode !== 0)
    return {
      verdict: "ERROR",
      message: `${tool} ${end} ${exitCode ?? signal ?? ""}: ${last.failures.join("; ")}`.trim(),
    };
  if (testedBytes === 0) {
    const short = `worked for ${Math.round(ranS)} s of ${order.loadS} s, with ${sizeText(last.heldBytes ?? 0)} at most`;
    return { verdict: "ERROR", message: `${tool} ${short}.` };
  }
  return { verdict: "PASS", message: `${tool} found nothing wrong in ${sizeText(testedBytes)}.` };
};

const findWrong = (facts: MemoryFacts): readonly Finding[] => {
  const last = facts.attempts.at(-1);
  if (last === undefined) return [{ verdict: "ERROR", component: COMPONENT, message: "Nothing was tested." }];
  return [
    {
      component: COMPONENT,
      ...told(last, facts),
      measured: `${last.incidentCount} wrong places`,
      limit: "0 wrong places",
    },
  ];
};

const findCoverage = (
  { visibleBytes, testedBytes, reservedBytes, availableBytes, attempts }: MemoryFacts,
  { coveragePercent }: Figures,
): readonly Finding[] => {
  const percent = visibleBytes === 0 ? 0 : (testedBytes / visibleBytes) * 100;
  const figures = { measured: `${Math.round(percent * 10) / 10} %`, limit: `at least ${coveragePercent} %` };
  const retried = attempts.length > 1 ? " The first attempt took too much and was made smaller." : "";
  const free = attempts.some(({ confined }) => confined)
    ? ""
    : " The test ran without bounds: there is no cgroup v2 here.";
  const what = `${sizeText(testedBytes)} of ${sizeText(visibleBytes)} were tested.${retried}${free}`;
  if (testedBytes === 0) return [{ verdict: "ERROR", component: COMPONENT, message: what, ...figures }];
  if (percent >= coveragePercent) return [{ verdict: "PASS", component: COMPONENT, message: what, ...figures }];
  const held = `the live system itself holds ${sizeText(visibleBytes - availableBytes)} and keeps ${sizeText(reservedBytes)}`;
  return [{ verdict: "WARN", component: COMPONENT, message: `${what} It cannot be more here: ${held}.`, ...figures }];
};

const UNCOUNTED: Finding = {
  verdict: "SKIPPED",
  component: COMPONENT,
  message: "Nobody counts memory errors here: there is no ECC, or no driver for the memory controller (EDAC).",
};

const findUncorrected = ({ errors }: MemoryFacts): readonly Finding[] =>
  errors?.map(({ component, uncorrected }) => ({
    verdict: uncorrected > 0 ? "FAIL" : "PASS",
    component,
    message: `${uncorrected} errors within the stage could not be corrected.`,
    ...{ measured: `${uncorrected}`, limit: "0" },
  })) ?? [UNCOUNTED];

const findCorrected = ({ errors }: MemoryFacts, { correctedErrors }: Figures): readonly Finding[] =>
  errors?.map(({ component, corrected }) => ({
    verdict: corrected >= correctedErrors ? "FAIL" : corrected > 0 ? "WARN" : "PASS",
    component,
    message: `${corrected} errors were corrected within the stage.`,
    ...{ measured: `${corrected}`, limit: `0; from ${correctedErrors} on it fails` },
  })) ?? [UNCOUNTED];

const findMissing = ({ order, visibleBytes }: MemoryFacts): readonly Finding[] => {
  const { installedBytes } = order.installed;
  if (installedBytes === undefined)
    return [{ verdict: "SKIPPED", component: COMPONENT, message: "The firmware does not say how much is installed." }];
  const missing = findMissingMemory({ ...order.installed, visibleBytes });
  const right = `${sizeText(installedBytes)} are installed, and the kernel sees ${sizeText(visibleBytes)}.`;
  return missing.length === 0
    ? [{ verdict: "PASS", component: COMPONENT, message: right }]
    : missing.map((one) => ({ verdict: "WARN", ...one }));
};

/** The rules. */
export const MEMORY_RULES: readonly Rule<MemoryFacts, Figures>[] = [
  {
    code: "memory.verify",
    worst: "FAIL",
    source: "stressapptest, or stress-ng --vm --verify: what was written is what is read, 0 wrong places",
    action: "Replace the module that the error counts name; without counts, test half of the modules at a time.",
    find: findWrong,
  },
  {
    code: "memory.uncorrected",
    worst: "FAIL",
    source: "OCP error monitor: 0 uncorrected errors",
    action: "Replace this module; if the error stays with the slot, suspect the board or the processor.",
    find: findUncorrected,
  },
  {
    code: "memory.corrected",
    worst: "FAIL",
    source:
      "any corrected error within an hour of load is told; ten are a module that is going (limits.memory.correctedErrors)",
    action: "Seat the module again and run the stage again; replace it if errors come back.",
    find: findCorrected,
  },
  {
    code: "memory.coverage",
    worst: "WARN",
    source: "OCP diagnostics, stressapptest sample: memory_coverage of at least 80 % (limits.memory.coveragePercent)",
    action: "For a server with so little memory start a memory test without an operating system.",
    find: findCoverage,
  },
  {
    code: "memory.visible",
    worst: "WARN",
    source: "Canonical Checkbox memory_compare.py: 10 to 25 % by size",
    action: "Seat the modules again; look for mirroring, sparing or a limit in the BIOS setup.",
    find: findMissing,
  },
];
