/** A box and hosts under test in network namespaces, with the real iperf3 between them: what the tests of Network are made in. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NetworkFacts } from "../../agent/stages/network/facts.ts";
import type { NetworkOrder } from "../../agent/stages/network/order.ts";
import type { LinkGrant } from "../../agent/wire/order.ts";
import { BOX_ADDRESS, type Namespace, openSegment, SEGMENT_INTERFACE, type Segment } from "../rack/segment.ts";
import { linesOf } from "../setup/lines.ts";

/** One host under test. */
export interface LabHost {
  readonly namespace: Namespace;
  readonly mac: string;
  /** Its port of the switch. */
  readonly switchPort: string;
}

/** The agent of a host, at work. */
export interface LabAgent {
  /** What it said on the way, as far as it has said it. */
  heard(): string;
  /** Resolves when it has said this. */
  says(words: string): Promise<void>;
  /** Cancels it. */
  cancel(): void;
  readonly answer: Promise<{ readonly facts?: NetworkFacts; readonly letGoMs?: number }>;
}

/** The box's servers, at work. */
export interface LabBox extends AsyncDisposable {
  readonly grants: readonly LinkGrant[];
  /** Ends them as a power cut would. */
  kill9(): Promise<void>;
}

/** The lab. */
export interface Lab extends AsyncDisposable {
  readonly segment: Segment;
  attach(name: string, address: string): Promise<LabHost>;
  /** Starts the box's servers for the first attempts of these runs. */
  openBox(...runs: readonly string[]): Promise<LabBox>;
  openAgent(host: LabHost, order: NetworkOrder, grant: LinkGrant | null): LabAgent;
  /** Pids of iperf3 in a namespace. */
  iperfs(namespace: Namespace): Promise<readonly number[]>;
}

const MAIN = (name: string): readonly string[] => [process.execPath, join(import.meta.dir, name)];

/** An order that is done in seconds. */
export const shortOrder = (mac: string, more: Partial<NetworkOrder> = {}): NetworkOrder => ({
  ...{ loadS: 2, warmUpS: 1, rounds: 1, streamMbps: 100_000, retryS: 10, pairWaitS: 0 },
  ports: [{ mac, boot: true, linkUp: true }],
  ...more,
});

const startBox = async (segment: Segment, runDir: string, runs: readonly string[]): Promise<LabBox> => {
  const argv = segment.box.inside([...MAIN("box-main.ts"), SEGMENT_INTERFACE, BOX_ADDRESS, runDir, ...runs]);
  const child = Bun.spawn([...argv], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const grants: LinkGrant[] = [];
  const lines = linesOf(child.stdout);
  while (grants.length < runs.length) {
    const line = (await lines.next()).value;
    if (typeof line !== "string") throw new Error("the box's servers ended before they listened");
    const { address, port, boxMbps } = JSON.parse(line) as { address: string; port: number; boxMbps: number | null };
    grants.push({ kind: "link", address, port, ...(boxMbps === null ? {} : { boxMbps }) });
  }
  return {
    grants,
    kill9: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
    [Symbol.asyncDispose]: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
};

const startAgent = ({ namespace }: LabHost, order: NetworkOrder, grant: LinkGrant | null): LabAgent => {
  const argv = namespace.inside([...MAIN("agent-main.ts"), JSON.stringify({ order, grant })]);
  const child = Bun.spawn([...argv], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  let heard = "";
  const waiting: { readonly words: string; readonly resolve: () => void }[] = [];
  const listen = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      heard += decoder.decode(chunk, { stream: true });
      for (const { words, resolve } of waiting) if (heard.includes(words)) resolve();
    }
    for (const { resolve } of waiting) resolve();
  };
  void listen();
  const answer = async () => {
    const text = await new Response(child.stdout).text();
    if (text === "") throw new Error(`the agent ended without an answer:\n${heard}`);
    return JSON.parse(text);
  };
  return {
    heard: () => heard,
    says: (words) =>
      new Promise((resolve) => {
        if (heard.includes(words)) resolve();
        else waiting.push({ words, resolve });
      }),
    cancel: () => void child.kill("SIGTERM"),
    answer: answer(),
  };
};

/** Opens a lab of its own. */
export const openLab = async (id: string): Promise<Lab> => {
  const segment = await openSegment({ id });
  const dir = await mkdtemp(join(tmpdir(), "vetbox-lab-"));
  return {
    segment,
    attach: async (name, address) => {
      const namespace = await segment.attach(name, address);
      const { stdout } = await namespace.run(["cat", `/sys/class/net/${SEGMENT_INTERFACE}/address`]);
      return { namespace, mac: stdout.trim(), switchPort: `to-${name}` };
    },
    openBox: (...runs) => startBox(segment, dir, runs),
    openAgent: startAgent,
    iperfs: async ({ name }) => {
      const pids = Bun.spawnSync(["ip", "netns", "pids", name]).stdout.toString().split("\n").filter(Boolean);
      const isIperf = async (pid: string) =>
        (await Bun.file(`/proc/${pid}/comm`)
          .text()
          .catch(() => "")) === "iperf3\n";
      const found = await Promise.all(pids.map(async (pid) => ((await isIperf(pid)) ? [Number(pid)] : [])));
      return found.flat();
    },
    [Symbol.asyncDispose]: async () => {
      await segment[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
