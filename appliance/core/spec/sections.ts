/** The grammar of a spec: every section with its fields, one table each. Parser, comparison, JSON Schema and reference are made from them. Pure. */
import type { BoardFacts, CpuFacts, DimmFacts, MemoryFacts } from "../../../agent/wire/hardware/board.ts";
import type { BmcFacts, FanFacts, PsuFacts } from "../../../agent/wire/hardware/management.ts";
import { FIRMWARE, type Fields, field } from "./field.ts";

const DMI = "dmidecode";
const part = "board-part";

/** The machine and its firmware. */
export const BOARD: Fields<BoardFacts> = {
  serial: field("serial", "serial", DMI, (b) => b.serial, "board-serial"),
  product: field("text", "product", DMI, (b) => b.product, "board-product"),
  manufacturer: field("text", "manufacturer", DMI, (b) => b.manufacturer, "board-manufacturer"),
  uuid: field("text", "UUID", DMI, (b) => b.uuid, "board-serial"),
  version: field("text", "version", DMI, (b) => b.version, part),
  sku: field("text", "SKU", DMI, (b) => b.sku, part),
  family: field("text", "family", DMI, (b) => b.family, part),
  boardManufacturer: field("text", "board's manufacturer", DMI, (b) => b.boardManufacturer, part),
  boardProduct: field("text", "board's product", DMI, (b) => b.boardProduct, part),
  boardVersion: field("text", "board's version", DMI, (b) => b.boardVersion, part),
  boardSerial: field("serial", "board's serial", DMI, (b) => b.boardSerial, part),
  chassisType: field("text", "chassis type", DMI, (b) => b.chassisType, part),
  chassisSerial: field("serial", "chassis serial", DMI, (b) => b.chassisSerial, part),
  assetTag: field("text", "asset tag", DMI, (b) => b.assetTag, part),
  biosVendor: field("text", "BIOS vendor", DMI, (b) => b.biosVendor, "firmware-other"),
  biosVersion: field("version", "BIOS version", DMI, (b) => b.biosVersion, FIRMWARE),
  biosDate: field("version", "BIOS date", DMI, (b) => b.biosDate, FIRMWARE),
};

const counted = (n: number): number | undefined => (n > 0 ? n : undefined); // nothing to count from

/** The processors, all sockets together. */
export const CPU: Fields<CpuFacts> = {
  sockets: field("count", "number of CPU sockets", "lscpu", (c) => counted(c.socketCount), {
    less: "cpu-sockets-fewer",
    more: "cpu-sockets-more",
  }),
  cores: field("count", "number of CPU cores", "lscpu", (c) => counted(c.coreCount), {
    less: "cpu-cores-fewer",
    more: "cpu-cores-more",
  }),
  threads: field("count", "number of CPU threads", "lscpu", (c) => counted(c.threadCount), {
    less: "cpu-threads-fewer",
    more: "cpu-threads-more",
  }),
  model: field("text", "model", "lscpu", (c) => c.model, "cpu-model"),
  vendor: field("text", "vendor", "lscpu", (c) => c.vendor, "cpu-model"),
  maxMhz: field(
    "figure",
    "top frequency",
    "lscpu",
    (c) => c.maxMhz,
    { less: "cpu-slower", more: "cpu-faster" },
    { unit: "MHz" },
  ),
  microcode: field("version", "microcode", "cpuinfo", (c) => c.microcode, FIRMWARE),
};

const populated = ({ dimms }: MemoryFacts): readonly DimmFacts[] => dimms.filter((dimm) => dimm.populated);

/** What each of several modules tells; undefined when one of them does not. */
const ofAll = (memory: MemoryFacts, of: (dimm: DimmFacts) => number | undefined): readonly number[] | undefined => {
  const values = populated(memory).map(of);
  const told = values.filter((value) => value !== undefined);
  return told.length === 0 || told.length < values.length ? undefined : told;
};

const SPEED = { less: "dimm-slower", more: "dimm-faster" } as const;

/** The memory as a whole; its total and its number of modules are compared together, in `diff-memory.ts`. */
export const MEMORY: Fields<MemoryFacts> = {
  errorCorrection: field("text", "error correction", DMI, (m) => m.errorCorrection, "memory-ecc"),
  speedMtps: field("figure", "speed", DMI, (m) => ofAll(m, (d) => d.configuredMtps), SPEED, { unit: "MT/s" }),
};

/** One module. */
export const MODULE: Fields<DimmFacts> = {
  size: field("memory", "size", DMI, (d) => d.sizeBytes, "dimm-size", { same: "sizeBytes" }),
  sizeBytes: field("count", "size in bytes", DMI, (d) => d.sizeBytes, "dimm-size", { same: "size" }),
  part: field("text", "part number", DMI, (d) => d.part, "dimm-part"),
  serial: field("serial", "serial", DMI, (d) => d.serial, "dimm-part"),
  manufacturer: field("text", "manufacturer", DMI, (d) => d.manufacturer, "dimm-part"),
  type: field("text", "type", DMI, (d) => d.type, "dimm-part"),
  rankCount: field("count", "number of ranks", DMI, (d) => d.rankCount, "dimm-part"),
  speedMtps: field("figure", "speed", DMI, (d) => d.configuredMtps, SPEED, { unit: "MT/s" }),
  ratedMtps: field("figure", "rated speed", DMI, (d) => d.ratedMtps, SPEED, { unit: "MT/s" }),
};

/** The fans together. */
export const FANS: Fields<readonly FanFacts[]> = {
  count: field("count", "number of fans", "ipmitool", (fans) => counted(fans.length), {
    less: "fans-fewer",
    more: "fans-more",
  }),
};

/** The management controller. */
export const BMC: Fields<BmcFacts> = {
  manufacturer: field("text", "manufacturer", "ipmitool", (b) => b.manufacturer, "bmc-part"),
  product: field("text", "product", "ipmitool", (b) => b.product, "bmc-part"),
  firmware: field("version", "firmware", "ipmitool", (b) => b.firmware, FIRMWARE),
  ipmiVersion: field("version", "IPMI version", "ipmitool", (b) => b.ipmiVersion, "bmc-part"),
  mac: field("text", "MAC address", "ipmitool", (b) => b.mac, "bmc-part"),
  address: field("text", "address", "ipmitool", (b) => b.address, "bmc-part"),
  addressSource: field("text", "address source", "ipmitool", (b) => b.addressSource, "bmc-part"),
  productSerial: field("serial", "product serial", "ipmitool", (b) => b.productSerial, "bmc-part"),
  boardSerial: field("serial", "board serial", "ipmitool", (b) => b.boardSerial, "bmc-part"),
  chassisSerial: field("serial", "chassis serial", "ipmitool", (b) => b.chassisSerial, "bmc-part"),
};

/** One power supply. */
export const PSU: Fields<PsuFacts> = {
  name: field("text", "name", "ipmitool", (p) => p.name, "psu-part"),
  serial: field("serial", "serial", "ipmitool", (p) => p.serial, "psu-part"),
  part: field("text", "part number", "ipmitool", (p) => p.part, "psu-part"),
  manufacturer: field("text", "manufacturer", "ipmitool", (p) => p.manufacturer, "psu-part"),
  model: field("text", "model", "ipmitool", (p) => p.model, "psu-part"),
  maxW: field("figure", "power", "ipmitool", (p) => p.maxW, "psu-part", { unit: "W" }),
};
