/** What gpu-burn and DCGM's diagnostic found, where the image has them. Rules. Pure. */
import type { Limits } from "../limits.ts";
import type { Finding, Rule } from "../rule.ts";
import type { GpuFacts, GpuRun } from "./facts.ts";
import { nameOf, type Said } from "./finding.ts";
import type { GPU_LIMITS } from "./limits.ts";
import type { BurnedGpu, BurnFacts, DiagnosedGpu } from "./tools-facts.ts";

const AGAIN = "Run the stage again; look at the tool's output among the artifacts.";

const judgeBurned = (burned: BurnedGpu | undefined, { ended, seconds, reason = "" }: BurnFacts): Said => {
  const limit = "0 wrong products";
  if (burned !== undefined && burned.errorCount > 0) {
    const message = `gpu-burn counted ${burned.errorCount} wrong products of matrices.`;
    return { verdict: "FAIL", message, measured: `${burned.errorCount} wrong products`, limit };
  }
  if (burned?.verdict === "died")
    return { verdict: "FAIL", message: "gpu-burn's process on it died under load.", measured: "died", limit };
  if (burned?.verdict === "faulty")
    return { verdict: "FAIL", message: "gpu-burn calls it faulty.", measured: "faulty", limit };
  if (!ended || burned?.verdict !== "ok")
    return { verdict: "ERROR", message: `gpu-burn did not come to its end. ${reason}`.trim(), action: AGAIN };
  // Its list at the end calls a GPU OK that never computed.
  if ((burned.processed ?? 0) === 0)
    return { verdict: "ERROR", message: "gpu-burn computed nothing on it.", action: AGAIN };
  const message = `gpu-burn checked ${burned.processed} products of matrices within ${seconds} s.`;
  return { verdict: "PASS", message, measured: "0 wrong products", limit };
};

/** A GPU's own, by what never changes; by its place in the list where that is not told. */
const burnedOf = ({ gpus }: BurnFacts, { before }: GpuRun, place: number): BurnedGpu | undefined =>
  gpus.find(({ uuid }) => uuid !== undefined && uuid === before.uuid) ??
  gpus.find(({ uuid, index }) => (uuid === undefined || before.uuid === undefined) && index === place);

const findBurn = ({ burn, gpus }: GpuFacts): readonly Finding[] =>
  burn === undefined
    ? []
    : gpus.map((gpu, place) => ({ component: nameOf(gpu), ...judgeBurned(burnedOf(burn, gpu, place), burn) }));

const WORSE_FIRST = ["fail", "unknown", "warn"] as const;
const VERDICTS = { fail: "FAIL", unknown: "ERROR", warn: "WARN" } as const;

const judgeDiagnosed = (results: readonly DiagnosedGpu[], reason: string | undefined): Said => {
  const status = WORSE_FIRST.find((one) => results.some((result) => result.status === one));
  const bad = results.filter((result) => result.status === status);
  const limit = "every test passes";
  if (status !== undefined) {
    const words = bad.map(({ test, said }) => (said === undefined ? test : `${test} (${said})`)).join("; ");
    const measured = bad.map(({ test }) => test).join(", ");
    return { verdict: VERDICTS[status], message: `DCGM's tests say ${status}: ${words}.`, measured, limit };
  }
  const passed = results.filter((result) => result.status === "pass").length;
  if (reason !== undefined || passed === 0) {
    const message = `DCGM's diagnostic gave no result. ${reason ?? "It left every test out."}`;
    return { verdict: "ERROR", message, action: AGAIN };
  }
  return { verdict: "PASS", message: `DCGM passed ${passed} tests.`, measured: `${passed} tests passed`, limit };
};

const isOf = (result: DiagnosedGpu, { before }: GpuRun, place: number): boolean =>
  result.serial !== undefined && before.serial !== undefined ? result.serial === before.serial : result.index === place;

const findDiagnosis = ({ diagnosis, gpus }: GpuFacts): readonly Finding[] => {
  if (diagnosis === undefined) return [];
  const { results, reason } = diagnosis;
  const ofNone = results.filter((result) => result.index === undefined);
  const isBad = ofNone.some(({ status }) => status !== "pass" && status !== "skip");
  return [
    ...gpus.map((gpu, place) => {
      const own = results.filter((result) => isOf(result, gpu, place));
      // Tests of the installation alone are told without a GPU; where there are no others, all GPUs share them.
      return { component: nameOf(gpu), ...judgeDiagnosed(own.length === 0 ? ofNone : own, reason) };
    }),
    ...(isBad ? [{ component: "GPUs", ...judgeDiagnosed(ofNone, undefined) }] : []),
  ];
};

/** See the entries. */
export const TOOLS_RULES: readonly Rule<GpuFacts, Limits<typeof GPU_LIMITS>>[] = [
  {
    code: "gpu.burn",
    worst: "FAIL",
    source: "gpu-burn, where the image has it: products of matrices that differ from the first (limits.gpu.burnS)",
    action: "Run the stage again with the board in another slot; replace it if it computes wrongly there, too.",
    find: findBurn,
  },
  {
    code: "gpu.dcgm",
    worst: "FAIL",
    source: "NVIDIA's diagnostic, where the image has it: dcgmi diag (limits.gpu.diagnosisLevel)",
    action:
      "Do what the complaint says; a board that fails again is for NVIDIA's field diagnostic, and to be returned.",
    find: findDiagnosis,
  },
];
