/**
 * `dmidecode` text to what the firmware says of a server (SMBIOS 3.7, types 0 to 6, 9, 11, 16, 17, 38 and 39).
 *
 * Pure and total: one pass over the lines, then a look at each type. What is not understood is absent, and so is what a vendor left as a
 * placeholder; the few facts that every reader asks for are null instead, so that their absence is told.
 */
import type { PsuFacts } from "../../wire/hardware/management.ts";
import type { SlotFacts } from "../../wire/hardware/pci.ts";
import { present } from "../label.ts";
import { type Parsed, understood } from "../parsed.ts";
import { expansionSlotsOf, ipmiOf, powerSuppliesOf, type SmbiosIpmi } from "./fittings.ts";
import { memoryOf, type SmbiosMemory } from "./memory.ts";
import { processorsOf, type SmbiosProcessors } from "./processors.ts";
import { parseStructures } from "./structures.ts";
import {
  biosOf,
  boardOf,
  chassisOf,
  oemStringsOf,
  type SmbiosBios,
  type SmbiosBoard,
  type SmbiosChassis,
  type SmbiosSystem,
  systemOf,
} from "./system.ts";

/** What one dmidecode output says. */
export interface SmbiosFacts {
  readonly system: SmbiosSystem;
  readonly bios: SmbiosBios;
  readonly board: SmbiosBoard;
  readonly chassis: SmbiosChassis;
  readonly cpu: SmbiosProcessors;
  readonly memory: SmbiosMemory;
  readonly slots: readonly SlotFacts[];
  readonly oemStrings: readonly string[];
  readonly ipmi?: SmbiosIpmi;
  readonly psus: readonly PsuFacts[];
  /** Structures seen, of any type. */
  readonly structureCount: number;
  /** The table was printed to its end. */
  readonly complete: boolean;
}

/** Reads the output of `dmidecode`. */
export const parseDmidecode = (text: string): Parsed<SmbiosFacts> => {
  const table = parseStructures(text);
  if (!table.ok) return table;
  const { structures, complete } = table.facts;
  return understood({
    system: systemOf(structures),
    bios: biosOf(structures),
    board: boardOf(structures),
    chassis: chassisOf(structures),
    cpu: processorsOf(structures),
    memory: memoryOf(structures),
    slots: expansionSlotsOf(structures),
    oemStrings: oemStringsOf(structures),
    ...present({ ipmi: ipmiOf(structures) }),
    psus: powerSuppliesOf(structures),
    structureCount: structures.length,
    complete,
  });
};
