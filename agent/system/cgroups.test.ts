import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { takeCgroups } from "./cgroups.ts";
import { createExec } from "./exec.ts";
import { Fault } from "./fault.ts";

/** A cgroup v2 of this machine's kernel, wherever else it may be mounted. Real cgroups: a directory that plays one kills nothing. */
const mount = mkdtempSync(join(tmpdir(), "vetbox-cgroup2-"));
beforeAll(() => {
  expect(Bun.spawnSync(["mount", "-t", "cgroup2", "none", mount]).exitCode).toBe(0);
});
afterAll(() => {
  Bun.spawnSync(["umount", mount]);
  rmdirSync(mount);
});

/** Ends when a process has ended. It was sent its signal before; what is left is the kernel's own work. */
const ended = async (pid: number): Promise<void> => {
  const lives = () => {
    const path = `/proc/${pid}/stat`;
    return existsSync(path) && !/ Z /.test(readFileSync(path, "utf8").replace(/.*\)/, ""));
  };
  while (lives()) await new Promise((resolve) => setImmediate(resolve));
};

/** A child that left its parent's process group and session, as a daemon does. */
const DESERTER = `const c = Bun.spawn(["setsid", "sleep", "3600"], { stdio: ["ignore", "ignore", "ignore"] }); console.log(c.pid); c.unref();`;

test("takeCgroups: a place that is no cgroup is a fault", async () => {
  const dir = mkdtempSync(join(tmpdir(), "vetbox-cgroups-"));
  try {
    await expect(takeCgroups(join(dir, "vetbox"))).rejects.toThrow(Fault);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe("a confined tool", () => {
  const root = join(mount, `vetbox-test-${process.pid}`);
  const home = () => readFileSync("/proc/self/cgroup", "utf8").match(/^0::(.*)$/m)?.[1];
  let before: string | undefined;
  beforeEach(() => {
    before = home();
  });
  afterEach(() => {
    writeFileSync(join(mount, before ?? "", "cgroup.procs"), String(process.pid));
    writeFileSync(join(root, "cgroup.kill"), "1");
    for (const name of readdirSync(root, { withFileTypes: true }))
      if (name.isDirectory()) rmdirSync(join(root, name.name));
    rmdirSync(root);
  });
  const confine = { name: "test" };

  test("is in its cell before its first instruction, and the agent is not", async () => {
    const { cgroups } = await takeCgroups(root);
    const result = await createExec(cgroups)({ argv: ["cat", "/proc/self/cgroup"], timeoutMs: 10_000, confine });
    expect(result.stdout).toEndWith("/test-1\n");
    expect(result.confined?.oomKilled).toBe(false);
    expect(home()).toEndWith("/agent");
    expect(readdirSync(root)).not.toContain("test-1");
  });

  test("that is not told to be confined stays with the agent", async () => {
    const { cgroups } = await takeCgroups(root);
    const result = await createExec(cgroups)({ argv: ["cat", "/proc/self/cgroup"], timeoutMs: 10_000 });
    expect([result.stdout.trim().endsWith("/agent"), result.confined]).toEqual([true, undefined]);
  });

  test("dies with the children that left its group and session", async () => {
    const { cgroups } = await takeCgroups(root);
    const abort = new AbortController();
    let heard = "";
    const onText = (text: string) => {
      heard += text;
      abort.abort();
    };
    const argv = [process.execPath, "-e", `${DESERTER} setInterval(() => {}, 1000)`] as const;
    const result = await createExec(cgroups)({ argv, timeoutMs: 60_000, confine, onText }, abort.signal);
    expect(result.end).toBe("aborted");
    await ended(Number(heard));
    expect(readdirSync(root)).not.toContain("test-1");
  });

  test("that ends by itself leaves nothing behind either", async () => {
    const { cgroups } = await takeCgroups(root);
    const result = await createExec(cgroups)({ argv: [process.execPath, "-e", DESERTER], timeoutMs: 60_000, confine });
    expect(result).toMatchObject({ end: "exited", exitCode: 0 });
    await ended(Number(result.stdout));
  });

  test("that is not installed leaves no cell", async () => {
    const { cgroups } = await takeCgroups(root);
    const result = await createExec(cgroups)({ argv: ["vetbox-no-such-tool"], timeoutMs: 1000, confine });
    expect(result.end).toBe("absent");
    expect(readdirSync(root)).not.toContain("test-1");
  });

  test("of an agent that was killed is killed by the next one", async () => {
    const agent = `
      const { takeCgroups } = await import(${JSON.stringify(join(import.meta.dir, "cgroups.ts"))});
      const { createExec } = await import(${JSON.stringify(join(import.meta.dir, "exec.ts"))});
      const { cgroups } = await takeCgroups(${JSON.stringify(root)});
      const argv = ["sh", "-c", "echo $$; sleep 3600 & exec sleep 3600"];
      await createExec(cgroups)({ argv, timeoutMs: 60_000, confine: { name: "load" }, onText: (text) => console.log(text) });`;
    const first = Bun.spawn([process.execPath, "-e", agent], { stdout: "pipe", stderr: "inherit" });
    const reader = first.stdout.getReader();
    const tool = Number(new TextDecoder().decode((await reader.read()).value));
    first.kill("SIGKILL");
    await first.exited;
    expect(readFileSync(`/proc/${tool}/cgroup`, "utf8")).toContain("/load-1");
    const { killedCount, isEmpty } = await takeCgroups(root);
    expect([killedCount >= 1, isEmpty]).toEqual([true, true]);
    await ended(tool);
    expect(readdirSync(root)).not.toContain("load-1");
  });

  test("takeCgroups: a process takes over once", async () => {
    await takeCgroups(root);
    await expect(takeCgroups(root)).rejects.toThrow("in it already");
  });
});
