/** Stages of the simulated runs: the real Inventory, and small ones, so that a plan has a beginning, a middle, a wipe and a network measurement. */
import * as v from "valibot";
import { inventory } from "../../agent/stages/inventory/spec.ts";
import { defineStage, type StageSpec } from "../../agent/stages/stage.ts";
import type { Inventory } from "../../agent/wire/inventory.ts";
import type { StageState } from "../../agent/wire/names.ts";
import { UNEXPECTED_DATA } from "../../appliance/core/refused-disks.ts";
import type { StageBook } from "../../appliance/desks/office.ts";
import { inventoryWith } from "../setup/inventory.ts";

const Health = v.object({ healthy: v.boolean() });

const simple = <const S extends StageState>(state: S, expectedMs: number) =>
  defineStage({
    state,
    key: state.toLowerCase(),
    title: state,
    facts: Health,
    order: v.object({}),
    limits: {},
    packages: [],
    rules: [],
    orderOf: () => ({}),
    plan: () => ({ expectedMs, steps: [] }),
    judge: ({ healthy }) => [
      {
        code: "simulated.health",
        verdict: healthy ? "PASS" : "FAIL",
        component: "part 1",
        message: healthy ? "It works." : "It is broken.",
      },
    ],
    summarise: ({ healthy }) => (healthy ? "healthy" : "broken"),
  });

/** Storage as far as an override is about it: the disks on which its wipe probe found data. */
const storage = defineStage({
  ...simple("Storage", 90_000),
  state: "Storage",
  facts: v.object({ healthy: v.boolean(), found: v.optional(v.array(v.string()), []) }),
  judge: ({ healthy, found }) => [
    ...found.map((serial) => ({
      ...{ code: UNEXPECTED_DATA, verdict: "FAIL" as const, component: `disk ${serial}` },
      message: "It holds data.",
    })),
    ...simple("Storage", 0).judge({ healthy }, {}),
  ],
});

const SPECS: Partial<Record<StageState, StageSpec>> = {
  InventoryCheck: inventory,
  SMART: simple("SMART", 120_000),
  Storage: storage,
  Network: simple("Network", 60_000),
};

/** The stages of a simulated run. */
export const SIMULATED_BOOK: StageBook = {
  order: ["InventoryCheck", "SMART", "Storage", "Network"],
  specOf: (stage) => SPECS[stage],
};

/** The expected spec of every simulated host: one disk. */
export const SIMULATED_SPEC = "disks:\n  - { serial: DISK1, size: 1 TB }\n";

/** Facts of a good server, or of one whose disk is gone. */
const inventoryFacts = (diskThere: boolean): Inventory =>
  inventoryWith(
    {
      board: { manufacturer: "Example", product: "Server" },
      cpu: { model: "Example CPU", socketCount: 1, coreCount: 4, threadCount: 8, sockets: [] },
      memory: { installedBytes: 2 ** 33, visibleBytes: 2 ** 33 - 2 ** 28, slotCount: 2, populatedCount: 1, dimms: [] },
      disks: diskThere ? [{ name: "sda", serial: "DISK1", sizeBytes: 10 ** 12, transport: "sata" }] : [],
      nics: [{ name: "eno1", mac: "52:54:00:00:00:01", boot: true }],
    },
    [{ probe: "lsblk", status: "ok", durationMs: 10 }],
  );

/** What a stage's agent found, and whether a run may pass with it. */
export interface Finding {
  readonly good: boolean;
  readonly outcome: "measured" | "error";
  readonly facts?: unknown;
}

/** Every kind of finding of a stage, by what a technician would call it. */
export const findingOf = (stage: StageState, kind: "good" | "bad" | "data" | "nonsense" | "error"): Finding => {
  if (kind === "data") return { good: false, outcome: "measured", facts: { healthy: true, found: ["DISK1"] } };
  if (kind === "error") return { good: false, outcome: "error" };
  if (kind === "nonsense") return { good: false, outcome: "measured", facts: { healthy: "perhaps", cpu: 7 } };
  const good = kind === "good";
  const facts = stage === "InventoryCheck" ? inventoryFacts(good) : { healthy: good };
  return { good, outcome: "measured", facts };
};
