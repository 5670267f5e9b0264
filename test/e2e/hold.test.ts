/** A server that differs from its spec is held for a person: with SSH, until it is released or tried again. */
import { expect, test } from "bun:test";
import { disksOf, virtualServer } from "../box/virtual-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";
import { openSsh } from "./ssh.ts";

/** Says when the key is gone from the server; the connection outlives the key. */
const WAIT_FOR_KEY_TO_GO =
  "echo in; while [ -s /root/.ssh/authorized_keys ]; do sleep 0.05; done; echo the key is gone; sleep 60";

/** Kills the agent by `kill -9` as soon as it has started a tool of its stage, then says so where the hold cannot take it away. */
const KILL_AGENT_IN_STAGE = `
trap '' HUP
( while :; do
    for tool in dmidecode lspci lsblk lscpu; do
      if busybox pidof $tool >/dev/null; then busybox killall -9 agent; echo "vetbox-test: agent killed during $tool" >/dev/console; exit; fi
    done
  done ) </dev/null >/dev/null 2>&1 &
echo armed`;

const wrongDisk = (specYaml: string, number: number): string => specYaml.replace(disksOf(number)[0], "EXPECTEDELSE01");

test(
  "a disk that differs from the spec ends in FailedHolding with the difference named; ssh gets in; Release removes the key and powers off",
  async () => {
    await using place = await openPlace();
    const declared = virtualServer(3, "bios");
    const server = await place.place(declared);
    const runId = await place.run(declared, wrongDisk(declared.specYaml, 3));
    const held = await place.box.api.until(runId, "hold", (run) => run.hold?.installed === true, BOOT_LIMIT_MS);
    expect(held).toMatchObject({ state: "FailedHolding", verdict: "held", failure: { code: "spec-mismatch" } });
    const critical = held.differences.filter(({ severity }) => severity === "critical");
    expect(JSON.stringify(critical)).toContain("EXPECTEDELSE01");
    expect(held.failure?.message).toContain("EXPECTEDELSE01");

    const login = await place.box.api.holdKey(runId);
    await expect(place.box.api.holdKey(runId)).rejects.toThrow("key-shown");
    const ssh = await openSsh(place.segment, place.dir, login);
    expect(await ssh.run("id -un; cat /root/.ssh/authorized_keys | wc -l")).toMatchObject({
      stdout: "root\n1\n",
      exitCode: 0,
    });

    const watcher = ssh.start(WAIT_FOR_KEY_TO_GO);
    const output = watcher.stdout.pipeThrough(new TextDecoderStream()).getReader();
    expect((await output.read()).value).toContain("in");
    await place.box.api.decide(runId, "release");
    expect((await output.read()).value).toContain("the key is gone");
    expect(await server.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
    expect(await place.box.api.run(runId)).toMatchObject({ state: "Released", hold: null });
    watcher.kill();
  },
  TEST_LIMIT_MS,
);

test(
  "the agent killed by kill -9 in its stage is started again, resumes there, and the run is Completed after its spec was mended",
  async () => {
    await using place = await openPlace();
    const declared = virtualServer(4, "bios");
    const server = await place.place(declared);
    const runId = await place.run(declared, wrongDisk(declared.specYaml, 4));
    await place.box.api.until(runId, "hold", (run) => run.hold?.installed === true, BOOT_LIMIT_MS);
    const ssh = await openSsh(place.segment, place.dir, await place.box.api.holdKey(runId));
    expect((await ssh.run(KILL_AGENT_IN_STAGE)).stdout).toContain("armed");
    await place.box.api.setSpec(declared.declaration.name, declared.specYaml);
    const retried = await place.box.api.decide(runId, "retry");
    expect(retried.state).toBe("InventoryCheck");
    await server.serialHas(/vetbox-test: agent killed during/, BOOT_LIMIT_MS);
    const run = await place.box.api.until(runId, "end", ({ state }) => state === "Completed", BOOT_LIMIT_MS);
    const inventory = run.stages.find(({ state }) => state === "InventoryCheck");
    expect(inventory?.attempts.map(({ reason }) => reason)).toEqual(["first", "retry", "agent-restart"]);
    expect(await server.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
  },
  TEST_LIMIT_MS,
);
