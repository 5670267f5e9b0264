import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { SmartFacts } from "./facts.ts";
import type { FakeDrive } from "./fixtures/fake-drive.ts";
import { createRack, orderFor } from "./fixtures/rack.ts";
import type { SmartOrder } from "./order.ts";
import { runSmart } from "./run.ts";

const run = async (fakes: readonly FakeDrive[], order: SmartOrder = orderFor(fakes)) => {
  const rack = createRack(fakes);
  let facts: SmartFacts | undefined;
  const work = runSmart(rack.context(order)).then((result) => {
    facts = result;
  });
  await rack.clock.until(() => facts !== undefined, 7_200_000);
  await work;
  return { rack, facts: v.parse(SmartFacts, facts) };
};

const outcomes = ({ disks }: SmartFacts) =>
  disks.map(({ serial, tests }) => [serial, ...tests.map((one) => one.outcome)]);
const access = ({ disks }: SmartFacts) =>
  disks.map(({ serial, access: first, accessAfter }) => [serial, first.status, accessAfter?.status]);

describe("runSmart", () => {
  test("reads, tests and reads again, with these commands", async () => {
    const { rack, facts } = await run([{ serial: "S1", device: "/dev/sda" }]);
    expect(outcomes(facts)).toEqual([["S1", "passed"]]);
    expect(facts.disks[0]?.tests[0]?.entry).toEqual({
      ...{ kind: "Short offline", status: "Completed without error", passed: true, atHours: 14_551 },
    });
    expect(facts.disks[0]?.tests[0]?.durationMs).toBeGreaterThanOrEqual(120_000);
    expect(rack.calls.filter((call) => call.startsWith("smartctl"))).toEqual([
      "smartctl --scan-open -j",
      "smartctl -x -j -d sat /dev/sda",
      "smartctl -t short -j -d sat /dev/sda",
      ...Array.from({ length: 6 }, () => "smartctl -c -l selftest -j -d sat /dev/sda"),
      "smartctl -x -j -d sat /dev/sda",
    ]);
    expect([...rack.artifacts.keys()]).toEqual(["smartctl-before.txt", "smartctl-after.txt"]);
    expect(rack.progress).toEqual([...rack.progress].sort((a, b) => a - b));
    expect(rack.progress.at(-1)).toBe(1);
  });

  test("the second test follows the first that passed, and is spared a drive that failed it", async () => {
    const fakes: FakeDrive[] = [
      { serial: "S1", device: "/dev/sda" },
      { serial: "S2", device: "/dev/sdb", ends: "failed" },
    ];
    const { facts } = await run(fakes, orderFor(fakes, ["short", "long"]));
    expect(outcomes(facts)).toEqual([
      ["S1", "passed", "passed"],
      ["S2", "failed", "not-reached"],
    ]);
    expect(facts.disks[1]?.tests[0]?.entry?.failingLba).toBe(104_870_168);
  });

  test("a test that runs already is ended first, and its entry is not taken for ours", async () => {
    const { rack, facts } = await run([{ serial: "S1", device: "/dev/sda", busy: true }]);
    const own = rack.calls.filter((call) => / -[Xt] /.test(call));
    expect(own).toEqual(["smartctl -X -j -d sat /dev/sda", "smartctl -t short -j -d sat /dev/sda"]);
    expect(outcomes(facts)).toEqual([["S1", "passed"]]);
    expect(facts.disks[0]?.after?.selfTests.slice(0, 2).map(({ status }) => status)).toEqual([
      "Completed without error",
      "Aborted by host",
    ]);
  });

  test("a test that never ends is ended after twice its time and a minute", async () => {
    const { rack, facts } = await run([{ serial: "S1", device: "/dev/sda", ends: "never" }]);
    expect(outcomes(facts)).toEqual([["S1", "overdue"]]);
    expect(rack.calls).toContain("smartctl -X -j -d sat /dev/sda");
    expect(facts.disks[0]?.tests[0]?.durationMs).toBeLessThan(330_000);
    expect(facts.disks[0]?.after).toBeDefined();
  });

  test("a test of which the log says nothing passes by the drive's status only because it was seen to run", async () => {
    const { facts } = await run([{ serial: "S1", device: "/dev/sda", ends: "unlogged" }]);
    // The document's log ends with a short test of the hour before, which is not ours.
    expect(facts.disks[0]?.tests[0]).toMatchObject({ outcome: "passed", reason: expect.stringContaining("status") });
    expect(facts.disks[0]?.tests[0]?.entry).toBeUndefined();
  });

  test("every drive answers for itself: gone, closed, silent, unknown to the scan, virtual, exchanged", async () => {
    const { facts } = await run([
      { serial: "OK", device: "/dev/sda" },
      { serial: "GONE", device: "/dev/sdb", fault: "gone" },
      { serial: "SHUT", device: "/dev/sdc", fault: "unopened" },
      { serial: "MUTE", device: "/dev/sdd", fault: "hangs" },
      { serial: "HIDDEN", device: "/dev/sde", fault: "unscanned" },
      { serial: "VIRT", device: "/dev/vda", virtual: true },
      { serial: "SWAP", device: "/dev/sdf", swapped: true },
    ]);
    expect(access(facts)).toEqual([
      ["OK", "ok", "ok"],
      ["GONE", "gone", undefined],
      ["SHUT", "unopened", undefined],
      ["MUTE", "silent", undefined],
      ["HIDDEN", "ok", "ok"],
      ["VIRT", "virtual", undefined],
      ["SWAP", "ok", "gone"],
    ]);
    expect(outcomes(facts).at(-1)).toEqual(["SWAP", "unrecorded"]);
  });

  test("SMART that is off is switched on, and that is told", async () => {
    const { rack, facts } = await run([{ serial: "S1", device: "/dev/sda", smartOff: true }]);
    expect(rack.calls).toContain("smartctl -s on -j -d sat /dev/sda");
    expect(facts.disks[0]).toMatchObject({ switchedOn: true, before: { smartEnabled: true } });
    expect(outcomes(facts)).toEqual([["S1", "passed"]]);
  });

  test("asks no more than eight drives at a time, and tests all of them beside each other", async () => {
    const fakes = Array.from({ length: 20 }, (_, i): FakeDrive => ({ serial: `S${i}`, device: `/dev/sd${i}` }));
    const { rack, facts } = await run(fakes);
    expect(facts.disks.every(({ tests }) => tests[0]?.outcome === "passed")).toBe(true);
    expect(rack.most()).toBeLessThanOrEqual(9); // eight drives and, at the beginning, lsblk
    expect(rack.clock.monoMs()).toBeLessThan(150_000);
  });

  test("without smartctl nothing is known of any drive, and none is said to be gone", async () => {
    const fakes: FakeDrive[] = [{ serial: "S1", device: "/dev/sda" }];
    const rack = createRack(fakes);
    const context = rack.context(orderFor(fakes));
    const exec = async () => ({
      ...{ end: "absent" as const, exitCode: null, signal: null, stdout: "", stderr: "" },
      truncated: false,
      durationMs: 0,
    });
    const facts = await runSmart({ ...context, system: { ...context.system, exec } });
    expect(facts.disks[0]?.access).toEqual({
      status: "failed",
      reason: "smartctl: smartctl is not installed. lsblk: lsblk is not installed.",
    });
  });

  test("a cancelled stage ends the self-tests that run within the drives", async () => {
    const fakes: FakeDrive[] = [
      { serial: "S1", device: "/dev/sda" },
      { serial: "S2", device: "/dev/sdb" },
      { serial: "S3", device: "/dev/sdc", fault: "gone" },
    ];
    const rack = createRack(fakes);
    let over = false;
    void runSmart(rack.context(orderFor(fakes))).then(() => {
      over = true;
    });
    await rack.clock.until(() => rack.calls.filter((call) => call.includes("-l selftest")).length >= 3);
    const startMs = rack.clock.monoMs();
    rack.cancel.abort();
    await rack.clock.until(() => over, 5_000);
    expect(rack.clock.monoMs() - startMs).toBeLessThan(1_000);
    expect([...rack.drives.values()].some((drive) => drive.isTesting())).toBe(false);
    expect(rack.calls.filter((call) => call.includes("-X")).sort()).toEqual([
      "smartctl -X -j -d sat /dev/sda",
      "smartctl -X -j -d sat /dev/sdb",
    ]);
  });
});
