/**
 * The inventory: what a server is made of, as the agent posts it, the box compares it, and `inventory.json` holds it.
 *
 * A value that the hardware did not give, or gave as a vendor's placeholder, is absent. Units stand in the names.
 */
import * as v from "valibot";
import { count, text } from "./fields.ts";
import { BoardFacts, CpuFacts, MemoryFacts } from "./hardware/board.ts";
import { DiskFacts } from "./hardware/disks.ts";
import { KernelFacts } from "./hardware/kernel.ts";
import { BmcFacts, FanFacts, PsuFacts, SensorFacts } from "./hardware/management.ts";
import { NicFacts } from "./hardware/network.ts";
import { GpuFacts, PciFacts, SlotFacts } from "./hardware/pci.ts";
import { VERDICTS } from "./names.ts";

/** Version of this schema; it grows when a reader of the older one would be wrong about a newer document. */
export const INVENTORY_VERSION = 1;

/** How one probe fared. An absent tool, an absent device and a hung tool are different answers. */
export const ProbeReport = v.object({
  probe: text(64),
  status: v.picklist(["ok", "tool-absent", "device-absent", "timed-out", "failed"]),
  durationMs: count,
  reason: v.optional(text(2000)),
});

/** What the inventory comes to: the judgement of its own stage in one line. */
export const InventorySummary = v.object({
  verdict: v.picklist(VERDICTS),
  /** One sentence: `Dell Inc. PowerEdge R640, 2 CPUs, 64 GiB in 4 DIMMs, 6 disks`. */
  text: text(1000),
  warningCount: count,
  failureCount: count,
  /** What could not be measured, and so is no pass. */
  errorCount: count,
});

/** One component with its firmware. */
export const FirmwareFacts = v.object({
  /** `BIOS`, `BMC`, `CPU microcode`, `disk S6PW1234`, `NIC 52:54:00:77:00:01`, `GPU 0000:3b:00.0`. */
  component: text(200),
  version: text(256),
});

/** The hardware itself. */
export const Hardware = v.object({
  summary: InventorySummary,
  board: BoardFacts,
  cpu: CpuFacts,
  memory: MemoryFacts,
  disks: v.array(DiskFacts),
  nics: v.array(NicFacts),
  pci: v.array(PciFacts),
  slots: v.array(SlotFacts),
  gpus: v.array(GpuFacts),
  psus: v.array(PsuFacts),
  fans: v.array(FanFacts),
  sensors: v.array(SensorFacts),
  /** Absent when the server has none, or none that answers. */
  bmc: v.optional(BmcFacts),
  firmware: v.array(FirmwareFacts),
  kernel: KernelFacts,
});

/** A server of which nothing is known yet: what probes found is put over it. */
export const UNKNOWN_HARDWARE: v.InferOutput<typeof Hardware> = {
  summary: { verdict: "ERROR", text: "Nothing was measured.", warningCount: 0, failureCount: 0, errorCount: 0 },
  board: {},
  cpu: { socketCount: 0, coreCount: 0, threadCount: 0, sockets: [] },
  memory: { slotCount: 0, populatedCount: 0, dimms: [] },
  disks: [],
  nics: [],
  pci: [],
  slots: [],
  gpus: [],
  psus: [],
  fans: [],
  sensors: [],
  firmware: [],
  kernel: { taints: [], errors: [] },
};

/** Everything that Inventory found, and how it was found. */
export const Inventory = v.object({
  version: v.literal(INVENTORY_VERSION),
  hardware: Hardware,
  probes: v.array(ProbeReport),
});
/** The facts of Inventory. */
export type Inventory = v.InferOutput<typeof Inventory>;
export type Hardware = v.InferOutput<typeof Hardware>;
export type InventorySummary = v.InferOutput<typeof InventorySummary>;
export type FirmwareFacts = v.InferOutput<typeof FirmwareFacts>;
export type ProbeReport = v.InferOutput<typeof ProbeReport>;
