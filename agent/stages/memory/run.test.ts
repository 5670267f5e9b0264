import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { needPackages } from "../../../test/setup/packages.ts";
import { settle } from "../../fakes/clock.ts";
import { fakeContext } from "../../fakes/stage-context.ts";
import { exited, fakeSystem, tableFiles } from "../../fakes/system.ts";
import { type Exec, type ExecResult, systemExec } from "../../system/exec.ts";
import { attemptFacts } from "./attempt.ts";
import { memoryArgv } from "./commands.ts";
import { moduleErrors } from "./module-errors.ts";
import { runMemory } from "./run.ts";

const MIB = 2 ** 20;
const PASS = await Bun.file(join(import.meta.dir, "fixtures/sat-pass.txt")).text();
const EDAC = "/sys/devices/system/edac/mc/mc0";
const meminfo = (availableMib: number): string =>
  `MemTotal:        ${1000 * 1024} kB\nMemAvailable:    ${availableMib * 1024} kB\n`;

/** 1000 MiB, 800 of them free; one module that a driver watches. */
const FILES: Readonly<Record<string, string>> = {
  "/proc/meminfo": meminfo(800),
  "/sys/devices/system/cpu/online": "0-1",
  [`${EDAC}/mc_name`]: "skx_edac",
  [`${EDAC}/ce_count`]: "5",
  [`${EDAC}/ue_count`]: "0",
  [`${EDAC}/dimm0/dimm_label`]: "DIMM_A1",
  [`${EDAC}/dimm0/dimm_ce_count`]: "5",
  [`${EDAC}/dimm0/dimm_ue_count`]: "0",
};
const ORDER = {
  ...{ loadS: 2, reserveMib: 100, reservePercent: 3 },
  installed: { slotCount: 1, populatedCount: 1, dimms: [{ slot: "DIMM A1", serial: "S1", populated: true }] },
};
const satOf = (mib: number, result: Partial<ExecResult> = {}): ExecResult => ({
  ...exited(PASS.replace("SAT, 64M", `SAT, ${mib}M`)),
  ...result,
});

const run = async (exec: Exec, during: (files: Record<string, string>) => void = () => undefined) => {
  const files = { ...FILES };
  const seen: { readonly line: string; readonly maxBytes: number | undefined }[] = [];
  const system = fakeSystem({
    files: tableFiles(files),
    exec: async (invocation, signal) => {
      seen.push({ line: invocation.argv.slice(0, 3).join(" "), maxBytes: invocation.confine?.memoryMaxBytes });
      during(files);
      await settle(); // the first sample is taken meanwhile
      return exec(invocation, signal);
    },
  });
  const context = fakeContext(system, ORDER);
  return { facts: await runMemory(context), seen, artifacts: [...context.artifacts.keys()] };
};

describe("runMemory", () => {
  test("tests what is available less the reserve, in a cell, and tells what was really held", async () => {
    const exec: Exec = async () => satOf(700, { confined: { oomKilled: false, peakBytes: 712 * MIB } });
    const { facts, seen, artifacts } = await run(exec);
    expect(seen).toEqual([{ line: "stressapptest -M 700", maxBytes: Math.round(700 * MIB * 1.01) + 64 * MIB }]);
    expect(facts).toMatchObject({ availableBytes: 800 * MIB, reservedBytes: 100 * MIB, testedBytes: 700 * MIB });
    expect(facts.attempts[0]).toMatchObject({ confined: true, heldBytes: 712 * MIB, ranS: 5.01 });
    expect(artifacts).toEqual([`stressapptest-${700 * MIB}.txt`]);
  });

  test("without a cell goes by how far the available memory dipped", async () => {
    const { facts } = await run(
      async () => satOf(700),
      (files) => {
        files["/proc/meminfo"] = meminfo(350);
      },
    );
    expect(facts.attempts[0]).toMatchObject({ confined: false, heldBytes: 450 * MIB });
    expect(facts.testedBytes).toBe(450 * MIB);
  });

  test("counts errors within the stage alone, by slot and serial", async () => {
    const { facts } = await run(
      async () => satOf(700),
      (files) => {
        files[`${EDAC}/ce_count`] = "8";
        files[`${EDAC}/dimm0/dimm_ce_count`] = "7";
      },
    );
    expect(facts.errors).toEqual([
      { component: "DIMM A1 S/N S1", corrected: 2, uncorrected: 0 },
      { component: "memory without a module's name", corrected: 1, uncorrected: 0 },
    ]);
  });

  test("killed for want of memory tries once more with 5 % less, and no third time", async () => {
    const oom = { end: "signalled", signal: "SIGKILL", exitCode: null, confined: { oomKilled: true } } as const;
    const { facts, seen } = await run(async () => satOf(700, oom));
    expect(seen.map(({ line }) => line)).toEqual(["stressapptest -M 700", "stressapptest -M 665"]);
    expect(facts.testedBytes).toBe(0);
    expect(facts.attempts.map(({ oomKilled }) => oomKilled)).toEqual([true, true]);
  });

  test("takes stress-ng where there is no stressapptest", async () => {
    const log = "stress-ng: metrc: [1] vm   307170      2.00      3.79      0.16    153372.31       77788.37\n";
    const absent: ExecResult = { ...exited(""), end: "absent", exitCode: null };
    const { facts, seen } = await run(async ({ argv }) => (argv[0] === "stressapptest" ? absent : exited("", 0, log)));
    expect(seen.map(({ line }) => line)).toEqual(["stressapptest -M 700", "stress-ng --vm 2"]);
    expect(facts.attempts).toHaveLength(1);
    expect(facts.attempts[0]).toMatchObject({ tool: "stress-ng", ranS: 2 });
  });
});

test("moduleErrors: nobody counts without a driver, before or after", () => {
  const one = [{ name: "mc0", correctedErrorCount: 0, uncorrectedErrorCount: 0, modules: [] }];
  expect(moduleErrors(ORDER.installed, undefined, undefined)).toBeUndefined();
  expect(moduleErrors(ORDER.installed, undefined, one)).toBeUndefined();
});

describe("the real stressapptest", () => {
  beforeAll(() => needPackages(["stressapptest"]));

  test("is started as the plan says and its report is read", async () => {
    const result = await systemExec({ argv: memoryArgv("stressapptest", 64 * MIB, 2, 2), timeoutMs: 60_000 });
    const facts = attemptFacts({ tool: "stressapptest", askedBytes: 64 * MIB, dipBytes: 0 }, result);
    expect(facts).toMatchObject({ end: "exited", exitCode: 0, claimedBytes: 64 * MIB, incidentCount: 0, failures: [] });
    expect(facts.ranS).toBeGreaterThanOrEqual(1.9);
  }, 60_000);
});
