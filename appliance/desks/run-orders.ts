/** The orders of a run's stages: what `core/orders.ts` decides, with what the record has for it. */
import * as v from "valibot";
import { Inventory } from "../../agent/wire/inventory.ts";
import { type Orders, orderStages } from "../core/orders.ts";
import type { RunRow } from "../core/record.ts";
import { parseSpec, type Spec } from "../core/spec/spec.ts";
import { loadHost } from "../store/hosts.ts";
import type { Db } from "../store/open.ts";
import { loadFacts } from "../store/results.ts";
import { loadClasses } from "../store/spec-classes.ts";
import type { Office } from "./office.ts";

/** What is expected of a host today; null without a spec, and for one that no longer parses: then nothing is expected, and nothing is written to. */
export const loadSpec = async (db: Db, hostId: string): Promise<Spec | null> => {
  const specYaml = (await loadHost(db, hostId))?.specYaml ?? null;
  if (specYaml === null) return null;
  const spec = parseSpec(specYaml, await loadClasses(db));
  return spec.ok ? spec.value : null;
};

/** The inventory that a run posted, if it has a good one. */
export const loadInventory = async (db: Db, runId: string): Promise<Inventory | null> => {
  const inventory = v.safeParse(Inventory, await loadFacts(db, runId, "InventoryCheck"));
  return inventory.success ? inventory.output : null;
};

/** The orders as they would be given now: by today's spec and by the run's own inventory, or the one given. */
export const ordersOf = async (
  office: Office,
  db: Db,
  run: RunRow,
  found: Inventory | null = null,
): Promise<Orders> => {
  const { plan, profile, destructive, hostId, id } = run;
  const hardware = (found ?? (await loadInventory(db, id)))?.hardware ?? null;
  return orderStages({ plan, profile, destructive, spec: await loadSpec(db, hostId), hardware }, office.stages.specOf);
};
