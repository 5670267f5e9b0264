/** The judgement of an inventory: how each probe fared, then what the rules find. Pure; the summary counts the checks. */
import type { Check } from "../../wire/check.ts";
import type { CpuFacts, MemoryFacts } from "../../wire/hardware/board.ts";
import type { Hardware, Inventory, InventorySummary, ProbeReport } from "../../wire/inventory.ts";
import type { Verdict } from "../../wire/names.ts";
import { computeGpuCount } from "./gpus.ts";
import { INVENTORY_RULES } from "./rules.ts";

/** Tools that the image need not have: their part of the server is known without them, and another stage asks for more. */
const OPTIONAL_TOOLS: ReadonlySet<string> = new Set(["nvidia-smi"]);

/** A probe that did not answer is no finding about the hardware, and no pass either. */
const checkOfProbe = (probe: ProbeReport): Check => {
  const component = `probe ${probe.probe}`;
  const message = probe.reason?.slice(0, 1_000) ?? probe.status;
  switch (probe.status) {
    case "ok":
      return { code: "inventory.probe", verdict: "PASS", component, message: "The probe answered." };
    case "device-absent":
      return { code: "inventory.probe-device-absent", verdict: "SKIPPED", component, message };
    case "tool-absent":
      return OPTIONAL_TOOLS.has(probe.probe)
        ? { code: "inventory.probe-tool-absent", verdict: "SKIPPED", component, message }
        : {
            code: "inventory.probe-tool-absent",
            verdict: "ERROR",
            component,
            message,
            action: "Rebuild the live image.",
          };
    case "timed-out":
      return {
        code: "inventory.probe-timed-out",
        verdict: "ERROR",
        component,
        message,
        action: "Run the stage again; if it repeats, suspect the device it reads.",
      };
    case "failed":
      return {
        code: "inventory.probe-failed",
        verdict: "ERROR",
        component,
        message,
        action: "See the raw output among the artifacts.",
      };
  }
};

/** All findings of an inventory. */
export const judgeInventory = ({ hardware, probes }: Inventory): readonly Check[] => [
  ...probes.map(checkOfProbe),
  ...INVENTORY_RULES.flatMap(({ code, verdict, action, find }) =>
    find(hardware).map((finding): Check => ({ code, verdict, action, ...finding })),
  ),
];

/** `1 disk`, `4 disks`. */
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** `Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz` says `Intel Xeon Silver 4114`. */
const shortModel = (model: string): string =>
  model
    .replace(/\((?:r|tm)\)/gi, "")
    .replace(/ @ .{0,40}$/, "")
    .replace(/ CPU(?= [A-Z0-9]|$)/, "")
    .replace(/(?: \d{1,4}-Core)? Processor$/, "")
    .trim();

const describeBoard = ({ manufacturer, product }: Hardware["board"]): string => {
  if (product === undefined) return manufacturer === undefined ? "Unknown server" : `${manufacturer} server`;
  return manufacturer === undefined || product.startsWith(manufacturer) ? product : `${manufacturer} ${product}`;
};

const describeCpu = ({ model, socketCount }: CpuFacts): string => {
  const name = model === undefined ? undefined : shortModel(model);
  if (socketCount < 1) return name ?? "CPU unknown";
  return name === undefined ? counted(socketCount, "CPU") : `${socketCount} × ${name}`;
};

const sizeOf = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${Math.round((bytes / 2 ** 30) * 10) / 10} GiB`;

const describeMemory = ({ installedBytes, visibleBytes, populatedCount }: MemoryFacts): string => {
  if (installedBytes !== undefined) return `${sizeOf(installedBytes)} in ${counted(populatedCount, "DIMM")}`;
  return visibleBytes === undefined ? "memory unknown" : `${sizeOf(visibleBytes)} of memory`;
};

/** One line that says what the server is. */
export const describeHardware = ({ board, cpu, memory, disks, nics, pci }: Inventory["hardware"]): string => {
  const gpuCount = computeGpuCount(pci);
  return [
    describeBoard(board),
    describeCpu(cpu),
    describeMemory(memory),
    counted(disks.length, "disk"),
    counted(nics.length, "NIC"),
    ...(gpuCount === 0 ? [] : [counted(gpuCount, "GPU")]),
  ]
    .join(", ")
    .slice(0, 1_000);
};

/** From the best to the worst. */
const GRAVITY: readonly Verdict[] = ["SKIPPED", "PASS", "WARN", "ERROR", "FAIL"];

/** What the findings come to: the gravest of them, counted. */
export const summariseInventory = (inventory: Inventory): InventorySummary => {
  const verdicts = judgeInventory(inventory).map((check) => check.verdict);
  const count = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
  return {
    verdict: GRAVITY.findLast((verdict) => count(verdict) > 0) ?? "ERROR",
    text: describeHardware(inventory.hardware),
    warningCount: count("WARN"),
    failureCount: count("FAIL"),
    errorCount: count("ERROR"),
  };
};
