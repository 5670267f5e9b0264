/**
 * What a server under test may go through: hardly any memory, a clock that is wrong by years, a reset in the middle of a stage, a disk that goes away, memory
 * that runs out around the agent, and an operator who cancels.
 */
import { expect, test } from "bun:test";
import { stringify } from "yaml";
import type { RunView } from "../../appliance/core/views.ts";
import { EMULATED_DISKS } from "../box/short-limits.ts";
import { macOf, type VirtualServer } from "../box/virtual-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";
import { openSsh } from "./ssh.ts";

const NUMBER = 72;
const MAC = macOf(NUMBER);
const DAY_MS = 86_400_000;

const LIMITS = {
  cpu: { loadS: 30 },
  memory: { loadS: 10, perGibS: 0, reserveMib: 128 },
  // A sample of so small a disk is read in less time than its tool takes to begin.
  storage: { ...EMULATED_DISKS, randomS: 30, virtualFloorMBps: 0, virtualIops: 0 },
} as const;

/** The image and what it boots leave some 300 MiB of this. */
const smallServer = (): VirtualServer => ({
  mac: MAC,
  declaration: {
    ...{ name: "small", firmware: "bios", memoryMiB: 704, clock: "2011-03-04T05:06:07Z", nics: [{ mac: MAC }] },
    disks: [
      { serial: "STAYS", size: "32 MiB", bus: "scsi", rotational: false },
      { serial: "VANISHES", size: "32 MiB", bus: "scsi", rotational: false },
    ],
  },
  specYaml: stringify({ limits: LIMITS }),
});

/** Takes all memory: zeros without an end of a line, all of which `tail` keeps. Says whom the kernel killed for it, and whether the agent is the one of before. */
const EXHAUST_MEMORY = `
before=$(busybox pidof agent)
tail /dev/zero >/dev/null 2>&1
dmesg | sed -n 's/.*Killed process [0-9]* (\\([^)]*\\)).*/\\1/p' | sort -u
[ -n "$before" ] && [ "$before" = "$(busybox pidof agent)" ] && echo "the agent is the same"`;

/** Says on the console when a tool of the stage is there, and when it is gone again: the power may go before a connection could tell. */
const WATCH_TOOL = `
trap '' HUP
echo "watches"
( until busybox pidof fio >/dev/null; do sleep 0.05; done
  echo "vetbox-test: fio runs" >/dev/console
  while busybox pidof fio >/dev/null; do sleep 0.05; done
  echo "vetbox-test: fio is gone" >/dev/console )`;

const stageOf = (run: RunView, state: string) => run.stages.find((stage) => stage.state === state);
const reasonsOf = (run: RunView, state: string) => stageOf(run, state)?.attempts.map(({ reason }) => reason);

interface MemoryRecord {
  readonly visibleBytes: number;
  readonly testedBytes: number;
  readonly attempts: readonly { readonly heldBytes: number; readonly oomKilled: boolean; readonly confined: boolean }[];
}

test(
  "with 704 MiB and a clock of 2011: a reset resumes its stage alone, coverage is what was held, the agent outlives exhausted memory, a vanished disk is named, cancel ends the tools and the power",
  async () => {
    await using place = await openPlace();
    const server = smallServer();
    const placed = await place.place(server);
    const { api } = place.box;
    const startedMs = Date.now();
    const runId = await place.run(server, server.specYaml, { stages: ["CPUStress", "Memory", "Storage"] });

    await api.until(runId, "CPUStress under load", ({ note }) => note?.endsWith("under load") === true, BOOT_LIMIT_MS);
    await placed.reset();
    const tested = await api.until(
      runId,
      "Memory after the reset",
      (run) => run.state === "Memory" || run.failure !== null,
      2 * BOOT_LIMIT_MS,
    );
    expect(tested.failure).toBeNull();
    expect(reasonsOf(tested, "InventoryCheck")).toEqual(["first"]);
    expect(reasonsOf(tested, "CPUStress")).toEqual(["first", "reboot"]);
    await placed.fault({ kind: "vanish", disk: "VANISHES" });

    const held = await api.until(runId, "hold by Storage", ({ hold }) => hold?.installed === true, BOOT_LIMIT_MS);
    expect(held.failure).toMatchObject({ state: "Storage", code: "stage-failed" });
    const gone = stageOf(held, "Storage")?.checks.filter(({ verdict }) => verdict === "FAIL");
    expect(gone?.map(({ code, component }) => `${code} ${component}`)).toEqual(["storage.disk disk VANISHES"]);

    expect(reasonsOf(held, "Memory")).toEqual(["first"]);
    const memory = (await api.facts(runId, "Memory")) as MemoryRecord;
    const last = memory.attempts.at(-1);
    expect(last).toMatchObject({ confined: true, oomKilled: false });
    expect(memory.testedBytes).toBeGreaterThan(0);
    expect(memory.testedBytes).toBeLessThanOrEqual(last?.heldBytes ?? 0);
    expect(last?.heldBytes).toBeLessThan(memory.visibleBytes);
    const coverage = stageOf(held, "Memory")?.checks.find(({ code }) => code === "memory.coverage");
    const percent = Math.round((memory.testedBytes / memory.visibleBytes) * 1000) / 10;
    expect(coverage).toMatchObject({ verdict: "WARN", measured: `${percent} %`, limit: "at least 80 %" });

    // The record has the box's time; the server's own is fifteen years behind.
    const times = held.stages.flatMap(({ attempts }) => attempts.map((attempt) => attempt.startedMs));
    for (const atMs of times) expect(Math.abs(atMs - startedMs)).toBeLessThan(DAY_MS);

    const ssh = await openSsh(place.segment, place.dir, await api.holdKey(runId));
    const exhausted = await ssh.run(EXHAUST_MEMORY);
    expect(exhausted.stdout).toBe("tail\nthe agent is the same\n");

    const watcher = ssh.start(WATCH_TOOL);
    const output = watcher.stdout.pipeThrough(new TextDecoderStream()).getReader();
    expect((await output.read()).value).toContain("watches");
    await api.decide(runId, "retry");
    await placed.serialHas(/vetbox-test: fio runs/, BOOT_LIMIT_MS);
    await api.decide(runId, "cancel");
    await placed.serialHas(/vetbox-test: fio is gone/, BOOT_LIMIT_MS);
    expect(await placed.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
    watcher.kill();
    const run = await api.run(runId);
    expect(run).toMatchObject({ state: "Cancelled", verdict: "cancelled" });
    expect(run.stages.flatMap(({ attempts }) => attempts.map(({ reason }) => reason))).not.toContain("agent-restart");
  },
  TEST_LIMIT_MS,
);
