/** The part of a declaration that the firmware's tables tell: maker and serial numbers, memory modules, power supplies. */
import * as v from "valibot";
import { pathItem, printable, sizeBytes, whole } from "./declared-fields.ts";

const label = v.optional(printable(64));

/** Kinds of memory, with their byte in type 17 (SMBIOS 3.7, table 78). */
export const MEMORY_TYPES = { DDR3: 0x18, DDR4: 0x1a, DDR5: 0x22 } as const;
const memoryTypes = Object.keys(MEMORY_TYPES) as (keyof typeof MEMORY_TYPES)[];

const MODULE_FIELDS = [
  "manufacturer",
  "part",
  "serial",
  "type",
  "speedMTs",
  "configuredMTs",
  "ecc",
  "rankCount",
] as const;
/** Type 17 counts in MiB. */
const MODULE_STEP_BYTES = 2 ** 20;

/** A slot for memory. Without a size nothing is in it, and it says nothing of a module. */
const DimmSchema = v.pipe(
  v.strictObject({
    slot: printable(32),
    bank: v.optional(printable(32)),
    size: v.optional(
      v.pipe(
        sizeBytes,
        v.check((bytes) => bytes % MODULE_STEP_BYTES === 0, "must be whole MiB"),
      ),
    ),
    type: v.optional(v.picklist(memoryTypes)),
    manufacturer: label,
    part: label,
    serial: label,
    speedMTs: v.optional(whole(1, 65_534)),
    configuredMTs: v.optional(whole(1, 65_534)),
    ecc: v.optional(v.boolean()),
    rankCount: v.optional(whole(1, 15)),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.size !== undefined) return;
    for (const field of MODULE_FIELDS)
      if (dataset.value[field] !== undefined)
        addIssue({ message: `an empty slot has no ${field}`, path: [pathItem(dataset.value, field)] });
  }),
);

/** What the firmware says of the server. QEMU itself fills in what is not declared. */
export const SmbiosSchema = v.strictObject({
  manufacturer: v.optional(printable(64), "Vetbox"),
  product: v.optional(printable(64), "Virtual server"),
  version: label,
  serial: label,
  uuid: v.optional(v.pipe(v.string(), v.toLowerCase(), v.uuid("must be a UUID"))),
  bios: v.optional(v.strictObject({ vendor: label, version: label, date: v.optional(printable(10)) })),
  board: v.optional(v.strictObject({ manufacturer: label, product: label, serial: label })),
  chassis: v.optional(v.strictObject({ manufacturer: label, serial: label })),
  processor: v.optional(v.strictObject({ manufacturer: label, version: label })),
  /** The slots for memory. Their sizes are what the firmware says; what the server has is `memoryMiB`. */
  dimms: v.optional(v.array(DimmSchema), []),
  oemStrings: v.optional(v.array(printable(64)), []),
});

/** What can be wrong with a power supply. */
export const PSU_FAULTS = ["absent", "failed", "input-lost"] as const;
/** A power supply: the firmware's table tells of it, and the BMC, if there is one, with a sensor and a FRU. */
export const PsuSchema = v.strictObject({
  name: printable(16),
  manufacturer: label,
  part: label,
  serial: label,
  maxW: v.optional(whole(1, 32_767)),
  /** What is wrong with it. */
  fault: v.optional(v.picklist(PSU_FAULTS)),
});
/** A slot for memory as declared; `size` is in bytes. */
export type DimmSpec = v.InferOutput<typeof DimmSchema>;
/** A power supply as declared. */
export type PsuSpec = v.InferOutput<typeof PsuSchema>;
