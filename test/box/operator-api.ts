/** The operator API of a box on its Unix socket, as the demo and the end-to-end tests use it. */
import type { Profile, StageState } from "../../agent/wire/names.ts";
import type { BootTimeline, Sighting } from "../../appliance/core/boot.ts";
import type { BmcInput } from "../../appliance/core/power-place.ts";
import type { BmcView } from "../../appliance/core/power-port.ts";
import type {
  BoxView,
  HostView,
  LogView,
  PlanView,
  RejudgedStage,
  RunSummary,
  RunView,
} from "../../appliance/core/views.ts";
import { until } from "../rack/until.ts";

/** What a run is started with. */
export interface RunOptions {
  readonly profile?: Profile;
  readonly destructive?: boolean;
  /** These beside Inventory. */
  readonly stages?: readonly StageState[];
}

/** What an operator does and sees. Every call throws what the box refused, in its own words. */
export interface OperatorApi {
  box(): Promise<BoxView>;
  addHost(host: { readonly name: string; readonly mac: string; readonly specYaml?: string }): Promise<HostView>;
  /** The host of this name; null if there is none. */
  host(name: string): Promise<HostView | null>;
  setSpec(host: string, specYaml: string): Promise<void>;
  setBmc(host: string, bmc: BmcInput): Promise<BmcView>;
  /** The spec that the host's last inventory meets, as YAML. */
  learnSpec(host: string): Promise<string>;
  /** A quick run that only reads, with all stages, unless told otherwise. */
  startRun(host: string, options?: RunOptions): Promise<RunSummary>;
  plan(host: string, options?: RunOptions): Promise<PlanView>;
  rejudge(runId: string): Promise<readonly RejudgedStage[]>;
  overrideWipe(runId: string, serials: readonly string[]): Promise<RunSummary>;
  /** Lets the wipe be allowed at the panel. */
  armPanel(runId: string): Promise<void>;
  facts(runId: string, stage: StageState): Promise<unknown>;
  artifact(runId: string, artifactId: string): Promise<string>;
  decide(runId: string, decision: "cancel" | "release" | "retry"): Promise<RunSummary>;
  holdKey(runId: string): Promise<{ readonly privateKey: string; readonly login: string | null }>;
  run(runId: string): Promise<RunView>;
  logs(runId: string): Promise<readonly LogView[]>;
  timeline(host: string): Promise<BootTimeline>;
  sightings(): Promise<readonly Sighting[]>;
  report(runId: string, form: "html" | "json"): Promise<string>;
  /** Waits until the run is as wanted; while the box is away it waits on. */
  until(runId: string, what: string, wanted: (run: RunView) => boolean, timeoutMs: number): Promise<RunView>;
}

/** A look at a run is a request of a few milliseconds, which the emulated servers beside the box would rather have; its states last for seconds. */
const LOOK_AT_RUN_EVERY_MS = 250;

/** Opens the API on a socket. Nothing is sent until the first call. */
export const openOperatorApi = (socketPath: string): OperatorApi => {
  const call = async (method: string, path: string, body?: string, type = "application/json"): Promise<Response> => {
    const answer = await fetch(`http://localhost/api/v1${path}`, {
      method,
      unix: socketPath,
      ...(method === "GET" ? {} : { headers: { "content-type": type }, body: body ?? "{}" }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    (await (await call(method, path, body === undefined ? undefined : JSON.stringify(body))).json()) as T;
  const at = encodeURIComponent;
  const run = (runId: string): Promise<RunView> => json("GET", `/runs/${at(runId)}`);
  return {
    box: () => json("GET", "/box"),
    setBmc: (host, bmc) => json("PUT", `/hosts/${at(host)}/bmc`, bmc),
    addHost: (host) => json("POST", "/hosts", host),
    host: async (wanted) =>
      (await json<readonly HostView[]>("GET", "/hosts")).find(({ name }) => name === wanted) ?? null,
    setSpec: async (host, specYaml) =>
      void (await call("PUT", `/hosts/${at(host)}/spec`, specYaml, "application/yaml")),
    learnSpec: async (host) => (await call("GET", `/hosts/${at(host)}/spec/learned`)).text(),
    startRun: (host, options = {}) => json("POST", `/hosts/${at(host)}/runs`, { profile: "quick", ...options }),
    plan: (host, { profile = "quick", destructive = false, stages } = {}) => {
      const query = new URLSearchParams({ profile, destructive: String(destructive) });
      if (stages !== undefined) query.set("stages", stages.join(","));
      return json("GET", `/hosts/${at(host)}/plan?${query}`);
    },
    rejudge: (runId) => json("GET", `/runs/${at(runId)}/rejudge`),
    overrideWipe: (runId, serials) => json("POST", `/runs/${at(runId)}/override-wipe`, { serials }),
    armPanel: async (runId) => void (await call("POST", `/runs/${at(runId)}/arm-panel`)),
    facts: (runId, stage) => json("GET", `/runs/${at(runId)}/facts/${stage}`),
    artifact: async (runId, artifactId) => (await call("GET", `/runs/${at(runId)}/artifacts/${at(artifactId)}`)).text(),
    decide: (runId, decision) => json("POST", `/runs/${at(runId)}/${decision}`),
    holdKey: (runId) => json("POST", `/runs/${at(runId)}/hold-key`),
    run,
    logs: (runId) => json("GET", `/runs/${at(runId)}/logs?limit=5000`),
    timeline: (host) => json("GET", `/hosts/${at(host)}/boot`),
    sightings: () => json("GET", "/sightings"),
    report: async (runId, form) => (await call("GET", `/runs/${at(runId)}/report.${form}`)).text(),
    until: (runId, what, wanted, timeoutMs) =>
      until(
        `run ${runId}: ${what}`,
        async () => {
          const now = await run(runId).catch(() => null);
          return now !== null && wanted(now) ? now : null;
        },
        timeoutMs,
        LOOK_AT_RUN_EVERY_MS,
      ),
  };
};
