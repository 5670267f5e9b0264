/** `nvidia-smi --query-… --format=csv,nounits` to GPUs. Pure and total. The header is asked for, so that columns go by their names. */
import type { GpuFacts } from "../../wire/hardware/pci.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { type GpuState, readRow } from "./columns.ts";

/** What Inventory asks for; nvidia-smi documents the names under `--help-query-gpu`. */
export const GPU_COLUMNS =
  "pci.bus_id,uuid,name,serial,vbios_version,driver_version,memory.total,ecc.mode.current,temperature.gpu,power.draw,power.limit,ecc.errors.uncorrected.volatile.total";
/** Asked for apart (`--help-query-remapped-rows`): drivers without it would refuse the whole question. */
export const ROW_COLUMNS = "gpu_bus_id,remapped_rows.pending,remapped_rows.failure";

/** One GPU as its driver knows it, as far as the inventory holds it. */
export type NvidiaFacts = Omit<GpuFacts, "vendor">;

/** Names are cut where the unit begins: `memory.total [MiB]`. */
const headerOf = (line: string): readonly string[] | undefined => {
  if (!line.includes("pci.bus_id") && !line.includes("gpu_bus_id")) return undefined;
  const names = line.split(",").map((cell) => cell.split("[", 1)[0]?.trim() ?? "");
  return names.includes("pci.bus_id") || names.includes("gpu_bus_id") ? names : undefined;
};

/** More than a day of eight GPUs, once a second. */
const MAX_ROWS = 1_000_000;
const MAX_LINE_CHARS = 4_000;

/** Reads line after line, as they come from a call that repeats itself (`-l 1`): a row needs the header that came before it. */
export const createRowReader = () => {
  let header: readonly string[] | undefined;
  return {
    hasHeader: () => header !== undefined,
    /** The GPU of this line; undefined for the header and for what is no row. */
    read(raw: string): GpuState | undefined {
      const line = raw.slice(0, MAX_LINE_CHARS).trim();
      const names = headerOf(line);
      if (names !== undefined) header = names;
      return header === undefined || names !== undefined ? undefined : readRow(header, line.split(","));
    },
  };
};

/** Reads the CSV with its header. A header alone, and `No devices were found`, are no GPUs. A GPU stands there as often as it was asked. */
export const parseNvidiaSmi = (text: string): Parsed<readonly GpuState[]> => {
  const gpus: GpuState[] = [];
  const reader = createRowReader();
  let lineNumber = 0;
  for (const raw of linesOf(text)) {
    lineNumber += 1;
    const gpu = reader.read(raw);
    if (gpu !== undefined) gpus.push(gpu);
    if (gpus.length >= MAX_ROWS) break;
    const line = raw.slice(0, MAX_LINE_CHARS).trim();
    if (reader.hasHeader() || line === "") continue;
    if (line === "No devices were found") return understood([]);
    return notUnderstood(`line ${lineNumber}`, "No header with the bus id of a GPU.");
  }
  return reader.hasHeader() ? understood(gpus) : notUnderstood("line 1", "There is nothing.");
};
