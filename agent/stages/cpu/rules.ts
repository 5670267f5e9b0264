/** What CPUStress says is wrong with processors: a table of rules. Pure. */
import type { Limits } from "../limits.ts";
import { loadFinding } from "../load-facts.ts";
import type { Finding, Rule } from "../rule.ts";
import type { CanaryFacts, CpuFacts } from "./facts.ts";
import { HEAT_RULES } from "./heat-rules.ts";
import type { CPU_LIMITS } from "./limits.ts";

type Figures = Limits<typeof CPU_LIMITS>;

const findLost = ({ order, presentCount, onlineCount, lostCpus }: CpuFacts): readonly Finding[] => {
  const expected = order.expectedCpus ?? presentCount;
  const left = onlineCount - lostCpus.length;
  const lost = lostCpus.map(
    (cpu): Finding => ({ verdict: "FAIL", component: `CPU ${cpu}`, message: "It went offline under load." }),
  );
  const whose = order.expectedCpus === undefined ? "the kernel knows" : "the inventory saw";
  return [
    ...lost,
    {
      verdict: left < expected ? "FAIL" : "PASS",
      component: "processors",
      message: `${left} logical processors are online; ${whose} ${expected}.`,
      measured: `${left}`,
      limit: `at least ${expected}`,
    },
  ];
};

const describeCanary = ({ end, reason = "", miscomputes }: CanaryFacts): string =>
  end === "reported"
    ? miscomputes
        .map(({ sum, expected, got, count }) => `${count} times a wrong ${sum}: ${got} where ${expected} is right`)
        .join("; ")
    : `${end === "crashed" ? "The computation crashed" : "The computation did not report"}: ${reason}`;

const findMiscomputes = ({ canaries, sockets }: CpuFacts): readonly Finding[] => {
  if (canaries.length === 0)
    return [{ verdict: "ERROR", component: "processors", message: "No processor was asked for a known answer." }];
  const wrong = canaries.filter(({ end, miscomputes }) => end === "crashed" || miscomputes.length > 0);
  const lost = canaries.filter((canary) => canary.end === "lost" && !wrong.includes(canary));
  const found =
    (verdict: "FAIL" | "ERROR") =>
    (canary: CanaryFacts): Finding => ({
      verdict,
      component: `CPU ${canary.cpu}`,
      message: `${describeCanary(canary)}.`,
      ...(verdict === "FAIL" ? { measured: "wrong answers", limit: "0" } : { action: "Run the stage again." }),
    });
  const right = sockets.flatMap(({ socket }): Finding[] => {
    const own = canaries.filter((one) => one.socket === socket && !wrong.includes(one) && !lost.includes(one));
    const rounds = own.reduce((sum, one) => sum + one.rounds, 0);
    const message = `${own.length} logical processors gave ${rounds} times all the right answers.`;
    return own.length === 0 ? [] : [{ verdict: "PASS", component: `processor socket ${socket}`, message }];
  });
  return [...wrong.map(found("FAIL")), ...lost.map(found("ERROR")), ...right];
};

/** Rounds that a processor of the socket does in a second, on the mean. */
const paceOf = (canaries: readonly CanaryFacts[]): number => {
  const paces = canaries.map(({ rounds, durationMs }) => (durationMs === 0 ? 0 : (rounds * 1000) / durationMs));
  return paces.reduce((sum, pace) => sum + pace, 0) / paces.length;
};

const findSpread = ({ canaries, sockets }: CpuFacts, { spreadPercent }: Figures): readonly Finding[] => {
  const reported = canaries.filter(({ end }) => end === "reported");
  const paces = sockets.flatMap(({ socket }) => {
    const own = reported.filter((one) => one.socket === socket);
    return own.length === 0 ? [] : [{ socket, pace: paceOf(own) }];
  });
  const best = Math.max(0, ...paces.map(({ pace }) => pace));
  if (paces.length < 2 || best === 0)
    return [{ verdict: "SKIPPED", component: "processors", message: "There are no two sockets to compare." }];
  return paces.map(({ socket, pace }): Finding => {
    const behind = (1 - pace / best) * 100;
    return {
      verdict: behind > spreadPercent ? "WARN" : "PASS",
      component: `processor socket ${socket}`,
      message: `Each of its logical processors did ${Math.round(pace)} rounds of known sums a second; the best socket's did ${Math.round(best)}.`,
      measured: `${Math.round(behind * 10) / 10} % less`,
      limit: `at most ${spreadPercent} % less`,
    };
  });
};

/** The rules. Lockups and machine checks are told by the watch around every stage. */
export const CPU_RULES: readonly Rule<CpuFacts, Figures>[] = [
  {
    code: "cpu.verify",
    worst: "FAIL",
    source: "stress-ng --verify: every result of every method is checked; exit code 2 means that one was wrong",
    action:
      "Run the stage again with the processors swapped, if there are two; replace the one that the error follows.",
    find: ({ load, order }) => [loadFinding("processors", load, order.loadS)],
  },
  {
    code: "cpu.miscompute",
    worst: "FAIL",
    source: "sums with known answers on each logical processor: 0 wrong ones",
    action: "Replace the processor: what it computes cannot be trusted.",
    find: findMiscomputes,
  },
  {
    code: "cpu.online",
    worst: "FAIL",
    source: "the inventory's count of logical processors; none may go during the stage",
    action: "Look for machine checks in the kernel log; seat the processor again; replace it if it happens again.",
    find: findLost,
  },
  ...HEAT_RULES,
  {
    code: "cpu.socket-spread",
    worst: "WARN",
    source: "sockets of one server have one kind of processor and one load (limits.cpu.spreadPercent)",
    action: "Look at the cooling and the memory of the slower socket.",
    find: findSpread,
  },
];
