/** The very commands of CPUStress: what the plan shows and what the runner starts. Pure. */

/** Every processor with every method, every result checked. */
export const loadArgv = (loadS: number): readonly [string, ...string[]] => [
  "stress-ng",
  ...["--cpu", "0", "--cpu-method", "all", "--matrix", "0", "--verify"],
  ...["-v", "--metrics-brief", "--temp-path", "/tmp", "--timeout", `${loadS}s`],
];

/** Known sums on one processor. `agent` is the agent's own command. */
export const canaryArgv = (
  agent: readonly string[],
  cpu: number | string,
  seconds: number,
): readonly [string, ...string[]] => {
  const own = [...agent, "canary", "--cpu", String(cpu), "--seconds", String(seconds)];
  return ["taskset", "--cpu-list", String(cpu), ...own];
};

/** Memory of one canary, with room: it has 45 to 60 MiB. */
const CANARY_BYTES = 96 * 2 ** 20;

/**
 * How the processors take turns: as many canaries at a time as their memory allows, each for its share of nine tenths of the load's time, so that all of them
 * meet the heat of the load and end before it does.
 */
export const canaryTurns = (
  cpuCount: number,
  availableBytes: number,
  loadS: number,
): { readonly lanes: number; readonly seconds: number } => {
  const lanes = Math.max(1, Math.min(cpuCount, Math.floor(availableBytes / 4 / CANARY_BYTES)));
  return { lanes, seconds: Math.max(1, Math.floor((loadS * 0.9) / Math.ceil(cpuCount / lanes))) };
};
