/** `gpu.csv`: what every GPU told under load, a line a second. Pure. */
import type { GpuState } from "../../probes/nvidia-smi/columns.ts";
import type { GpuSample } from "../../probes/nvidia-smi/state.ts";

const mebibytes = (bytes: number | undefined): number | undefined =>
  bytes === undefined ? undefined : Math.round(bytes / 2 ** 20);
const bits = (reasons: number | undefined): string | undefined =>
  reasons === undefined ? undefined : `0x${reasons.toString(16).padStart(4, "0")}`;

/** Numbers only: no cell needs quotes, and none can be taken for a formula. */
const CELLS: readonly (readonly [name: string, (gpu: GpuState) => number | string | undefined])[] = [
  ["temp_c", ({ tempC }) => tempC],
  ["memory_temp_c", ({ memoryTempC }) => memoryTempC],
  ["margin_c", ({ tempMarginC }) => tempMarginC],
  ["power_w", ({ powerW }) => powerW],
  ["sm_clock_mhz", ({ smClockMHz }) => smClockMHz],
  ["memory_clock_mhz", ({ memoryClockMHz }) => memoryClockMHz],
  ["busy_percent", ({ busyPercent }) => busyPercent],
  ["used_mib", ({ usedBytes }) => mebibytes(usedBytes)],
  ["link_gen", ({ linkGen }) => linkGen],
  ["link_width", ({ linkWidth }) => linkWidth],
  ["clock_reasons", ({ clockReasons }) => bits(clockReasons)],
];

/** The samples as CSV with a header (RFC 4180, with line ends of one byte). What a GPU did not tell is empty. */
export const renderGpuCsv = (samples: readonly GpuSample[]): string => {
  const header = ["elapsed_s", "pci_address", ...CELLS.map(([name]) => name)].join(",");
  const lines = samples.map(({ atMs, gpu }) =>
    [(atMs / 1000).toFixed(1), gpu.pciAddress, ...CELLS.map(([, read]) => read(gpu) ?? "")].join(","),
  );
  return `${[header, ...lines].join("\n")}\n`;
};
