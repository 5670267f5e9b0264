import { describe, expect, test } from "bun:test";
import type { DiskFacts } from "../../wire/hardware/disks.ts";
import { UNKNOWN_HARDWARE } from "../../wire/inventory.ts";
import type { Profile } from "../../wire/names.ts";
import type { DiskTarget } from "../../wire/order.ts";
import { resolveLimits } from "../limits.ts";
import { createRack, orderFor } from "./fixtures/rack.ts";
import { testLimitMs } from "./order.ts";
import { runSmart } from "./run.ts";
import { smart } from "./spec.ts";

const target = (serial: string, more: Partial<DiskTarget> = {}): DiskTarget => ({
  ...{ serial, sizeBytes: 18e12, class: "hdd" as const, mayWrite: false },
  ...more,
});
const order = (profile: Profile, disks: readonly DiskTarget[], known: readonly DiskFacts[] = [], limits = {}) =>
  smart.orderOf({
    ...{ profile, destructive: false, disks, hardware: { ...UNKNOWN_HARDWARE, disks: [...known] } },
    limits: resolveLimits(smart.limits, profile, limits),
  });

describe("the order of SMART", () => {
  test("quick asks for the short self-test, the others for both, and a spec for none", () => {
    expect(order("quick", []).selfTests).toEqual(["short"]);
    expect(order("standard", []).selfTests).toEqual(["short", "long"]);
    expect(order("soak", []).selfTests).toEqual(["short", "long"]);
    expect(order("soak", [], [], { selfTestLevel: 0 }).selfTests).toEqual([]);
  });

  test("takes the drive's own times where the inventory has them", () => {
    const known = { serial: "A", sizeBytes: 18e12, health: { shortTestMinutes: 1, longTestMinutes: 1_900 } };
    const [a, b, c] = order("standard", [target("A"), target("B"), target("C", { class: "nvme" })], [known]).disks;
    expect([a?.shortTestMinutes, a?.longTestMinutes]).toEqual([1, 1_900]);
    // 18 TB at 120 MB/s are 150 000 s.
    expect([b?.shortTestMinutes, b?.longTestMinutes]).toEqual([2, 2_500]);
    expect([c?.shortTestMinutes, c?.longTestMinutes]).toEqual([2, 90]);
  });

  test("the stage takes as long as its slowest drive, and waits for it within what the box allows", () => {
    const long = order("standard", [target("A"), target("B", { class: "ssd" })]);
    const { expectedMs } = smart.plan(long);
    expect(expectedMs).toBe((2 + 2_500) * 60_000 + 90_000);
    const [slowest] = long.disks;
    if (slowest === undefined) throw new Error("no disk");
    const worstMs = testLimitMs(slowest, "short") + testLimitMs(slowest, "long");
    expect(worstMs).toBeLessThan(2 * expectedMs + 120_000);
    expect(smart.plan(order("quick", [])).expectedMs).toBe(90_000);
  });

  test("the plan's commands are those that run", async () => {
    const fakes = [{ serial: "S1", device: "/dev/sda", smartOff: true, busy: true }];
    const rack = createRack(fakes);
    let over = false;
    void runSmart(rack.context(orderFor(fakes))).then(() => {
      over = true;
    });
    await rack.clock.until(() => over);
    const planned = smart.plan(orderFor(fakes)).steps.map(({ argv }) => argv?.join(" "));
    const ran = new Set(
      rack.calls
        .filter((call) => call.startsWith("smartctl") && !call.includes("--scan"))
        .map((call) => call.replace("-d sat /dev/sda", "-d <type> <disk S1>")),
    );
    expect([...ran].sort()).toEqual(planned.map(String).sort());
  });
});

test("smart.summarise counts what was read and what passed", async () => {
  const facts = { selfTests: ["short" as const], disks: [] };
  expect(smart.summarise(facts)).toBe("No expected disk");
  const disk = { serial: "A", class: "hdd" as const, access: { status: "gone" as const, reason: "" }, tests: [] };
  expect(smart.summarise({ ...facts, disks: [disk] })).toBe("0 of 1 disks read, 0 passed their short self-test");
});
