import { expect, test } from "bun:test";
import type { Clock } from "./clock.ts";
import { TOOL_ENVIRONMENT } from "./exec.ts";
import { type ChildSpec, type Supervised, supervise } from "./supervise.ts";

/** Time that passes at once. */
const hastyClock: Clock = {
  wallMs: () => 0,
  monoMs: () => 0,
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
};

const shell = (script: string, more: Partial<ChildSpec> = {}): ChildSpec => ({
  prepare: async () => ["sh", "-c", script],
  stdin: "ignore",
  onLine: (line) => line === "ready",
  onFailure: () => {},
  clock: hastyClock,
  ...more,
});

const LASTING = "echo ready; exec sleep 1000";

test("supervise says when the child is at work, and ends it when it is closed", async () => {
  const lines: string[] = [];
  const pids: number[] = [];
  const child = supervise(
    shell(`echo one; echo two >&2; ${LASTING}`, {
      onLine: (line) => {
        lines.push(line);
        return line === "ready";
      },
      onStart: (pid) => pids.push(pid),
    }),
  );
  expect(child.state()).toBe("starting");
  expect(await child.running()).toBe(true);
  expect([child.state(), child.pid()]).toEqual(["running", pids[0] ?? null]);
  await child[Symbol.asyncDispose]();
  expect([child.state(), child.pid(), child.signal("SIGHUP"), await child.running()]).toEqual([
    "off",
    null,
    false,
    false,
  ]);
  expect(lines.toSorted()).toEqual(["one", "ready", "two"]);
});

test("supervise gives a child nothing of the box's own environment: a TMPDIR that another user may not write to, for one", async () => {
  const lines: string[] = [];
  const ended = Promise.withResolvers<void>();
  const spec = shell("", { onLine: (line) => lines.push(line) < 0, onFailure: () => ended.resolve() });
  await using _child = supervise({ ...spec, prepare: async () => ["/usr/bin/env"] });
  await ended.promise;
  const own = Object.entries(TOOL_ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  expect(new Set(lines)).toEqual(new Set(own));
});

test("supervise starts a child again with growing pauses, and says how it ended", async () => {
  const reasons: string[] = [];
  const enough = Promise.withResolvers<void>();
  await using _child = supervise(
    shell("exit 7", {
      onFailure: (reason, restartInMs) => {
        reasons.push(`${reason} ${restartInMs}`);
        if (reasons.length === 12) enough.resolve();
      },
    }),
  );
  await enough.promise;
  expect(reasons.slice(0, 4)).toEqual(["exit code 7 0", "exit code 7 200", "exit code 7 400", "exit code 7 800"]);
  expect(reasons[11]).toBe("exit code 7 30000");
});

test("supervise counts a throw before the start as a failed start", async () => {
  const failed = Promise.withResolvers<string>();
  let tries = 0;
  await using child: Supervised = supervise(
    shell(LASTING, {
      prepare: async () => {
        tries += 1;
        if (tries === 1) throw new Error("no configuration");
        return ["sh", "-c", LASTING];
      },
      onFailure: failed.resolve,
    }),
  );
  expect(await failed.promise).toBe("no configuration");
  expect(await child.running()).toBe(true);
});

test("restart starts the child anew without calling it a failure", async () => {
  const failures: string[] = [];
  await using child = supervise(shell(LASTING, { onFailure: (reason) => failures.push(reason) }));
  await child.running();
  const pid = child.pid();
  child.restart();
  expect(child.state()).toBe("restarting");
  expect(await child.running()).toBe(true);
  expect(child.pid()).not.toBe(pid);
  expect(failures).toEqual([]);
});

test("a child that ignores SIGTERM is killed", async () => {
  const pausesMs: number[] = [];
  const clock: Clock = {
    ...hastyClock,
    sleep: async (ms) => {
      pausesMs.push(ms);
    },
  };
  const child = supervise(shell("trap '' TERM; echo ready; exec sleep 1000", { clock }));
  await child.running();
  const pid = child.pid() ?? 0;
  await child[Symbol.asyncDispose]();
  expect(pausesMs).toEqual([3000]);
  expect(() => process.kill(pid, 0)).toThrow();
});

test("a child that watches its stdin lives as long as it is held open", async () => {
  await using child = supervise(shell("echo ready; cat", { stdin: "pipe" }));
  expect(await child.running()).toBe(true);
});

test("an error in the reader of lines ends the child and is its reason", async () => {
  const failed = Promise.withResolvers<string>();
  await using _child = supervise(
    shell(LASTING, {
      onLine: () => {
        throw new Error("the reader broke");
      },
      onFailure: failed.resolve,
    }),
  );
  expect(await failed.promise).toBe("the reader broke");
});
