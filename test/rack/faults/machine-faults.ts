/** Faults of processors, memory and cards, through QEMU's monitor. */
import { Fault } from "../../../agent/system/fault.ts";
import type { FaultSpec } from "../declared-faults.ts";
import { slotBus } from "../qemu-disks.ts";
import { RackRefusal } from "../refusal.ts";
import { type FaultPlace, needMonitor, runMonitor } from "./place.ts";

type FaultOf<K extends FaultSpec["kind"]> = Extract<FaultSpec, { readonly kind: K }>;

/** A bank's status (Intel SDM 3B, 16.3.2.2): valid, error enabled, with address; and what it was: a read of memory, channel 0 (16.9.2). */
const MEMORY_READ = 0x9c00_0000_0000_0090n;
const UNCORRECTED = 1n << 61n;
/** How many there were, in bits 38 to 52. */
const ONE_ERROR = 1n << 38n;
/** MCG_STATUS: a check is in progress, and the processor can go on (uncorrected) or could always (corrected: none is in progress). */
const IN_PROGRESS = 0x5;

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** A corrected error lies in its bank until the system looks (Linux: every five minutes, or by `check_interval`). */
export const injectMachineCheck = async ({ qmp }: FaultPlace, fault: FaultOf<"mce">): Promise<void> => {
  const isUncorrected = fault.severity === "uncorrected";
  const status = MEMORY_READ | (isUncorrected ? UNCORRECTED : ONE_ERROR);
  const words = [fault.cpu, fault.bank, hex(status), isUncorrected ? IN_PROGRESS : 0, fault.address, 0x8c];
  await needMonitor(qmp, `mce ${words.join(" ")}`);
};

/** Injected into the port itself: cards of QEMU's do not let an error out. */
export const injectAer = async ({ spec, qmp }: FaultPlace, { slot, error }: FaultOf<"aer">): Promise<void> => {
  if (!spec.slots.some(({ number }) => number === slot))
    throw new RackRefusal("unknown", `${spec.name}: has no slot ${slot}`);
  const said = await runMonitor(qmp, `pcie_aer_inject_error ${slotBus(slot)} ${error}`);
  if (!said.startsWith("OK")) throw new Fault("tool-failed", { monitor: "pcie_aer_inject_error", detail: said });
};
