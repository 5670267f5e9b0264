/**
 * Memory slots (SMBIOS types 16 and 17; on boards of the nineties and some after, types 5 and 6). Pure.
 *
 * Type 17 describes more than the memory that programs use: the firmware's own flash, a board's video memory. Neither is a memory slot.
 */
import type { DimmFacts } from "../../wire/hardware/board.ts";
import { cleanLabel, cleanText, present } from "../label.ts";
import type { Structure } from "./structures.ts";
import { bitsOf, countOf, type Fields, placeNames, sizeOf, transferRateOf } from "./values.ts";

/** One memory slot as the firmware describes it. */
export type SmbiosSlot = Omit<DimmFacts, "correctedErrorCount" | "uncorrectedErrorCount"> & {
  /** Of the size, what outlives a power cut. */
  readonly nonVolatileBytes?: number;
};

/** The memory together; null where no structure tells. */
export interface SmbiosMemory {
  readonly slotCount: number | null;
  readonly slotsPopulated: number | null;
  /** Sum of all modules that tell their size, non-volatile ones included; null when none does. */
  readonly totalBytes: number | null;
  readonly nonVolatileBytes?: number;
  /** What the board can take. */
  readonly maximumBytes?: number;
  readonly errorCorrection?: string;
  readonly slots: readonly SmbiosSlot[];
}

/** Types of a type 17 and uses of its type 16 that are no main memory. */
const NOT_MEMORY_TYPES = new Set(["Flash", "ROM", "EEPROM", "FEPROM", "EPROM", "VRAM"]);
const NOT_MEMORY_USES = new Set(["Flash Memory", "Video Memory", "Cache Memory"]);

/** Undefined for none, and for a total that no memory has. */
const sum = (values: readonly number[]): number | undefined => {
  const total = values.reduce((all, value) => all + value, 0);
  return values.length > 0 && Number.isSafeInteger(total) ? total : undefined;
};

/** Technologies but for the one that everything has unless it says otherwise. */
const technologyOf = (fields: Fields): string | undefined => {
  const technology = cleanLabel(fields.get("Memory Technology"));
  return technology === "DRAM" ? undefined : technology;
};

/** A slot whose module tells no size has one all the same when the firmware knows who made it. */
const hasModule = (fields: Fields): boolean =>
  !/^(?:no module|not installed|none)/i.test(fields.get("Size") ?? "") &&
  ["Manufacturer", "Part Number", "Serial Number"].some((key) => cleanLabel(fields.get(key)) !== undefined);

const slotOf = ({ fields }: Structure, slot: string, bank: string | undefined): SmbiosSlot => {
  const sizeBytes = sizeOf(fields.get("Size")) || undefined; // 0 MB is an empty slot, too
  const populated = sizeBytes === undefined ? sizeOf(fields.get("Size")) !== 0 && hasModule(fields) : true;
  const place = { slot, ...present({ bank }) };
  if (!populated) return { ...place, populated };
  return {
    ...place,
    populated,
    ...present({
      sizeBytes,
      nonVolatileBytes: sizeOf(fields.get("Non-Volatile Size")) || undefined,
      technology: technologyOf(fields),
      type: cleanLabel(fields.get("Type")),
      formFactor: cleanLabel(fields.get("Form Factor")),
      ratedMtps: transferRateOf(fields.get("Speed")),
      configuredMtps: transferRateOf(fields.get("Configured Memory Speed") ?? fields.get("Configured Clock Speed")),
      manufacturer: cleanLabel(fields.get("Manufacturer")),
      part: cleanLabel(fields.get("Part Number")),
      serial: cleanLabel(fields.get("Serial Number")),
      rankCount: countOf(fields.get("Rank")),
      totalWidthBits: bitsOf(fields.get("Total Width")),
      dataWidthBits: bitsOf(fields.get("Data Width")),
    }),
  };
};

/** Slots by type 17. */
const slotsOf = (devices: readonly Structure[]): readonly SmbiosSlot[] => {
  const banks = devices.map(({ fields }) => cleanLabel(fields.get("Bank Locator")));
  const names = placeNames(
    devices.map(({ fields }, i) => ({
      // "NO DIMM" as a locator is not a name, but an empty slot has to be called something.
      locator: cleanLabel(fields.get("Locator"), 120) ?? "slot",
      bank: cleanText(banks[i] ?? "", 100),
    })),
  );
  return devices.map((device, i) => slotOf(device, names[i] ?? "slot", banks[i]));
};

/** Slots by type 6: `Installed Size: 512 MB (Single-bank Connection)`; `Disabled` and `Not Determinable` are modules, too (SMBIOS 3.7, 7.7.2). */
const oldSlotsOf = (modules: readonly Structure[]): readonly SmbiosSlot[] => {
  const names = placeNames(
    modules.map(({ fields }) => ({ locator: cleanLabel(fields.get("Socket Designation"), 120) ?? "slot", bank: "" })),
  );
  return modules.map(({ fields }, i): SmbiosSlot => {
    const installed = fields.get("Installed Size");
    const sizeBytes = sizeOf(installed) || undefined;
    const slot = names[i] ?? "slot";
    if (sizeBytes === undefined && !/^(?:disabled|not determinable)/i.test(installed ?? ""))
      return { slot, populated: false };
    return { slot, populated: true, ...present({ sizeBytes, type: cleanLabel(fields.get("Type")) }) };
  });
};

/** What all arrays say they do; `None` is an answer here. */
const errorCorrectionOf = (arrays: readonly Structure[]): string | undefined => {
  const said = arrays.map(({ fields }) => {
    const kind = fields.get("Error Correction Type");
    return kind === "None" ? kind : cleanLabel(kind);
  });
  const kinds = [...new Set(said.filter((kind) => kind !== undefined))];
  return kinds.length === 0 ? undefined : kinds.join(", ").slice(0, 256);
};

/** Every memory slot of the table. */
export const memoryOf = (structures: readonly Structure[]): SmbiosMemory => {
  const ofType = (type: number) => structures.filter((one) => one.type === type);
  const [others, arrays] = [new Set<string>(), [] as Structure[]];
  for (const array of ofType(16)) {
    if (NOT_MEMORY_USES.has(array.fields.get("Use") ?? "")) others.add(Number(`0x${array.handle}`).toString());
    else arrays.push(array);
  }
  // A structure that is cut off before its size says nothing about itself.
  const devices = ofType(17).filter(
    ({ fields }) =>
      fields.has("Size") &&
      !NOT_MEMORY_TYPES.has(fields.get("Type") ?? "") &&
      !others.has(Number(fields.get("Array Handle")).toString()),
  );
  const modules = devices.length > 0 ? [] : ofType(6).filter(({ fields }) => fields.has("Installed Size"));
  const slots = devices.length > 0 ? slotsOf(devices) : oldSlotsOf(modules);
  const told = slots.length > 0;
  const capacities =
    arrays.length > 0
      ? arrays.map(({ fields }) => sizeOf(fields.get("Maximum Capacity")))
      : ofType(5).map(({ fields }) => sizeOf(fields.get("Maximum Total Memory Size")));
  return {
    slotCount: told ? slots.length : null,
    slotsPopulated: told ? slots.filter((slot) => slot.populated).length : null,
    totalBytes: sum(slots.flatMap((slot) => slot.sizeBytes ?? [])) ?? null,
    ...present({
      nonVolatileBytes: sum(slots.flatMap((slot) => slot.nonVolatileBytes ?? [])),
      maximumBytes: sum(capacities.flatMap((size) => size || [])),
      errorCorrection: errorCorrectionOf(arrays),
    }),
    slots,
  };
};
