/**
 * Board, processors and memory of the inventory, from what firmware and kernel say. Pure.
 *
 * The firmware knows what is plugged in, the kernel knows what runs. Each count comes from the one that knows, and from the other where that is silent.
 */
import type { SmbiosSlot } from "../../probes/dmidecode/memory.ts";
import type { SmbiosSocket } from "../../probes/dmidecode/processors.ts";
import { present } from "../../probes/label.ts";
import type { BoardFacts, CpuFacts, DimmFacts, MemoryFacts, SocketFacts } from "../../wire/hardware/board.ts";
import type { ProbeFacts } from "./probes.ts";

const sum = (values: readonly (number | undefined)[]): number => values.reduce<number>((a, b) => a + (b ?? 0), 0);

/** The board, as the firmware describes it. */
export const assembleBoard = ({ smbios, lshw }: ProbeFacts): BoardFacts => {
  // A board without SMBIOS has a device tree, which lshw reads.
  if (smbios === undefined) return lshw?.system ?? {};
  const { system, board, chassis, bios, oemStrings } = smbios;
  return present({
    manufacturer: system.manufacturer ?? undefined,
    product: system.product ?? undefined,
    version: system.version,
    sku: system.sku,
    family: system.family,
    serial: system.serial,
    uuid: system.uuid,
    boardManufacturer: board.manufacturer,
    boardProduct: board.product,
    boardVersion: board.version,
    boardSerial: board.serial,
    chassisType: chassis.type,
    chassisSerial: chassis.serial,
    assetTag: chassis.assetTag ?? board.assetTag,
    biosVendor: bios.vendor,
    biosVersion: bios.version,
    biosDate: bios.date,
    oemStrings: oemStrings.length === 0 ? undefined : [...oemStrings],
  });
};

/** A populated socket with what the wire has of it. */
const socketFacts = (socket: SmbiosSocket): SocketFacts => {
  const { populated: _populated, state: _state, currentMhz: _currentMhz, upgrade: _upgrade, ...facts } = socket;
  return facts;
};

/** The processors. */
export const assembleCpu = ({ smbios, lscpu, cpuinfo }: ProbeFacts): CpuFacts => {
  const sockets = (smbios?.cpu.sockets ?? []).filter((socket) => socket.populated).map(socketFacts);
  const kernelSockets = lscpu?.socketCount ?? cpuinfo?.packageCount;
  const kernelCores =
    lscpu?.coresPerSocket === undefined || kernelSockets === undefined
      ? undefined
      : lscpu.coresPerSocket * kernelSockets;
  return {
    socketCount: sockets.length > 0 ? sockets.length : (kernelSockets ?? 0),
    coreCount: kernelCores ?? sum(sockets.map((socket) => socket.coreCount)),
    threadCount: lscpu?.threadCount ?? cpuinfo?.onlineCount ?? sum(sockets.map((socket) => socket.threadCount)),
    sockets,
    ...present({
      model: lscpu?.model ?? cpuinfo?.models[0] ?? sockets[0]?.model,
      vendor: lscpu?.vendor ?? cpuinfo?.vendor,
      socketsTotal: smbios?.cpu.socketsTotal ?? undefined,
      onlineCount: lscpu?.onlineCount ?? cpuinfo?.onlineCount,
      maxMhz: lscpu?.maxMhz,
      microcode: cpuinfo === undefined || cpuinfo.microcode.length === 0 ? undefined : [...cpuinfo.microcode],
    }),
  };
};

/** A slot with what the wire has of it. */
const dimmFacts = ({ nonVolatileBytes: _nonVolatileBytes, ...facts }: SmbiosSlot): DimmFacts => facts;

/** The memory: slots from the firmware, what is usable from the kernel. */
export const assembleMemory = ({ smbios, sysfs }: ProbeFacts): MemoryFacts => {
  const memory = smbios?.memory;
  return {
    slotCount: memory?.slotCount ?? 0,
    populatedCount: memory?.slotsPopulated ?? 0,
    dimms: (memory?.slots ?? []).map(dimmFacts),
    ...present({
      installedBytes: memory?.totalBytes ?? undefined,
      visibleBytes: sysfs?.visibleBytes,
      maximumBytes: memory?.maximumBytes,
      errorCorrection: memory?.errorCorrection,
    }),
  };
};
