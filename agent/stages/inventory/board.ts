/** Board, processors and memory of the inventory, from what firmware and kernel say. Pure. */
import { present } from "../../probes/label.ts";
import type { BoardFacts, CpuFacts, MemoryFacts } from "../../wire/hardware/board.ts";
import type { ProbeFacts } from "./probes.ts";

const sum = (values: readonly (number | undefined)[]): number => values.reduce<number>((a, b) => a + (b ?? 0), 0);

/** The board, as the firmware describes it. */
export const assembleBoard = ({ smbios }: ProbeFacts): BoardFacts => smbios?.board ?? {};

/** The kernel knows what runs; the firmware knows what is plugged in. Counts come from the first that has them. */
export const assembleCpu = ({ smbios, lscpu, sysfs }: ProbeFacts): CpuFacts => {
  const sockets = smbios?.sockets ?? [];
  const socketCount = lscpu?.socketCount ?? sockets.length;
  const kernelCores = lscpu?.coresPerSocket === undefined ? undefined : lscpu.coresPerSocket * socketCount;
  return {
    socketCount,
    coreCount: kernelCores ?? sum(sockets.map((s) => s.coreCount)),
    threadCount: lscpu?.threadCount ?? sum(sockets.map((s) => s.threadCount)),
    sockets: [...sockets],
    ...present({
      model: lscpu?.model ?? sockets[0]?.model,
      vendor: lscpu?.vendor,
      maxMhz: lscpu?.maxMhz,
      microcode: sysfs?.microcode === undefined ? undefined : [sysfs.microcode],
    }),
  };
};

/** The memory: slots from the firmware, what is usable from the kernel. */
export const assembleMemory = ({ smbios, sysfs }: ProbeFacts): MemoryFacts => {
  const dimms = smbios?.dimms ?? [];
  const populated = dimms.filter((dimm) => dimm.populated);
  return {
    slotCount: dimms.length,
    populatedCount: populated.length,
    dimms: [...dimms],
    ...present({
      installedBytes: populated.length === 0 ? undefined : sum(populated.map((dimm) => dimm.sizeBytes)),
      visibleBytes: sysfs?.visibleBytes,
    }),
  };
};
