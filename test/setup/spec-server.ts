/** A server that is whole, its parts to vary, and what a case of a difference is. */
import type { DimmFacts } from "../../agent/wire/hardware/board.ts";
import type { Hardware, ProbeReport } from "../../agent/wire/inventory.ts";
import type { Severity } from "../../agent/wire/names.ts";
import { inventoryWith } from "./inventory.ts";

const GIB = 2 ** 30;

/** A memory module of 16 GiB in this slot. */
export const module = (slot: string, more: Partial<DimmFacts> = {}): DimmFacts => ({
  ...{ slot, populated: true, sizeBytes: 16 * GIB, part: "M393A2K43", serial: `D${slot}`, configuredMtps: 2933 },
  ...more,
});
/** Memory of these slots. */
export const memory = (dimms: DimmFacts[], more: Partial<Hardware["memory"]> = {}): Hardware["memory"] => ({
  installedBytes: dimms.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
  visibleBytes: 62 * GIB,
  slotCount: dimms.length,
  populatedCount: dimms.filter(({ populated }) => populated).length,
  errorCorrection: "Multi-bit ECC",
  dimms,
  ...more,
});
/** Slot A2 without a module. */
export const A2_EMPTY: DimmFacts = { slot: "A2", populated: false };
/** The modules of the server. */
export const [A1, A2, B1, B2] = [module("A1"), module("A2"), module("B1"), module("B2")];

/** A SATA drive of 480 GB, whose name in capitals is its serial. */
export const disk = (name: string, more: Partial<Hardware["disks"][number]> = {}): Hardware["disks"][number] => ({
  ...{ name, serial: name.toUpperCase(), sizeBytes: 480_103_981_056, model: "MZ7LH480", transport: "sata" },
  ...{ rotational: false, firmware: "HXT7904Q", bay: name, formFactor: "2.5 inches" },
  ...more,
});
/** A port of 10 Gb/s; the last byte of its MAC is given. */
export const nic = (
  name: string,
  last: string,
  more: Partial<Hardware["nics"][number]> = {},
): Hardware["nics"][number] => ({
  ...{
    name,
    mac: `52:54:00:00:00:${last}`,
    slot: "Slot 1",
    driver: "ixgbe",
    linkUp: true,
    speedMbps: 10_000,
    boot: false,
  },
  ...{ neighbour: { system: "sw1", portId: `Eth1/${last}` } },
  ...more,
});
/** A GPU's PCI function. */
export const card = (address: string, more: Partial<Hardware["pci"][number]> = {}): Hardware["pci"][number] => ({
  ...{ address, slot: "Slot 3", vendorId: "10de", deviceId: "20b5", driver: "nvidia", linkWidth: 16 },
  ...more,
});

/** A whole server. */
export const SERVER = inventoryWith({
  board: { manufacturer: "Dell Inc.", product: "R640", serial: "7XK", assetTag: "A-1", biosVersion: "2.10.0" },
  cpu: {
    model: "Xeon 6230",
    socketCount: 2,
    coreCount: 40,
    threadCount: 80,
    maxMhz: 3900,
    microcode: ["0x5003605"],
    sockets: [],
  },
  memory: memory([A1, A2, B1, B2]),
  disks: [disk("sda"), disk("sdb")],
  nics: [nic("eno1", "01"), nic("eno2", "02", { slot: "Slot 2" })],
  pci: [card("0000:3b:00.0")],
  gpus: [{ pciAddress: "0000:3b:00.0", uuid: "GPU-1", vendor: "NVIDIA", model: "A100", ecc: true }],
  psus: [
    { name: "PSU 1", part: "0Y26KX", maxW: 750, serial: "P1" },
    { name: "PSU 2", part: "0Y26KX", maxW: 750, serial: "P2" },
  ],
  fans: [{ name: "Fan 1" }, { name: "Fan 2" }],
  bmc: { product: "iDRAC9", firmware: "6.10" },
});

/** A spec that the server meets, what is done to the server, and what is said then. */
export interface Case {
  readonly spec: string;
  readonly parts: Partial<Hardware>;
  readonly severity: Severity;
  readonly component: string;
  readonly message: RegExp;
  readonly probes?: readonly ProbeReport[];
}
