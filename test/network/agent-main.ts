/**
 * Runs Network's runner where it is started, in a network namespace for instance: `bun test/network/agent-main.ts '{"order": …, "grant": …}'`. It prints the facts,
 * or, when it was cancelled by SIGTERM, how long it took to let go.
 */
import * as v from "valibot";
import { NetworkFacts } from "../../agent/stages/network/facts.ts";
import type { NetworkContext } from "../../agent/stages/network/measure.ts";
import { NetworkOrder } from "../../agent/stages/network/order.ts";
import { runNetwork } from "../../agent/stages/network/run.ts";
import { thisSystem } from "../../agent/system/system.ts";
import { LinkGrant } from "../../agent/wire/order.ts";

const Input = v.object({ order: NetworkOrder, grant: v.nullable(LinkGrant) });

if (import.meta.main) {
  const { order, grant } = v.parse(Input, JSON.parse(process.argv[2] ?? ""));
  const cancel = new AbortController();
  let cancelledMs = 0;
  process.on("SIGTERM", () => {
    cancelledMs = performance.now();
    cancel.abort();
  });
  const { exec } = thisSystem;
  const context: NetworkContext = {
    system: { ...thisSystem, exec: (invocation) => exec(invocation, cancel.signal) },
    order,
    attempt: 1,
    grant: grant === null ? null : { value: grant, sinceMonoMs: 0 },
    signal: cancel.signal,
    farewell: exec,
    bootMac: null,
    progress: (_ratio, note) => {
      if (note !== undefined) process.stderr.write(`note ${note}\n`);
    },
    artifact: (name) => void process.stderr.write(`artifact ${name}\n`),
    log: (level, text) => void process.stderr.write(`${level} ${text}\n`),
  };
  const facts = v.parse(NetworkFacts, await runNetwork(context));
  const answer = cancel.signal.aborted ? { letGoMs: performance.now() - cancelledMs } : { facts };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
