/**
 * Each fault of a server is found by the stage that should find it: one server with something wrong for every stage is held by each in turn, its fault is
 * taken away, the stage is tried again, and at the end it has passed them all.
 */
import { expect, test } from "bun:test";
import { stringify } from "yaml";
import type { StageState } from "../../agent/wire/names.ts";
import type { RunView } from "../../appliance/core/views.ts";
import { EMULATED_DISKS } from "../box/short-limits.ts";
import { macOf, type VirtualServer } from "../box/virtual-server.ts";
import type { FaultDeclaration } from "../rack/declared-faults.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";

const MIB = 2 ** 20;
const NUMBER = 71;
const MAC = macOf(NUMBER);
/** Nothing is in it: its port alone reports an error. */
const EMPTY_SLOT = 2;
/** A rail in order, and one that is off; a tenth of a volt is a sensor's step. */
const RAIL_V = { well: 12.1, low: 9.9 } as const;
/** A cable that carries this still carries heartbeats. */
const BAD_CABLE = { rateMbps: 3 } as const;

/** The load is longer than the agent's longest silence, so that a fault comes within it. */
const LIMITS = {
  smart: { pollS: 1 },
  cpu: { loadS: 20 },
  storage: {
    // Emulated drives are as fast as the machine below them; the slow one is virtual, whose floor is its own.
    ...EMULATED_DISKS,
    ...{ samplePercent: 100, randomS: 2, hddFloorMBps: 0, ssdFloorMBps: 0, nvmeFloorMBps: 0 },
    ...{ hddIops: 0, ssdIops: 0, nvmeIops: 0, virtualIops: 0, virtualFloorMBps: 0.2 },
  },
  network: { loadS: 3, warmUpS: 1, floorMbps: 10 },
  psu: { idleS: 2, loadS: 4 },
} as const;

/** What goes wrong for a stage, what finds it, and how it is made well. */
interface Trial {
  readonly stage: StageState;
  /** Made before the stage begins, unless they are declared. */
  readonly before?: readonly FaultDeclaration[];
  /** Made while the stage says this of itself. */
  readonly during?: { readonly note: RegExp; readonly faults: readonly FaultDeclaration[] };
  /** Code and component of each check that must fail, with a part of its words. */
  readonly finds: readonly (readonly [code: string, component: string | RegExp, words?: string])[];
  readonly heals: readonly FaultDeclaration[];
}

const TRIALS: readonly Trial[] = [
  {
    stage: "SMART",
    finds: [
      ["smart.pending", "disk FPENDING"],
      ["smart.self-test", "disk FPENDING", "2048"],
      ["smart.health", "disk FFAILING"],
      ["smart.nvme-critical-warning", "disk FNVME"],
    ],
    heals: [
      { kind: "drive", disk: "FPENDING", pending: 0, selfTest: { outcome: "passed" } },
      { kind: "drive", disk: "FFAILING", failing: false },
      { kind: "nvme-warning", disk: "FNVME", warnings: [] },
    ],
  },
  {
    stage: "CPUStress",
    during: {
      note: /under load/,
      faults: [
        { kind: "mce", cpu: 1, address: "0x12345000" },
        { kind: "aer", slot: EMPTY_SLOT, error: "COMP_TIME" },
        { kind: "sel", event: "memory-uncorrected-ecc" },
      ],
    },
    finds: [
      ["watch.machine-check", "CPU 1 bank 9"],
      ["watch.pcie-uncorrected", /^PCIe 0000:/],
      ["watch.event-log", /^BMC event Memory/, "A memory error that was not corrected"],
    ],
    heals: [],
  },
  {
    stage: "Storage",
    before: [
      { kind: "io-error", disk: "FBAD", at: 20 * MIB, length: 4096, on: "read" },
      { kind: "speed", disk: "FSLOW", bytesPerS: 100_000 },
      { kind: "dead", disk: "FDEAD" },
      { kind: "drive", disk: "FPENDING", mediumErrors: [{ at: 2 * MIB, length: 4096 }] },
    ],
    finds: [
      ["storage.surface", "disk FBAD", "1 error in read"],
      ["storage.surface", "disk FDEAD", "errors in read"],
      ["storage.surface", "disk FPENDING", `byte ${2 * MIB} could not be read`],
      ["storage.speed", "disk FSLOW"],
      ["watch.disk-errors", /^disk /],
    ],
    heals: [
      { kind: "heal", disk: "FBAD" },
      { kind: "heal", disk: "FSLOW" },
      { kind: "heal", disk: "FDEAD" },
      { kind: "drive", disk: "FPENDING", mediumErrors: [] },
    ],
  },
  {
    stage: "Network",
    before: [{ kind: "cable", ...BAD_CABLE }],
    finds: [["network.throughput", `NIC ${MAC}`]],
    heals: [{ kind: "cable" }],
  },
  {
    stage: "PSU",
    before: [
      { kind: "psu", psu: "PSU2", fault: "input-lost" },
      { kind: "sensor", sensor: "12V", reading: RAIL_V.low },
    ],
    finds: [
      ["psu.status", /^PSU 2/],
      ["psu.rails", "voltage 12V"],
    ],
    heals: [
      { kind: "psu", psu: "PSU2" },
      { kind: "sensor", sensor: "12V", reading: RAIL_V.well },
    ],
  },
];

const faultyServer = (): VirtualServer => ({
  mac: MAC,
  declaration: {
    ...{ name: "faulty", firmware: "bios", memoryMiB: 1280, nics: [{ mac: MAC }] },
    slots: [{ number: EMPTY_SLOT, name: "PCIe Slot 2" }],
    disks: [
      {
        ...{ serial: "FPENDING", size: "32 MiB", bus: "sas", wwn: "0x5000c500a1b2c3d4" },
        drive: { protocol: "ata", pending: 8, selfTest: { outcome: "read-failure", failingAt: MIB } },
      },
      { serial: "FFAILING", size: "32 MiB", bus: "scsi", drive: { failing: true } },
      { serial: "FNVME", size: "32 MiB", bus: "nvme", faults: { warnings: ["reliability"] } },
      { serial: "FBAD", size: "32 MiB", bus: "sata", rotational: false },
      { serial: "FDEAD", size: "32 MiB", bus: "virtio" },
      { serial: "FSLOW", size: "2 MiB", bus: "virtio" },
    ],
    psus: [1, 2].map((psu) => ({ name: `PSU${psu}`, manufacturer: "Delta", serial: `DELTAF${psu}`, maxW: 750 })),
    bmc: {
      sensors: [{ name: "12V", kind: "voltage", reading: RAIL_V.well, lowerCritical: 10.8, upperCritical: 13.2 }],
    },
  },
  specYaml: stringify({ limits: LIMITS }),
});

/** The checks that failed a stage, each as one line. */
const failedChecks = (run: RunView, stage: StageState): readonly string[] =>
  (run.stages.find(({ state }) => state === stage)?.checks ?? [])
    .filter(({ verdict }) => verdict === "FAIL")
    .map(({ code, component, message }) => `${code} | ${component} | ${message}`);

const expectFound = (lines: readonly string[], finds: Trial["finds"]): void => {
  for (const [code, component, words = ""] of finds) {
    const own = lines.filter((line) => {
      const [lineCode, lineComponent = ""] = line.split(" | ");
      const fits = typeof component === "string" ? component === lineComponent : component.test(lineComponent);
      return lineCode === code && fits;
    });
    expect(own.join("\n"), `${code} ${component} among ${lines.join("\n")}`).toContain(words === "" ? code : words);
  }
};

test(
  "a server with a fault for each stage is held by each of them, with the part named, and completes when all are healed",
  async () => {
    await using place = await openPlace();
    const server = faultyServer();
    const placed = await place.place(server);
    const { api } = place.box;
    const stages = TRIALS.map(({ stage }) => stage);
    const runId = await place.run(server, server.specYaml, { stages });
    const isOver = (run: RunView): boolean => run.state === "FailedHolding" || run.state === "Completed";
    for (const [index, { stage, during, finds, heals }] of TRIALS.entries()) {
      if (during !== undefined) {
        const isUnderWay = (run: RunView): boolean =>
          isOver(run) || (run.state === stage && during.note.test(run.note ?? ""));
        await api.until(runId, `${stage} under way`, isUnderWay, BOOT_LIMIT_MS);
        for (const fault of during.faults) await placed.fault(fault);
      }
      const held = await api.until(runId, `hold by ${stage}`, isOver, BOOT_LIMIT_MS);
      const failed = failedChecks(held, stage);
      expect(
        [held.verdict, held.failure?.code, held.failure?.state],
        [held.failure?.message, ...failed].join("\n"),
      ).toEqual(["held", "stage-failed", stage]);
      expectFound(failed, finds);
      for (const fault of [...heals, ...(TRIALS[index + 1]?.before ?? [])]) await placed.fault(fault);
      await api.decide(runId, "retry");
    }
    const run = await api.until(runId, "its end", isOver, BOOT_LIMIT_MS);
    const left = run.stages.flatMap(({ state }) => (state === "SpecValidate" ? [] : failedChecks(run, state)));
    expect([...left, run.failure?.message, run.state]).toEqual([undefined, "Completed"]);
    expect(
      run.stages
        .filter(({ state }) => stages.some((stage) => stage === state))
        .map(({ state, attempts }) => [state, attempts.map(({ reason }) => reason)]),
    ).toEqual(stages.map((stage) => [stage, ["first", "retry"]]));
    expect(await placed.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
  },
  TEST_LIMIT_MS,
);
