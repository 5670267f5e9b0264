/** Inventories of recorded servers, as their probes read them again. */
import { join } from "node:path";
import { fakeSystem } from "../../agent/fakes/system.ts";
import { runInventory } from "../../agent/stages/inventory/run.ts";
import { loadRecording, replaySystem } from "../../agent/system/recording.ts";
import type { Inventory } from "../../agent/wire/inventory.ts";
import { ROOT } from "./sources.ts";

/** The recorded servers. */
export const RECORDED = ["dell-r640", "hp-dl360-g5", "supermicro-1014s"] as const;

/** The inventory of a recorded server. */
export const inventoryOf = (name: (typeof RECORDED)[number]): Promise<Inventory> =>
  runInventory({
    system: replaySystem(loadRecording(join(ROOT, "agent/stages/inventory/fixtures", name)), fakeSystem(), 0),
    farewell: fakeSystem().exec,
    attempt: 1,
    signal: new AbortController().signal,
    bootMac: null,
    order: {},
    grant: null,
    progress: () => undefined,
    artifact: () => undefined,
    log: () => undefined,
  });
