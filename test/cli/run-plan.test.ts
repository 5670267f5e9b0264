/** `vetbox runs plan | rejudge | override-wipe`. */
import { afterEach, describe, expect, test } from "bun:test";
import type { PlanInput } from "../../appliance/core/ports.ts";
import type { PlanView, RejudgedStage } from "../../appliance/core/views.ts";
import { fakeSummary } from "../../appliance/http/fake-views.ts";
import { PLAN } from "../../web/fixtures/data-held.ts";
import { closeAll, openBox } from "./box.ts";

afterEach(closeAll);

const planned = async (words: readonly string[], plan: PlanView = PLAN) => {
  const asked: (readonly [string, PlanInput])[] = [];
  const box = await openBox({
    plan: async (hostId, input) => {
      asked.push([hostId, input]);
      return plan;
    },
  });
  return { ...(await box.run(["runs", "plan", ...words])), asked };
};

describe("vetbox runs plan", () => {
  test("tells time, every disk's fate, and every command", async () => {
    const { code, out, asked } = await planned(["r07-u12", "--profile", "quick", "--destructive"]);
    expect(code).toBe(0);
    expect(asked).toEqual([["h1", { profile: "quick", destructive: true }]]);
    expect(out).toMatchInlineSnapshot(`
      "r07-u18, quick, DESTRUCTIVE: about 14 m, by the inventory of run 01ke9x4m7q2v

      STAGE      EXPECTED  LIMIT  STEPS
      Inventory  1 m       4 m    1
      Storage    13 m      28 m   2

      DISK      SIZE    MODEL             WHAT HAPPENS TO IT
      S6PW1234  480 GB  SAMSUNG MZ7LH480  WILL BE WIPED
      WFK2Z0AB  12 TB   ST12000NM0008     read only: the expected spec does not name it by its serial

      Inventory
        Reads what the server is made of; writes nothing

      Storage
        Looks for data on disk S6PW1234
        Writes and reads back 1 % of disk S6PW1234
          fio --name=surface "--filename=<disk S6PW1234>" --rw=write --verify=crc32c
      "
    `);
  });

  test("takes stages by their names in any case, and refuses one that is none", async () => {
    const { asked } = await planned(["r07-u12", "--stages", "smart, Memory"]);
    expect(asked).toEqual([["h1", { profile: "standard", destructive: false, stages: ["SMART", "Memory"] }]]);
    const wrong = await planned(["r07-u12", "--stages", "smart,disk"]);
    expect([wrong.code, wrong.asked.length]).toEqual([2, 0]);
    expect(wrong.err).toContain("There is no stage “disk”; there are InventoryCheck, SMART");
  });

  test("says when only the spec is known, and gives JSON", async () => {
    expect((await planned(["r07-u12"], { ...PLAN, from: null, disks: [] })).out).toContain(
      "the host was never looked at: by its spec alone",
    );
    expect(JSON.parse((await planned(["r07-u12", "--json"])).out)).toEqual(PLAN);
  });
});

describe("vetbox runs rejudge", () => {
  const check = { code: "smart.reallocated", component: "disk S1", message: "12 sectors were reallocated." } as const;
  const stage: RejudgedStage = {
    ...{ state: "SMART", title: "SMART", attempt: 1, reason: null, status: "failed" },
    checks: [{ ...check, verdict: "FAIL" }],
    changes: [{ before: { ...check, verdict: "WARN" }, now: { ...check, verdict: "FAIL" } }],
  };

  test("tells what is judged otherwise today, and ends with 1 when something fails", async () => {
    const box = await openBox({ rejudge: async () => [stage] });
    const { code, out } = await box.run(["runs", "rejudge", "01JD"]);
    expect(code).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "STAGE  TODAY   CHECKS  AGAINST THEN
      SMART  Failed  1       1 changed

      STAGE  COMPONENT  THEN     TODAY  BECAUSE
      SMART  disk S1    Warning  Fail   12 sectors were reallocated.
      "
    `);
    const good = await openBox({ rejudge: async () => [{ ...stage, status: "passed", changes: [] }] });
    expect((await good.run(["runs", "rejudge", "01JD"])).code).toBe(0);
  });
});

describe("vetbox runs override-wipe", () => {
  test("gives the desk every serial, and no default", async () => {
    const asked: unknown[] = [];
    const box = await openBox(
      {},
      {
        overrideWipe: async (runId, serials) => {
          asked.push([runId, serials]);
          return { ok: true, value: fakeSummary({ state: "Storage" }) };
        },
      },
    );
    const { code, out } = await box.run(["runs", "override-wipe", "01JD", "--disks", "S1, S2"]);
    expect([code, asked]).toEqual([0, [["01JDRUN0000000000000000001", ["S1", "S2"]]]]);
    expect(out).toContain("allowed  S1, S2");
    expect((await box.run(["runs", "override-wipe", "01JD"])).code).toBe(2);
    expect((await box.run(["runs", "override-wipe", "01JD", "--disks", ""])).code).toBe(2);
    expect(asked).toHaveLength(1);
  });
});
