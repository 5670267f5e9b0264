/** `vetbox-agent canary`: sums with known answers on one processor for a while. Whoever starts it binds it there (taskset); it says where it really was. */
import { readFileSync } from "node:fs";
import { defineCommand } from "citty";
import { runRound } from "./stages/cpu/canary.ts";
import type { CanaryReport } from "./stages/cpu/canary-report.ts";
import { Fault } from "./system/fault.ts";

/** Looked at so often, in rounds: where it runs costs as much to read as a tenth of a round. */
const LOOK_EVERY = 64;

/** Processor of this thread: field 39 of `/proc/self/stat`, of which the name in field 2 may hold anything (proc(5)). */
const processorNow = (): number => {
  const fields = readFileSync("/proc/thread-self/stat", "utf8").replace(/^.*\)/s, "").trim().split(" ");
  return Number(fields[36]);
};

/** Does the sums until the time is over. */
export const runCanary = (cpu: number, seconds: number): CanaryReport => {
  const startMs = performance.now();
  const ranOn = new Set<number>();
  let [rounds, miscomputes]: [number, CanaryReport["miscomputes"]] = [0, []];
  do {
    if (rounds % LOOK_EVERY === 0) ranOn.add(processorNow());
    miscomputes = [...runRound(miscomputes)];
    rounds += 1;
  } while (performance.now() - startMs < seconds * 1000);
  const durationMs = Math.round(performance.now() - startMs);
  return { cpu, ranOn: [...ranOn].slice(0, 64), rounds, durationMs, miscomputes };
};

const numberFrom = (word: string, flag: string): number => {
  if (!/^\d{1,7}$/.test(word)) throw new Fault("bad-input", { [flag]: word });
  return Number(word);
};

/** The command. */
export const canaryCommand = defineCommand({
  meta: {
    name: "canary",
    description:
      "Compute known answers on one CPU and print what came out as JSON. Exit codes: 0 done, also with wrong answers; 2 wrong or missing word.",
  },
  args: {
    cpu: { type: "string", description: "CPU that it was bound to with taskset", required: true },
    seconds: { type: "string", description: "How long", required: true },
  },
  run: ({ args }) => {
    const report = runCanary(numberFrom(args.cpu, "cpu"), numberFrom(args.seconds, "seconds"));
    process.stdout.write(`${JSON.stringify(report)}\n`);
  },
});
