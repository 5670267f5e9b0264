/** Board, processors and memory as the inventory has them: SMBIOS and the kernel. */
import * as v from "valibot";
import { count, text } from "../fields.ts";

const label = v.optional(text(256));
const size = v.optional(count);
const number = v.optional(v.pipe(v.number(), v.finite()));

/** The system, its board, its chassis and its firmware (SMBIOS types 0, 1, 2, 3, 11). */
export const BoardFacts = v.object({
  manufacturer: label,
  product: label,
  /** Vendors put the machine's type or revision here. */
  version: label,
  sku: label,
  family: label,
  serial: label,
  uuid: label,
  boardManufacturer: label,
  boardProduct: label,
  boardVersion: label,
  boardSerial: label,
  chassisType: label,
  chassisSerial: label,
  assetTag: label,
  biosVendor: label,
  biosVersion: label,
  biosDate: label,
  /** What the maker had to say besides (type 11). */
  oemStrings: v.optional(v.array(text(256))),
});

/** One populated processor socket (SMBIOS type 4). */
export const SocketFacts = v.object({
  slot: text(256),
  model: label,
  manufacturer: label,
  serial: label,
  part: label,
  coreCount: size,
  enabledCoreCount: size,
  threadCount: size,
  maxMhz: number,
  /** Family, model and stepping as the firmware prints them. */
  signature: label,
});

/** The processors together (lscpu, `/proc/cpuinfo`), with one entry for each populated socket. */
export const CpuFacts = v.object({
  model: label,
  vendor: label,
  /** Sockets that the board has; populated ones are counted by `socketCount`. */
  socketsTotal: size,
  socketCount: count,
  coreCount: count,
  threadCount: count,
  /** Logical processors that the kernel uses now. */
  onlineCount: size,
  maxMhz: number,
  /** Revisions of the microcode in use; more than one means that processors differ. */
  microcode: v.optional(v.array(text(64))),
  sockets: v.array(SocketFacts),
});

/** One memory slot (SMBIOS type 17) with its error counts (EDAC). An empty slot has `populated` false and no data of a module. */
export const DimmFacts = v.object({
  slot: text(256),
  bank: label,
  populated: v.boolean(),
  sizeBytes: size,
  type: label,
  /** Only what is not plain DRAM: `NVDIMM-N`, `Intel Optane persistent memory`. */
  technology: label,
  formFactor: label,
  /** Mega-transfers per second: what the module can do, and what it runs at. */
  ratedMtps: size,
  configuredMtps: size,
  manufacturer: label,
  part: label,
  serial: label,
  rankCount: size,
  /** 72 and 64 bits: the eight more carry ECC. */
  totalWidthBits: size,
  dataWidthBits: size,
  correctedErrorCount: size,
  uncorrectedErrorCount: size,
});

/** The memory as a whole. */
export const MemoryFacts = v.object({
  /** Sum of the populated slots. */
  installedBytes: size,
  /** What the kernel sees (`MemTotal`). */
  visibleBytes: size,
  /** What the board can take (type 16). */
  maximumBytes: size,
  slotCount: count,
  populatedCount: count,
  /** `Multi-bit ECC`, `None`: what the firmware says it does (type 16). */
  errorCorrection: label,
  /** Error counts by memory controller (EDAC). Absent when no driver watches: then nobody counts. */
  controllers: v.optional(
    v.array(
      v.object({
        name: text(64),
        driver: label,
        correctedErrorCount: count,
        uncorrectedErrorCount: count,
        /** Modules with errors whose name is no slot's: `CPU_SrcID#0_MC#1_Chan#0_DIMM#0`. */
        unplaced: v.optional(
          v.array(v.object({ label: text(256), correctedErrorCount: count, uncorrectedErrorCount: count })),
        ),
      }),
    ),
  ),
  dimms: v.array(DimmFacts),
});

export type BoardFacts = v.InferOutput<typeof BoardFacts>;
export type SocketFacts = v.InferOutput<typeof SocketFacts>;
export type CpuFacts = v.InferOutput<typeof CpuFacts>;
export type DimmFacts = v.InferOutput<typeof DimmFacts>;
export type MemoryFacts = v.InferOutput<typeof MemoryFacts>;
