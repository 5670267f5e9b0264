/**
 * Runs gpu-burn and DCGM's diagnostic where the image has them. Neither is asked for its exit code: gpu-burn's is 0 with faulty GPUs, too, and DCGM's is the same for
 * a broken board and for a test that was left out.
 */
import { parseDcgmi } from "../../probes/dcgmi/parse.ts";
import { parseGpuBurn } from "../../probes/gpu-burn/parse.ts";
import { present } from "../../probes/label.ts";
import type { ExecResult } from "../../system/exec.ts";
import type { StageContext } from "../runner.ts";
import { burnArgv, diagnosisArgv, diagnosisLimitMs } from "./commands.ts";
import type { GpuOrder } from "./facts.ts";
import type { BurnFacts, DiagnosisFacts } from "./tools-facts.ts";

type Context = StageContext<GpuOrder>;

const MOST_WORDS = 500;
const MOST_RESULTS = 256;
const BURN_LATE_MS = 60_000;
const OUTPUT_BYTES = 16 * 2 ** 20;

/** Why the output of a tool is not all of it; undefined for one that ended by itself. */
const cutShort = ({ end, signal }: ExecResult): string | undefined =>
  end === "exited" ? undefined : `It was ended before its time: ${end}${signal === null ? "" : ` by ${signal}`}.`;

/** gpu-burn on all GPUs at once; undefined where there is none. */
export const runBurn = async ({ system, order, signal, artifact }: Context): Promise<BurnFacts | undefined> => {
  if (order.burnS === 0) return undefined;
  const argv = burnArgv(order);
  const timeoutMs = order.burnS * 1_000 + BURN_LATE_MS;
  const result = await system.exec(
    { argv, timeoutMs, maxOutputBytes: OUTPUT_BYTES, confine: { name: "gpu-burn" } },
    signal,
  );
  if (result.end === "absent") return undefined;
  artifact("gpu-burn.txt", `${result.stdout}${result.stderr}`);
  const parsed = parseGpuBurn(result.stdout);
  const cut = cutShort(result);
  if (!parsed.ok) {
    const reason = (cut ?? `${parsed.place}: ${parsed.reason}`).slice(0, MOST_WORDS);
    return { seconds: order.burnS, ended: false, reason, gpus: [] };
  }
  const { gpus, ended, messages } = parsed.facts;
  const reason = cut ?? messages[0]?.slice(0, MOST_WORDS);
  return {
    ...{ seconds: order.burnS, ended, ...present({ reason }) },
    gpus: gpus.map(({ uuid, index, verdict, processed, errorCount, fastestGflopsPerS }) => ({
      ...{ index, errorCount, ...present({ uuid, verdict, processed, fastestGflopsPerS }) },
    })),
  };
};

/** DCGM's diagnostic of all GPUs; undefined where there is none. */
export const runDiagnosis = async ({
  system,
  order,
  signal,
  artifact,
}: Context): Promise<DiagnosisFacts | undefined> => {
  const level = order.diagnosisLevel;
  if (level === 0) return undefined;
  const argv = diagnosisArgv(order);
  const result = await system.exec(
    { argv, timeoutMs: diagnosisLimitMs(level), maxOutputBytes: OUTPUT_BYTES, confine: { name: "dcgmi" } },
    signal,
  );
  if (result.end === "absent") return undefined;
  artifact("dcgmi-diag.json", result.stdout);
  const parsed = parseDcgmi(result.stdout);
  const cut = cutShort(result);
  if (!parsed.ok) {
    const reason = (cut ?? `${parsed.place}: ${parsed.reason}`).slice(0, MOST_WORDS);
    return { level, reason, results: [] };
  }
  const { version, gpus, tests, error } = parsed.facts;
  const serials = new Map(gpus.map(({ id, serial }) => [id, serial]));
  const results = tests.flatMap(({ name, results: each }) =>
    each.map(({ entity, id, status, warnings }) => {
      const index = entity === "GPU" ? id : undefined;
      const serial = index === undefined ? undefined : serials.get(index);
      return { test: name, status, ...present({ index, serial, said: warnings[0]?.text.slice(0, MOST_WORDS) }) };
    }),
  );
  return { level, ...present({ version, reason: cut ?? error }), results: results.slice(0, MOST_RESULTS) };
};
