/**
 * A server that differs from its spec is held for a person, with SSH, until it is tried again; the box loses its power while the server boots, while its stage
 * runs and while it is held, and the agent is killed in its stage.
 */
import { expect, test } from "bun:test";
import type { RunView } from "../../appliance/core/views.ts";
import { disksOf, virtualServer } from "../box/virtual-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";
import { openSsh } from "./ssh.ts";

/** Kills the agent by `kill -9` as soon as it has started a tool of its stage, then says so where the hold cannot take it away. */
const KILL_AGENT_IN_STAGE = `
trap '' HUP
( while :; do
    for tool in dmidecode lspci lsblk lscpu; do
      if busybox pidof $tool >/dev/null; then busybox killall -9 agent; echo "vetbox-test: agent killed during $tool" >/dev/console; exit; fi
    done
  done ) </dev/null >/dev/null 2>&1 &
echo armed`;

const NUMBER = 3;
/** A serial that the spec has in place of the first disk's. */
const EXPECTED_ELSE = "EXPECTEDELSE01";

const isHeld = ({ hold }: RunView): boolean => hold?.installed === true;
const atKernel = ({ timeline }: RunView): boolean => timeline.events.some(({ step }) => step === "kernel");

test(
  "a disk that differs is named and held, through three kills of the box; ssh gets in; an agent killed in its stage resumes there; the run is Completed when its spec was mended",
  async () => {
    await using place = await openPlace();
    const declared = virtualServer(NUMBER, "bios");
    const server = await place.place(declared);
    const runId = await place.run(declared, declared.specYaml.replace(disksOf(NUMBER)[0], EXPECTED_ELSE));
    const killBox = async (): Promise<void> => {
      await place.box.kill9();
      await place.restartBox();
    };
    await place.box.api.until(runId, "kernel", atKernel, BOOT_LIMIT_MS);
    // The loader takes the whole image in one go, so the first cut waits until it has it: from then on nobody repeats a transfer.
    await server.serialHas(/vetbox-initrd: up/, BOOT_LIMIT_MS);
    await killBox();
    await place.box.api.until(runId, "stage", ({ state }) => state === "InventoryCheck", BOOT_LIMIT_MS);
    await killBox();
    const held = await place.box.api.until(runId, "hold", isHeld, BOOT_LIMIT_MS);
    expect(held).toMatchObject({ state: "FailedHolding", verdict: "held", failure: { code: "spec-mismatch" } });
    expect(held.transitions.map(({ to }) => to)).toEqual([
      "Queued",
      "WaitingWoL",
      "Booting",
      "InventoryCheck",
      "SpecValidate",
      "Failed",
      "FailedHolding",
    ]);
    const critical = held.differences.filter(({ severity }) => severity === "critical");
    expect(JSON.stringify(critical)).toContain(EXPECTED_ELSE);
    expect(held.failure?.message).toContain(EXPECTED_ELSE);

    const login = await place.box.api.holdKey(runId);
    await expect(place.box.api.holdKey(runId)).rejects.toThrow("key-shown");
    await killBox();
    expect(await place.box.api.run(runId)).toMatchObject({ state: "FailedHolding", hold: { installed: true } });
    const ssh = await openSsh(place.segment, place.dir, login);
    expect(await ssh.run("id -un; cat /root/.ssh/authorized_keys | wc -l")).toMatchObject({
      stdout: "root\n1\n",
      exitCode: 0,
    });

    expect((await ssh.run(KILL_AGENT_IN_STAGE)).stdout).toContain("armed");
    await place.box.api.setSpec(declared.declaration.name, declared.specYaml);
    const retried = await place.box.api.decide(runId, "retry");
    expect(retried.state).toBe("InventoryCheck");
    await server.serialHas(/vetbox-test: agent killed during/, BOOT_LIMIT_MS);
    const run = await place.box.api.until(runId, "end", ({ state }) => state === "Completed", BOOT_LIMIT_MS);
    expect(run).toMatchObject({ verdict: "pass" });
    const inventory = run.stages.find(({ state }) => state === "InventoryCheck");
    expect(inventory?.attempts.map(({ reason }) => reason)).toEqual(["first", "retry", "agent-restart"]);
    expect(await server.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
  },
  TEST_LIMIT_MS,
);
