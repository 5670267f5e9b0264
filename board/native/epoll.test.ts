import { expect, test } from "bun:test";
import { mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addTo, closeAll, openCounter, openPipe, openTimer, takeOne } from "../../test/setup/descriptors.ts";
import type { Epoll as EpollClass } from "./epoll.ts";

// As onoff gets it: epoll.js as published, which asks `bindings` for its native half.
const { Epoll }: { readonly Epoll: typeof EpollClass } = require("epoll");
const { EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLET, EPOLLONESHOT } = Epoll;

/** Resolves when `done` was called. */
const wait = (): { readonly done: () => void; readonly over: Promise<void> } => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { done: resolve, over: promise };
};

/** Resolves after so many milliseconds by way of a timer of the kernel and an Epoll of its own: whatever was ready before it has been told by then. */
const afterTimer = async (ms: number): Promise<void> => {
  const timer = openTimer(ms);
  const { done, over } = wait();
  const epoll = new Epoll(() => {
    epoll.close();
    closeAll(timer);
    done();
  });
  epoll.add(timer, EPOLLIN);
  await over;
};

/** Runs `code` in a process of its own, with `Epoll` and a `pipe()` at hand. */
const runChild = async (code: string, signal?: NodeJS.Signals) => {
  const prelude = `const { Epoll } = require("epoll"); const { openPipe } = require("./test/setup/descriptors.ts");`;
  const child = Bun.spawn([process.execPath, "-e", `${prelude}${code}`], { stdout: "pipe", stderr: "pipe" });
  let stdout = "";
  for await (const chunk of child.stdout) {
    stdout += new TextDecoder().decode(chunk);
    if (signal !== undefined && stdout.includes("waiting")) child.kill(signal);
  }
  await child.exited;
  return {
    stdout,
    exitCode: child.exitCode,
    signal: child.signalCode,
    stderr: await new Response(child.stderr).text(),
  };
};

test("Epoll tells a level again and again until it is cleared", async () => {
  const [reads, writes] = openPipe();
  const told: unknown[] = [];
  const { done, over } = wait();
  const epoll = new Epoll((...values) => {
    told.push(values);
    if (told.length === 3) {
      takeOne(reads);
      epoll.close();
      done();
    }
  });
  epoll.add(reads, EPOLLIN);
  writeSync(writes, "x");
  await over;
  expect(told).toEqual(Array(3).fill([null, reads, EPOLLIN]));
  closeAll(reads, writes);
});

test("Epoll with EPOLLET tells of what arrives, not of what is there", async () => {
  const [reads, writes] = openPipe();
  let told = 0;
  const epoll = new Epoll(() => {
    told += 1;
  });
  epoll.add(reads, EPOLLIN | EPOLLET);
  writeSync(writes, "x");
  await afterTimer(20);
  expect(told).toBe(1);
  writeSync(writes, "x");
  await afterTimer(20);
  expect(told).toBe(2);
  epoll.close();
  closeAll(reads, writes);
});

test("Epoll with EPOLLONESHOT tells once, and again after modify", async () => {
  const [reads, writes] = openPipe();
  let told = 0;
  const epoll = new Epoll(() => {
    told += 1;
  });
  epoll.add(reads, EPOLLIN | EPOLLONESHOT);
  writeSync(writes, "x");
  await afterTimer(20);
  expect(told).toBe(1);
  epoll.modify(reads, EPOLLIN | EPOLLONESHOT);
  await afterTimer(20);
  expect(told).toBe(2);
  epoll.close();
  closeAll(reads, writes);
});

test("modify listens for other events, and a hang-up is told whatever is listened for", async () => {
  const [reads, writes] = openPipe();
  const told: unknown[] = [];
  const { done, over } = wait();
  const epoll = new Epoll((_error, fd, events) => {
    told.push([fd, events]);
    if (told.length === 1) {
      epoll.remove(writes);
      closeAll(writes);
      epoll.add(reads, EPOLLOUT); // for which the end that reads is never ready
    } else {
      epoll.close();
      done();
    }
  });
  epoll.add(writes, EPOLLIN).modify(writes, EPOLLOUT);
  await over;
  expect(told).toEqual([
    [writes, EPOLLOUT],
    [reads, EPOLLHUP],
  ]);
  closeAll(reads);
});

test("no event of a thousand is lost, over a hundred descriptors and several Epolls", async () => {
  const counters = Array.from({ length: 100 }, openCounter);
  const taken = new Map(counters.map((fd) => [fd, 0]));
  let left = 1000;
  const { done, over } = wait();
  const take = (_error: Error | null, fd = -1): void => {
    takeOne(fd);
    taken.set(fd, (taken.get(fd) ?? 0) + 1);
    left -= 1;
    if (left === 0) done();
  };
  const epolls = [new Epoll(take), new Epoll(take), new Epoll(take)] as const;
  for (const [index, fd] of counters.entries()) (epolls[index % 3] ?? epolls[0]).add(fd, EPOLLIN);
  for (const fd of counters) addTo(fd, 10);
  await over;
  expect([...taken.values()]).toEqual(Array(100).fill(10));
  for (const epoll of epolls) epoll.close();
  closeAll(...counters);
});

test("after remove, and after close while the thread waits, nothing is told", async () => {
  const [one, other] = [openCounter(), openCounter()];
  let told = 0;
  const count = (): void => {
    told += 1;
  };
  const removed = new Epoll(count);
  const closed = new Epoll(count);
  removed.add(one, EPOLLIN).remove(one);
  closed.add(other, EPOLLIN);
  await afterTimer(5); // by now the thread is back in its wait
  expect(closed.close()).toBeNull();
  addTo(one, 1);
  addTo(other, 1);
  await afterTimer(20);
  expect(told).toBe(0);
  removed.close();
  closeAll(one, other);
});

test("a callback may remove what the thread is about to tell", async () => {
  const [one, other] = [openCounter(), openCounter()];
  const told: (number | undefined)[] = [];
  const epoll = new Epoll((_error, fd) => {
    told.push(fd);
    epoll.close();
  });
  addTo(one, 1);
  addTo(other, 1);
  epoll.add(one, EPOLLIN).add(other, EPOLLIN);
  await afterTimer(20);
  expect(told).toHaveLength(1);
  closeAll(one, other);
});

test("a number that was closed and is in use again gets no event of the old file", async () => {
  const old = openCounter();
  const told: string[] = [];
  const first = new Epoll(() => told.push("first"));
  const second = new Epoll((_error, fd = -1) => {
    told.push("second");
    takeOne(fd);
  });
  first.add(old, EPOLLIN);
  closeAll(old);
  const fresh = openCounter();
  expect(fresh).toBe(old); // the lowest number that is free
  second.add(fresh, EPOLLIN);
  addTo(fresh, 1);
  await afterTimer(20);
  expect(told).toEqual(["second"]);
  first.close();
  second.close();
  closeAll(fresh);
});

test("errors of the system have the names of the system", () => {
  const folder = mkdtempSync(join(tmpdir(), "epoll-"));
  const file = openSync(join(folder, "file"), "w");
  const counter = openCounter();
  const epoll = new Epoll(() => {});
  const failing = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      return error;
    }
  };
  const failure = (code: string, errno: number) => expect.objectContaining({ code, errno, syscall: "epoll_ctl" });
  expect(failing(() => epoll.add(file, EPOLLIN))).toEqual(failure("EPERM", 1)); // a file is always ready
  epoll.add(counter, EPOLLIN);
  expect(failing(() => new Epoll(() => {}).add(counter, EPOLLIN))).toEqual(failure("EEXIST", 17));
  expect(failing(() => epoll.remove(file))).toEqual(failure("ENOENT", 2));
  expect(failing(() => epoll.modify(file, EPOLLIN))).toEqual(failure("ENOENT", 2));
  closeAll(counter, file);
  expect(failing(() => epoll.add(counter, EPOLLIN))).toEqual(failure("EBADF", 9));
  expect(failing(() => epoll.remove(counter))).toEqual(failure("EBADF", 9));
  epoll.close(); // which the closed descriptor does not prevent
  rmSync(folder, { recursive: true });
});

test("Epoll refuses what it cannot work with", () => {
  const without: unknown = undefined;
  expect(() => new Epoll(without as () => void)).toThrow("function");
  const epoll = new Epoll(() => {});
  expect(() => epoll.add(without as number, EPOLLIN)).toThrow("add needs");
  expect(() => epoll.modify(0, without as number)).toThrow("modify needs");
  expect(() => epoll.remove("0" as unknown as number)).toThrow("remove needs");
  expect(epoll.closed).toBe(false);
  epoll.close();
  expect(epoll.closed).toBe(true);
  expect(() => epoll.add(0, EPOLLIN)).toThrow("add after close");
  expect(() => epoll.remove(0)).toThrow("remove after close");
  expect(() => epoll.close()).toThrow("close");
});

test("a process ends by itself when nothing is registered, whether or not the thread waits", async () => {
  const none = await runChild("new Epoll(() => {}); new Epoll(() => {});");
  expect(none).toEqual({ stdout: "", exitCode: 0, signal: null, stderr: "" });
  const started = await runChild(
    "const [fd] = openPipe(); new Epoll(() => {}).add(fd, Epoll.EPOLLIN).remove(fd); new Epoll(() => {}).add(fd, Epoll.EPOLLIN).close();",
  );
  expect(started).toEqual({ stdout: "", exitCode: 0, signal: null, stderr: "" });
});

test("a process ends by exit, by a fault and by a signal while the thread waits", async () => {
  const waiting = `const { Epoll: E } = { Epoll }; const [fd, to] = openPipe(); const epoll = new E(() => { require("fs").readSync(fd, Buffer.alloc(1)); END });
    epoll.add(fd, E.EPOLLIN); require("fs").writeSync(to, "x");`;
  const ending = (end: string) => waiting.replace("END", end);
  expect((await runChild(ending("setImmediate(() => process.exit(3))"))).exitCode).toBe(3);
  const thrown = await runChild(ending('throw new Error("as it happens")'));
  expect(thrown.exitCode).toBe(1);
  expect(thrown.stderr).toContain("as it happens");
  expect((await runChild(ending('console.log("waiting")'), "SIGTERM")).signal).toBe("SIGTERM");
});

test("a callback that throws does not end the waiting", async () => {
  const child = await runChild(`
    const [fd, to] = openPipe(); const fs = require("fs"); let told = 0;
    process.on("uncaughtException", (error) => console.log(error.message));
    const epoll = new Epoll(() => { told += 1; fs.readSync(fd, Buffer.alloc(1)); if (told === 3) epoll.close(); throw new Error("fault " + told); });
    epoll.add(fd, Epoll.EPOLLIN); fs.writeSync(to, "xxx");`);
  expect(child.stdout).toBe("fault 1\nfault 2\nfault 3\n");
  expect(child.exitCode).toBe(0);
});

test("who waits uses no processor", async () => {
  const child = await runChild(`
    const { openTimer } = require("./test/setup/descriptors.ts"); const fs = require("fs");
    const switches = () => fs.readdirSync("/proc/self/task").map((task) => fs.readFileSync("/proc/self/task/" + task + "/status", "utf8"))
      .reduce((sum, text) => sum + Number(/\\nvoluntary_ctxt_switches:\\t(\\d+)/.exec(text)?.[1] ?? 0), 0);
    let before; const timers = [openTimer(200), openTimer(700)];
    const epoll = new Epoll((_error, fd) => { epoll.remove(fd); if (fd === timers[0]) before = { switches: switches(), cpu: process.cpuUsage() };
      else console.log(JSON.stringify({ switches: switches() - before.switches, cpuUs: Object.values(process.cpuUsage(before.cpu)).reduce((a, b) => a + b) })); });
    for (const fd of timers) epoll.add(fd, Epoll.EPOLLIN);`);
  const used: { switches: number; cpuUs: number } = JSON.parse(child.stdout);
  expect(used.switches).toBeLessThan(25); // a look every 10 ms would be 50
  expect(used.cpuUs).toBeLessThan(50_000); // of half a second
});
