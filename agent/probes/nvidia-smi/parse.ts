/** `nvidia-smi --query-… --format=csv,nounits` to GPUs. Pure and total. The header is asked for, so that columns go by their names. */
import type { GpuFacts } from "../../wire/hardware/pci.ts";
import { cleanLabel, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** What is asked for; nvidia-smi documents the names under `--help-query-gpu`. */
export const GPU_COLUMNS =
  "pci.bus_id,uuid,name,serial,vbios_version,driver_version,memory.total,ecc.mode.current,temperature.gpu,power.draw,power.limit,ecc.errors.uncorrected.volatile.total";
/** Asked for apart (`--help-query-remapped-rows`): drivers without it would refuse the whole question. */
export const ROW_COLUMNS = "gpu_bus_id,remapped_rows.pending,remapped_rows.failure";

/** One GPU as its driver knows it. */
export type NvidiaFacts = Omit<GpuFacts, "vendor">;

/** nvidia-smi writes a domain of eight digits and capitals; the kernel writes four and small letters. */
export const busIdOf = (raw: string | undefined): string | undefined => {
  const match = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])$/i.exec(raw ?? "");
  if (match === null) return undefined;
  const domain = Number.parseInt(match[1] ?? "0", 16)
    .toString(16)
    .padStart(4, "0");
  return `${domain}:${match[2] ?? ""}`.toLowerCase();
};

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU requires reset]`: all of nvidia-smi's excuses stand in brackets. */
const saidOf = (raw: string | undefined): string | undefined =>
  raw === undefined || raw.startsWith("[") || raw === "N/A" ? undefined : raw;

const numberOf = (raw: string | undefined): number | undefined =>
  /^-?\d{1,12}(?:\.\d{1,6})?$/.test(saidOf(raw) ?? "") ? Number(raw) : undefined;
const countOf = (raw: string | undefined): number | undefined =>
  /^\d{1,15}$/.test(saidOf(raw) ?? "") ? Number(raw) : undefined;

const WORDS: Readonly<Record<string, boolean>> = { Enabled: true, Disabled: false, Yes: true, No: false };
/** A word, or how many. */
const flagOf = (raw: string | undefined): boolean | undefined => {
  const count = countOf(raw);
  return count === undefined ? WORDS[saidOf(raw) ?? ""] : count > 0;
};

const gpuOf = (column: (name: string) => string | undefined): NvidiaFacts | undefined => {
  const pciAddress = busIdOf(column("pci.bus_id") ?? column("gpu_bus_id"));
  if (pciAddress === undefined) return undefined;
  const label = (name: string) => cleanLabel(saidOf(column(name)));
  const mebibytes = countOf(column("memory.total"));
  return {
    pciAddress,
    ...present({
      model: label("name"),
      uuid: label("uuid"),
      serial: label("serial"),
      vbios: label("vbios_version"),
      driverVersion: label("driver_version"),
      memoryBytes: mebibytes === undefined || mebibytes > 2 ** 32 ? undefined : mebibytes * 2 ** 20,
      ecc: flagOf(column("ecc.mode.current")),
      tempC: numberOf(column("temperature.gpu")),
      powerW: numberOf(column("power.draw")),
      powerLimitW: numberOf(column("power.limit")),
      uncorrectedErrorCount: countOf(column("ecc.errors.uncorrected.volatile.total")),
      remappedRowsPending: flagOf(column("remapped_rows.pending")),
      remappedRowsFailed: flagOf(column("remapped_rows.failure")),
    }),
  };
};

/** Names are cut where the unit begins: `memory.total [MiB]`. */
const headerOf = (line: string): readonly string[] | undefined => {
  const names = line.split(",").map((cell) => cell.split("[", 1)[0]?.trim() ?? "");
  return names.includes("pci.bus_id") || names.includes("gpu_bus_id") ? names : undefined;
};

/** As many as no server holds. */
const MAX_GPUS = 1_000;
const MAX_LINE_CHARS = 4_000;

/** Reads the CSV with its header. A header alone, and `No devices were found`, are no GPUs. */
export const parseNvidiaSmi = (text: string): Parsed<readonly NvidiaFacts[]> => {
  const gpus: NvidiaFacts[] = [];
  let header: readonly string[] | undefined;
  let lineNumber = 0;
  for (const raw of linesOf(text)) {
    lineNumber += 1;
    const line = raw.slice(0, MAX_LINE_CHARS).trim();
    if (header === undefined) {
      if (line === "") continue;
      if (line === "No devices were found") return understood([]);
      header = headerOf(line);
      if (header === undefined) return notUnderstood(`line ${lineNumber}`, "No header with the bus id of a GPU.");
      continue;
    }
    const cells = line.split(",");
    const names = header;
    const gpu = gpuOf((name) => (names.includes(name) ? cells[names.indexOf(name)]?.trim() : undefined));
    if (gpu !== undefined) gpus.push(gpu);
    if (gpus.length >= MAX_GPUS) break;
  }
  return header === undefined ? notUnderstood("line 1", "There is nothing.") : understood(gpus);
};
