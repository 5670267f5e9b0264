/**
 * `dmidecode` text to board, processor and memory facts (SMBIOS 3.7, types 0, 1, 2, 4, 16 and 17).
 *
 * Pure and total: any text yields facts, and what is not understood is absent. One pass over the lines.
 */
import type { BoardFacts, CpuFacts, DimmFacts } from "../../wire/hardware/board.ts";
import { cleanLabel, cleanText, leadingCount, present } from "../label.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** What one dmidecode output says. */
export interface SmbiosFacts {
  /** Structures seen, of any type. None means that the firmware has no table. */
  readonly structureCount: number;
  readonly board: BoardFacts;
  /** Populated sockets. */
  readonly sockets: CpuFacts["sockets"];
  /** Every slot, also the empty ones. */
  readonly dimms: readonly DimmFacts[];
}

interface Structure {
  readonly type: number;
  readonly fields: ReadonlyMap<string, string>;
}

/** `Handle 0x0042, DMI type 17, 40 bytes`, in old versions with a full stop at the end. */
const HEADER = /^Handle 0x[0-9A-Fa-f]{1,8}, DMI type (\d{1,3}), /;
/** A field of a structure stands behind exactly one tab; two tabs are an entry of a list, which nothing here needs. */
const FIELD = /^\t([^\t:][^:]{0,99}):(?: (.*))?$/;

/** Splits the text into its structures. The first of two equal keys counts: later ones come from continued lists. */
const structuresOf = (text: string): readonly Structure[] => {
  const structures: Structure[] = [];
  let fields: Map<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const header = HEADER.exec(line);
    if (header !== null) {
      fields = new Map();
      structures.push({ type: Number(header[1]), fields });
      continue;
    }
    const field = FIELD.exec(line);
    const key = field?.[1];
    if (fields !== undefined && key !== undefined && !fields.has(key)) fields.set(key, field?.[2] ?? "");
  }
  return structures;
};

/** SMBIOS counts in powers of two and dmidecode prints that as kB, MB, GB, TB. */
const UNIT_BYTES: Readonly<Record<string, number>> = {
  bytes: 1,
  kB: 2 ** 10,
  KB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
};

const sizeOf = (raw: string | undefined): number | undefined => {
  const match = /^(\d{1,9}) (bytes|kB|KB|MB|GB|TB)$/.exec(raw?.trim() ?? "");
  const bytes = Number(match?.[1]) * (UNIT_BYTES[match?.[2] ?? ""] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
};

/** `2666 MT/s`; before dmidecode 3.2 the same number was called MHz. */
const transferRateOf = (raw: string | undefined): number | undefined => {
  const rate = /^\d{1,6} (?:MT\/s|MHz)$/.test(raw?.trim() ?? "") ? leadingCount(raw) : undefined;
  return rate === 0 ? undefined : rate;
};

const boardOf = (structures: readonly Structure[]): BoardFacts => {
  const first = (type: number) => structures.find((s) => s.type === type)?.fields ?? new Map<string, string>();
  const [bios, system] = [first(0), first(1)];
  // A chassis lists its risers and backplanes as boards too; the main one says so, or comes first.
  const boards = structures.filter((s) => s.type === 2);
  const board = (boards.find((s) => s.fields.get("Type") === "Motherboard") ?? boards[0])?.fields ?? new Map();
  return present({
    manufacturer: cleanLabel(system.get("Manufacturer")),
    product: cleanLabel(system.get("Product Name")),
    serial: cleanLabel(system.get("Serial Number")),
    uuid: cleanLabel(system.get("UUID"))?.toLowerCase(),
    boardManufacturer: cleanLabel(board.get("Manufacturer")),
    boardProduct: cleanLabel(board.get("Product Name")),
    boardSerial: cleanLabel(board.get("Serial Number")),
    biosVendor: cleanLabel(bios.get("Vendor")),
    biosVersion: cleanLabel(bios.get("Version")),
    biosDate: cleanLabel(bios.get("Release Date")),
  });
};

/** Names that people can point at and that differ from each other: bank before locator where locators repeat, a number where even that repeats. */
const slotNames = (places: readonly { readonly locator: string; readonly bank: string }[]): readonly string[] => {
  const tally = (names: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  };
  const locators = tally(places.map((p) => p.locator));
  const named = places.map(({ locator, bank }) =>
    (locators.get(locator) ?? 0) > 1 && bank !== "" ? `${bank} ${locator}`.slice(0, 250) : locator,
  );
  const totals = tally(named);
  const used = new Map<string, number>();
  return named.map((name) => {
    if (totals.get(name) === 1) return name;
    const nth = (used.get(name) ?? 0) + 1;
    used.set(name, nth);
    return `${name}#${nth}`;
  });
};

const socketsOf = (structures: readonly Structure[]): CpuFacts["sockets"] => {
  const populated = structures.filter(
    (s) =>
      s.type === 4 &&
      s.fields.get("Status")?.startsWith("Populated") === true &&
      (s.fields.get("Type") ?? "Central Processor") === "Central Processor",
  );
  const slots = slotNames(
    populated.map((s) => ({ locator: cleanLabel(s.fields.get("Socket Designation")) ?? "CPU", bank: "" })),
  );
  return populated.map(({ fields }, i) => ({
    slot: slots[i] ?? "CPU",
    ...present({
      model: cleanLabel(fields.get("Version")),
      coreCount: leadingCount(fields.get("Core Count")),
      threadCount: leadingCount(fields.get("Thread Count")),
      serial: cleanLabel(fields.get("Serial Number")),
    }),
  }));
};

/** Type 17 also describes the firmware's own flash on some boards (HP's "SYSTEM ROM"): not memory. */
const NOT_MEMORY = new Set(["Flash", "ROM", "EEPROM", "FEPROM", "EPROM"]);

const dimmsOf = (structures: readonly Structure[]): readonly DimmFacts[] => {
  const devices = structures.filter((s) => s.type === 17 && !NOT_MEMORY.has(s.fields.get("Type")?.trim() ?? ""));
  const banks = devices.map((s) => cleanLabel(s.fields.get("Bank Locator")));
  const slots = slotNames(
    devices.map(({ fields }, i) => ({
      // "NO DIMM" as a locator is not a name, but an empty slot has to be called something.
      locator: cleanLabel(fields.get("Locator"), 120) ?? "slot",
      bank: cleanText(banks[i] ?? "", 120),
    })),
  );
  return devices.map(({ fields }, i) => {
    const sizeBytes = sizeOf(fields.get("Size"));
    const slot = slots[i] ?? "slot";
    if (sizeBytes === undefined || sizeBytes === 0) return { slot, populated: false };
    return {
      slot,
      populated: true,
      ...present({
        bank: banks[i],
        sizeBytes,
        type: cleanLabel(fields.get("Type")),
        ratedMtps: transferRateOf(fields.get("Speed")),
        configuredMtps: transferRateOf(fields.get("Configured Memory Speed") ?? fields.get("Configured Clock Speed")),
        manufacturer: cleanLabel(fields.get("Manufacturer")),
        part: cleanLabel(fields.get("Part Number")),
        serial: cleanLabel(fields.get("Serial Number")),
      }),
    };
  });
};

/** Reads the output of `dmidecode`. */
export const parseDmidecode = (text: string): Parsed<SmbiosFacts> => {
  const structures = structuresOf(text);
  if (structures.length === 0) return notUnderstood("line 1", "No structure of SMBIOS.");
  return understood({
    structureCount: structures.length,
    board: boardOf(structures),
    sockets: socketsOf(structures),
    dimms: dimmsOf(structures),
  });
};
