/** Board, processors and memory as tables. Pure. */
import type { DimmFacts, MemoryFacts } from "../../agent/wire/hardware/board.ts";
import type { Hardware } from "../../agent/wire/inventory.ts";
import { countOf, type HardwareTable, join, type TableCell, tableOf, unit } from "./hardware-table.ts";
import { renderMemory, type Word } from "./words.ts";

/** The machine and its firmware. */
export const serverTable = ({ board }: Hardware): HardwareTable =>
  tableOf({
    id: "server",
    title: "Server",
    summary: join(" ", board.manufacturer, board.product, board.serial) ?? "The firmware does not say.",
    facts: [
      ["System", join(" ", board.manufacturer, board.product, board.version)],
      ["Serial", board.serial],
      ["UUID", board.uuid],
      ["SKU, family", join(", ", board.sku, board.family)],
      ["Board", join(" ", board.boardManufacturer, board.boardProduct, board.boardVersion)],
      ["Board serial", board.boardSerial],
      ["Chassis", join(", ", board.chassisType, board.chassisSerial)],
      ["Asset tag", board.assetTag],
      ["BIOS", join(", ", join(" ", board.biosVendor, board.biosVersion), board.biosDate)],
      ["Maker's notes", join("; ", ...(board.oemStrings ?? []))],
    ],
  });

/** Microcode in use; two revisions mean that processors differ. */
const microcodeOf = ({ microcode }: Hardware["cpu"]): TableCell => {
  if (microcode === undefined) return undefined;
  const text = microcode.join(", ");
  return microcode.length > 1 ? { text: `${text}: processors differ`, tone: "warn" } : text;
};

/** The processors, one row for each populated socket. */
export const cpuTable = ({ cpu }: Hardware): HardwareTable =>
  tableOf({
    id: "cpu",
    title: "CPU",
    summary: `${cpu.socketCount} × ${cpu.model ?? "unknown"}, ${cpu.threadCount} threads`,
    facts: [
      ["Model", `${cpu.socketCount} × ${cpu.model ?? "unknown"}`],
      ["Sockets", cpu.socketsTotal === undefined ? undefined : `${cpu.socketCount} of ${cpu.socketsTotal} populated`],
      ["Cores, threads", `${cpu.coreCount}, ${cpu.threadCount}`],
      ["In use", cpu.onlineCount === undefined ? undefined : countOf(cpu.onlineCount, "thread")],
      ["Most", unit(cpu.maxMhz, "MHz")],
      ["Microcode", microcodeOf(cpu)],
    ],
    columns: [
      { title: "Socket", role: "main" },
      { title: "Model" },
      { title: "Cores", role: "n" },
      { title: "Threads", role: "n" },
      { title: "Serial", role: "opt" },
    ],
    rows: cpu.sockets.map((socket) => [
      socket.slot,
      socket.model,
      join(" of ", socket.enabledCoreCount, socket.coreCount),
      socket.threadCount?.toString(),
      socket.serial ?? socket.part,
    ]),
  });

/** What a module runs at, and what it could where that is more. */
const speedOf = ({ configuredMtps, ratedMtps }: DimmFacts): string | undefined => {
  if (configuredMtps === undefined || ratedMtps === undefined) return unit(configuredMtps ?? ratedMtps, "MT/s");
  return configuredMtps === ratedMtps ? `${configuredMtps} MT/s` : `${configuredMtps} of ${ratedMtps} MT/s`;
};

const errorsOf = (corrected: number | undefined, uncorrected: number | undefined): TableCell => {
  if (corrected === undefined && uncorrected === undefined) return undefined;
  const counts = [
    [corrected, "corrected"],
    [uncorrected, "uncorrected"],
  ] as const;
  const said = counts.flatMap(([count, word]) => (count === undefined || count === 0 ? [] : [`${count} ${word}`]));
  if (said.length === 0) return "none";
  return { text: said.join(", "), tone: (uncorrected ?? 0) > 0 ? "bad" : "warn" };
};

const controllersOf = ({ controllers }: MemoryFacts): TableCell => {
  if (controllers === undefined) return "nobody counts (no EDAC driver)";
  const sum = (figures: readonly number[]): number => figures.reduce((a, b) => a + b, 0);
  return errorsOf(
    sum(controllers.map((one) => one.correctedErrorCount)),
    sum(controllers.map((one) => one.uncorrectedErrorCount)),
  );
};

const sizeOf = ({ populated, sizeBytes }: DimmFacts): TableCell => {
  if (!populated) return { text: "empty", tone: "idle" } satisfies Word;
  return sizeBytes === undefined ? { text: "size unknown", tone: "warn" } : renderMemory(sizeBytes);
};

/** The memory, one row for each slot, empty ones too. */
export const memoryTable = ({ memory }: Hardware): HardwareTable => {
  const { installedBytes, visibleBytes, maximumBytes } = memory;
  const bytes = installedBytes ?? visibleBytes;
  const size = bytes === undefined ? "size unknown" : renderMemory(bytes);
  return tableOf({
    id: "memory",
    title: "Memory",
    summary: `${size}, ${memory.populatedCount} of ${memory.slotCount} slots populated`,
    facts: [
      ["Installed", installedBytes === undefined ? undefined : renderMemory(installedBytes)],
      ["Visible to the system", visibleBytes === undefined ? undefined : renderMemory(visibleBytes)],
      ["Slots", `${memory.populatedCount} of ${memory.slotCount} populated`],
      ["The board takes", maximumBytes === undefined ? undefined : renderMemory(maximumBytes)],
      ["Error correction", memory.errorCorrection],
      ["Errors since boot", controllersOf(memory)],
    ],
    columns: [
      { title: "Slot", role: "main" },
      { title: "Size", role: "n" },
      { title: "Type", role: "opt" },
      { title: "Speed" },
      { title: "Part" },
      { title: "Serial" },
      { title: "Errors", role: "opt" },
    ],
    rows: memory.dimms.map((dimm) => [
      dimm.slot,
      sizeOf(dimm),
      join(" ", dimm.type, dimm.rankCount === undefined ? undefined : `${dimm.rankCount}R`),
      dimm.populated ? speedOf(dimm) : undefined,
      join(" ", dimm.manufacturer, dimm.part),
      dimm.serial,
      errorsOf(dimm.correctedErrorCount, dimm.uncorrectedErrorCount),
    ]),
  });
};
