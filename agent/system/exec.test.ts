import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemExec } from "./exec.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-exec-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a few lines of JavaScript as a tool. */
const tool = (script: string, timeoutMs = 20_000, signal?: AbortSignal) =>
  systemExec({ argv: [process.execPath, "-e", script], timeoutMs, maxOutputBytes: 1000 }, signal);

/** Ends when a process has ended. It was sent its signal before; what is left is the kernel's own work. */
const ended = async (pid: number): Promise<void> => {
  while (!isDead(pid)) await new Promise((resolve) => setImmediate(resolve));
};

/** A process that is gone, or a zombie that nobody has reaped yet. */
const isDead = (pid: number): boolean => {
  const path = `/proc/${pid}/stat`;
  return !existsSync(path) || / Z /.test(readFileSync(path, "utf8").replace(/.*\)/, ""));
};

describe("systemExec", () => {
  test("gives a tool's output, errors and exit code as data", async () => {
    expect(await tool("console.log('out'); console.error('err'); process.exit(3)")).toMatchObject({
      end: "exited",
      exitCode: 3,
      signal: null,
      stdout: "out\n",
      stderr: "err\n",
      truncated: false,
    });
  });

  test("a tool that is not installed is absent", async () => {
    expect(await systemExec({ argv: ["vetbox-no-such-tool"], timeoutMs: 1000 })).toMatchObject({
      end: "absent",
      exitCode: null,
    });
  });

  test("a file that is no program is a fault", async () => {
    const path = join(dir, "data");
    writeFileSync(path, "data", { mode: 0o644 });
    await expect(systemExec({ argv: [path], timeoutMs: 1000 })).rejects.toThrow("spawn-failed");
  });

  test("a tool that a signal ended says which", async () => {
    expect(await tool("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)")).toMatchObject({
      end: "signalled",
      exitCode: null,
      signal: "SIGTERM",
    });
  });

  test("output over the bound is read and thrown away, and the tool ends by itself", async () => {
    const result = await tool("process.stdout.write('x'.repeat(5_000_000))");
    expect(result).toMatchObject({ end: "exited", exitCode: 0, truncated: true });
    expect(result.stdout).toBe("x".repeat(1000));
  });

  test("a deadline kills the tool and its children", async () => {
    const pids = join(dir, "pids");
    const script = `const c = Bun.spawn(["sleep", "3600"], { stdout: "inherit" }); await Bun.write(${JSON.stringify(pids)}, process.pid + " " + c.pid); console.log("begun"); await c.exited;`;
    const result = await tool(script, 2_000);
    expect(result).toMatchObject({ end: "timed-out", exitCode: null, stdout: "begun\n" });
    await Promise.all(readFileSync(pids, "utf8").split(" ").map(Number).map(ended));
  });

  test("an abort kills it too, and one before the start keeps it from starting", async () => {
    const abort = new AbortController();
    const running = tool("setInterval(() => {}, 1000)", 60_000, abort.signal);
    abort.abort();
    expect((await running).end).toBe("aborted");
    expect(await tool("0", 1000, abort.signal)).toMatchObject({ end: "aborted", durationMs: 0 });
  });

  test("a child that outlives its tool and holds its output open holds nobody up, and is killed", async () => {
    const script = `const c = Bun.spawn(["sleep", "3600"], { stdout: "inherit", stderr: "inherit" }); console.log(c.pid); c.unref(); process.exit(0)`;
    const result = await tool(script, 60_000);
    expect(result).toMatchObject({ end: "exited", exitCode: 0 });
    expect(result.durationMs).toBeLessThan(30_000);
    await ended(Number(result.stdout));
  });

  test("nothing of our environment, input or folder reaches a tool", async () => {
    process.env["VETBOX_TEST_SECRET"] = "secret";
    const result = await systemExec({ argv: ["env"], timeoutMs: 5_000 });
    delete process.env["VETBOX_TEST_SECRET"];
    expect(
      result.stdout
        .trim()
        .split("\n")
        .map((line) => line.split("=")[0])
        .sort(),
    ).toEqual(["HOME", "LC_ALL", "PATH"]);
    expect((await systemExec({ argv: ["cat"], timeoutMs: 5_000 })).end).toBe("exited");
    expect((await systemExec({ argv: ["pwd"], timeoutMs: 5_000 })).stdout).toBe("/\n");
  });

  test("an agent's own standing at the end of memory is not its tools'", async () => {
    // Bounded: if the agent of this test is killed, nobody is left to end it.
    const wait = `const { readFileSync } = require("fs"), endMs = Date.now() + 10_000;
      while (readFileSync("/proc/self/oom_score_adj", "utf8").trim() !== "0" && Date.now() < endMs);`;
    // A process of its own plays the agent. A negative score needs CAP_SYS_RESOURCE, which not every machine gives; a positive one shows the same.
    const agent = `
      require("fs").writeFileSync("/proc/self/oom_score_adj", "100");
      const { systemExec } = await import(${JSON.stringify(join(import.meta.dir, "exec.ts"))});
      console.log((await systemExec({ argv: [process.execPath, "-e", ${JSON.stringify(wait)}], timeoutMs: 10_000 })).end);`;
    const result = await tool(agent);
    expect([result.stdout, result.stderr]).toEqual(["exited\n", ""]);
  });

  test("arguments are passed as they are, whatever a shell would make of them", async () => {
    const hostile = ["$(reboot)", "; rm -rf /", "`id`", "a\nb", "'", '"', "*", ""];
    const result = await systemExec({ argv: ["printf", "%s|", ...hostile], timeoutMs: 5_000 });
    expect(result.stdout).toBe(hostile.map((word) => `${word}|`).join(""));
  });
});
