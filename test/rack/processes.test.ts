import { expect, test } from "bun:test";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endProcesses, isAlive, killProcesses, listProcesses, readProcess, self } from "./processes.ts";

const refOf = (pid: number) => {
  const live = readProcess(pid);
  if (live === null) throw new Error(`process ${pid} is gone`);
  return live;
};

test("readProcess: this process, as it knows itself", () => {
  let live = refOf(process.pid);
  // The kernel counts in ticks, and a test that begins at once has used none of them yet.
  while (live.cpuS === 0) live = refOf(process.pid);
  expect(live.argv[0]).toBe(process.argv0);
  expect(live.cpuS).toBeGreaterThan(0);
  expect(live.rssMiB).toBeGreaterThan(5);
  expect(isAlive(self())).toBe(true);
  expect(isAlive({ ...self(), startTicks: self().startTicks - 1 })).toBe(false);
  expect(listProcesses().map(({ pid }) => pid)).toContain(process.pid);
});

test("readProcess: a name with spaces and parentheses shifts no field", async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-processes-"));
  const program = join(dir, "a) S 1 (b");
  await copyFile("/bin/sleep", program);
  const child = Bun.spawn([program, "600"]);
  try {
    const { startTicks } = refOf(child.pid);
    expect(startTicks).toBeGreaterThanOrEqual(self().startTicks);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
    await rm(dir, { recursive: true, force: true });
  }
});

test("endProcesses lets a process end itself; killProcesses asks nobody; both know when it is over", async () => {
  const say = ["sh", "-c", "trap 'exit 7' TERM; echo up; read -r _"];
  const spawn = () => Bun.spawn(say, { stdin: "pipe", stdout: "pipe" });
  const [polite, cut] = [spawn(), spawn()];
  for (const child of [polite, cut]) await child.stdout.getReader().read();
  const refs = [refOf(polite.pid), refOf(cut.pid)] as const;
  await endProcesses([refs[0]]);
  await killProcesses([refs[1]]);
  expect([await polite.exited, polite.signalCode, await cut.exited, cut.signalCode]).toEqual([7, null, 137, "SIGKILL"]);
  expect(refs.some(isAlive)).toBe(false);
});
