/**
 * What QEMU's own options cannot say of a server, as structures of the firmware's table (DSP0134, SMBIOS 3.7): OEM strings (type 11), slots (9),
 * memory (16, 17), power supplies (39). Pure. QEMU takes one structure a file, and then makes none of that type itself.
 */
import type { ServerSpec, SlotSpec } from "./declaration.ts";
import { type DimmSpec, MEMORY_TYPES, type PsuSpec } from "./declared-smbios.ts";

/** One structure, as a file for QEMU. */
export interface SmbiosStructure {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A field: an integer of so many bytes, least significant first, or a string. */
type Field = readonly [bytes: 1 | 2 | 4 | 8, value: number] | readonly ["string", string | undefined];

const HEADER_BYTES = 4;
/** Handles that say nothing: none, and "the firmware keeps no such record" (7.17, 7.18). */
const NO_HANDLE = 0xffff;
const NO_ERROR_RECORD = 0xfffe;
/** The handle by which QEMU's own type 19 names the memory array. */
const MEMORY_ARRAY = 0x1000;
/** Handles of one type lie together, where QEMU has none of its own. */
const HANDLES = { slot: 0x0900, oemStrings: 0x0e00, dimm: 0x1100, psu: 0x2700 } as const;
const MIB = 2 ** 20;

/** A structure: the formatted part, then its strings, each and the whole ended by a zero byte (6.1.3). */
export const encodeStructure = (type: number, handle: number, fields: readonly Field[]): Uint8Array => {
  const formatted: number[] = [];
  const strings: string[] = [];
  for (const [kind, value] of fields)
    if (kind === "string") formatted.push(value === undefined ? 0 : strings.push(value));
    else for (let i = 0, rest = value; i < kind; i += 1, rest = Math.floor(rest / 256)) formatted.push(rest % 256);
  const header = [type, HEADER_BYTES + formatted.length, handle % 256, handle >> 8];
  const text = strings.length === 0 ? "\0\0" : `${strings.join("\0")}\0\0`;
  return Uint8Array.from([...header, ...formatted, ...Buffer.from(text, "latin1")]);
};

/** Type 9 (7.10): a slot of PCI Express 3 with 16 lanes. The bus behind it has the slot's rank: the firmware numbers buses in their order. */
const encodeSlot = (slot: SlotSpec, spec: ServerSpec): Uint8Array => {
  const inUse = [...spec.nics, ...spec.disks].some((part) => part.slot === slot.number);
  const bus = 1 + spec.slots.filter(({ number }) => number < slot.number).length;
  return encodeStructure(9, HANDLES.slot + slot.number, [
    ["string", slot.name],
    [1, 0xb6], // PCI Express 3, x16
    [1, 0x0d], // 16 lanes
    [1, inUse ? 0x04 : 0x03],
    [1, 0x04], // long
    [2, slot.number],
    [1, 0x04], // provides 3.3 V
    [1, 0x01], // PME
    [2, 0], // segment
    [1, bus],
    [1, 0], // device 0, function 0
  ]);
};

/** What the board takes in each slot: as much as modules of its time have. */
const MAX_MODULE_KIB = 64 * 2 ** 20;

/** Type 16 (7.17). It corrects errors when every module can. */
const encodeMemoryArray = (dimms: readonly DimmSpec[]): Uint8Array => {
  const modules = dimms.filter(({ size }) => size !== undefined);
  const ecc = modules.length > 0 && modules.every((dimm) => dimm.ecc === true);
  const maxKiB = MAX_MODULE_KIB * dimms.length;
  const isLarge = maxKiB >= 0x8000_0000;
  return encodeStructure(16, MEMORY_ARRAY, [
    [1, 0x03], // on the system board
    [1, 0x03], // system memory
    [1, ecc ? 0x06 : 0x03], // multi-bit ECC, none
    [4, isLarge ? 0x8000_0000 : maxKiB],
    [2, NO_ERROR_RECORD],
    [2, dimms.length],
    [8, isLarge ? maxKiB * 1024 : 0],
  ]);
};

/** Sizes in MiB from here on stand in the extended field. */
const EXTENDED_SIZE = 0x7fff;
/** What boards write where a module's own words would be. */
const EMPTY_SLOT = "NO DIMM";

/** DDR4 would send the kernel to look for a module's own memory (SPD) on the board's bus, where it complains of finding none. */
const USUAL_TYPE = "DDR5";

/** Type 17 (7.18), as of version 2.8. */
const encodeDimm = (dimm: DimmSpec, index: number): Uint8Array => {
  const mib = (dimm.size ?? 0) / MIB;
  const populated = mib > 0;
  const label = (text: string | undefined): Field => ["string", populated ? text : EMPTY_SLOT];
  return encodeStructure(17, HANDLES.dimm + index, [
    [2, MEMORY_ARRAY],
    [2, NO_ERROR_RECORD],
    [2, populated ? (dimm.ecc === true ? 72 : 64) : 0xffff],
    [2, populated ? 64 : 0xffff],
    [2, Math.min(mib, EXTENDED_SIZE)],
    [1, 0x09], // DIMM
    [1, 0], // of no set
    ["string", dimm.slot],
    ["string", dimm.bank],
    [1, populated ? MEMORY_TYPES[dimm.type ?? USUAL_TYPE] : 0x02],
    [2, populated ? 0x0080 : 0x0004], // synchronous, unknown
    [2, dimm.speedMTs ?? 0],
    label(dimm.manufacturer),
    label(dimm.serial),
    ["string", undefined],
    label(dimm.part),
    [1, dimm.rankCount ?? 0],
    [4, mib >= EXTENDED_SIZE ? mib : 0],
    [2, dimm.configuredMTs ?? 0],
    [2, 0], // lowest, highest and configured voltage: unknown
    [2, 0],
    [2, 0],
  ]);
};

/** Bits 9:7 of a power supply's characteristics (7.40.1): its status. */
const PSU_STATUS = { ok: 3, critical: 5 } as const;
const UNKNOWN_POWER = 0x8000;

/** Type 39 (7.40): hot-replaceable, switching, of automatic input range. */
const encodePsu = (psu: PsuSpec, index: number): Uint8Array => {
  const isPresent = psu.fault !== "absent";
  const status = psu.fault === "failed" ? PSU_STATUS.critical : PSU_STATUS.ok;
  const unplugged = psu.fault === "input-lost" ? 0x04 : 0;
  const label = (text: string | undefined): Field => ["string", isPresent ? text : undefined];
  return encodeStructure(39, HANDLES.psu + index, [
    [1, 1], // of the one group that feeds the server
    ["string", psu.name],
    ["string", psu.name],
    label(psu.manufacturer),
    label(psu.serial),
    ["string", undefined],
    label(psu.part),
    ["string", undefined],
    [2, isPresent ? (psu.maxW ?? UNKNOWN_POWER) : UNKNOWN_POWER],
    [2, 0x01 | (isPresent ? 0x02 : 0) | unplugged | (0x04 << 3) | (isPresent ? status << 7 : 0x02 << 7) | (0x04 << 10)],
    [2, NO_HANDLE],
    [2, NO_HANDLE],
    [2, NO_HANDLE],
  ]);
};

/** Type 11 (7.12). */
const encodeOemStrings = (strings: readonly string[]): Uint8Array => {
  const text = Buffer.from(`${strings.join("\0")}\0\0`, "latin1");
  return Uint8Array.from([
    11,
    HEADER_BYTES + 1,
    HANDLES.oemStrings % 256,
    HANDLES.oemStrings >> 8,
    strings.length,
    ...text,
  ]);
};

/** A server's structures, in the order of the table. */
export const encodeSmbios = (spec: ServerSpec): readonly SmbiosStructure[] => {
  const { dimms, oemStrings } = spec.smbios;
  return [
    ...spec.slots.map((slot) => ({ name: `slot-${slot.number}`, bytes: encodeSlot(slot, spec) })),
    ...(oemStrings.length === 0 ? [] : [{ name: "oem-strings", bytes: encodeOemStrings(oemStrings) }]),
    ...(dimms.length === 0 ? [] : [{ name: "memory", bytes: encodeMemoryArray(dimms) }]),
    ...dimms.map((dimm, i) => ({ name: `dimm-${i}`, bytes: encodeDimm(dimm, i) })),
    ...spec.psus.map((psu, i) => ({ name: `psu-${i}`, bytes: encodePsu(psu, i) })),
  ];
};
