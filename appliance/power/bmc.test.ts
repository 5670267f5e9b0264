import { expect, test } from "bun:test";
import type { Exec } from "../../agent/system/exec.ts";
import { CallQueues, openBmcs } from "./bmc.ts";
import { done } from "./trouble.ts";

const SIGNAL = new AbortController().signal;

/** Calls that end when told. */
const openCalls = () => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const call = (name: string) => async () => {
    begun.push(name);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    return done(name);
  };
  return { begun, call, end: (name: string) => ends.get(name)?.() };
};

test("CallQueues.run asks one BMC for one thing at a time, in order, and keeps no other waiting", async () => {
  const queues = new CallQueues();
  const { begun, call, end } = openCalls();
  const first = queues.run("10.0.0.1", SIGNAL, call("a1"));
  const second = queues.run("10.0.0.1", SIGNAL, call("a2"));
  const other = queues.run("10.0.0.2", SIGNAL, call("b1"));
  await Promise.resolve();
  expect(begun).toEqual(["a1", "b1"]);
  end("b1");
  expect(await other).toEqual({ ok: true, value: "b1" });
  expect(begun).toEqual(["a1", "b1"]);
  end("a1");
  expect(await first).toEqual({ ok: true, value: "a1" });
  while (begun.length < 3) await Promise.resolve();
  end("a2");
  expect(await second).toEqual({ ok: true, value: "a2" });
});

test("CallQueues.run goes on after a call that threw, and turns away a crowd", async () => {
  const queues = new CallQueues();
  const { call, end, begun } = openCalls();
  const broken = queues.run("bmc", SIGNAL, () => Promise.reject(new Error("bug")));
  const calls = ["c1", "c2", "c3"].map((name) => queues.run("bmc", SIGNAL, call(name)));
  expect(await queues.run("bmc", SIGNAL, call("c4"))).toMatchObject({ ok: false, trouble: { code: "busy" } });
  await expect(broken).rejects.toThrow("bug");
  for (const [i, name] of ["c1", "c2", "c3"].entries()) {
    while (begun.length <= i) await Promise.resolve();
    end(name);
    expect(await calls[i]).toEqual({ ok: true, value: name });
  }
  expect(begun).toEqual(["c1", "c2", "c3"]);
});

test("CallQueues.run does not begin what was given up before its turn", async () => {
  const queues = new CallQueues();
  const { call, end, begun } = openCalls();
  const stop = new AbortController();
  const first = queues.run("bmc", SIGNAL, call("d1"));
  const second = queues.run("bmc", stop.signal, call("d2"));
  await Promise.resolve();
  stop.abort();
  end("d1");
  await first;
  expect(await second).toMatchObject({ ok: false, trouble: { code: "timeout" } });
  expect(begun).toEqual(["d1"]);
});

test("openBmcs lets no message out that repeats the password", async () => {
  const exec: Exec = async () => ({
    ...{ end: "exited", exitCode: 1, signal: null, stdout: "", truncated: false, durationMs: 1 },
    stderr: "login root/s3cret-pass refused\n",
  });
  const open = openBmcs({ exec, scratchDir: "/tmp" });
  const place = { hostId: "h1", kind: "ipmi", address: "10.0.0.1", port: 623, user: "root" } as const;
  const port = open({ ...place, password: "s3cret-pass", pin: null }, async () => {});
  expect(await port.state(SIGNAL)).toEqual({
    ok: false,
    trouble: { code: "failed", message: "ipmitool failed. It said: login root/••• refused" },
  });
});
