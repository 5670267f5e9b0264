/** Puts what the probes read together into one inventory: pure. Each fact has one source of first choice; others fill gaps. */
import type { SmbiosFacts } from "../../probes/dmidecode/parse.ts";
import { present } from "../../probes/label.ts";
import type { LscpuFacts } from "../../probes/lscpu/parse.ts";
import type { CpuFacts, DiskFacts, Inventory, NicFacts, PciFacts, ProbeReport } from "../../wire/inventory.ts";

/** What the probes read; undefined where one read nothing. */
export interface ProbeFacts {
  readonly smbios: SmbiosFacts | undefined;
  readonly lscpu: LscpuFacts | undefined;
  readonly disks: readonly DiskFacts[] | undefined;
  readonly pci: readonly PciFacts[] | undefined;
  readonly nics: readonly NicFacts[] | undefined;
  readonly visibleBytes: number | undefined;
  readonly microcode: string | undefined;
}

const sum = (values: readonly (number | undefined)[]): number => values.reduce<number>((a, b) => a + (b ?? 0), 0);

/** The kernel knows what runs; the firmware knows what is plugged in. Counts come from the first that has them. */
const cpuOf = ({ smbios, lscpu, microcode }: ProbeFacts): CpuFacts => {
  const sockets = smbios?.sockets ?? [];
  const socketCount = lscpu?.socketCount ?? sockets.length;
  const kernelCores = lscpu?.coresPerSocket === undefined ? undefined : lscpu.coresPerSocket * socketCount;
  return {
    socketCount,
    coreCount: kernelCores ?? sum(sockets.map((s) => s.coreCount)),
    threadCount: lscpu?.threadCount ?? sum(sockets.map((s) => s.threadCount)),
    sockets,
    ...present({
      model: lscpu?.model ?? sockets[0]?.model,
      vendor: lscpu?.vendor,
      maxMhz: lscpu?.maxMhz,
      microcode,
    }),
  };
};

/** The whole inventory. */
export const assembleInventory = (facts: ProbeFacts, probes: readonly ProbeReport[]): Inventory => {
  const dimms = facts.smbios?.dimms ?? [];
  const populated = dimms.filter((dimm) => dimm.populated);
  return {
    board: facts.smbios?.board ?? {},
    cpu: cpuOf(facts),
    memory: {
      slotCount: dimms.length,
      populatedCount: populated.length,
      dimms: [...dimms],
      ...present({
        installedBytes: populated.length === 0 ? undefined : sum(populated.map((dimm) => dimm.sizeBytes)),
        visibleBytes: facts.visibleBytes,
      }),
    },
    disks: [...(facts.disks ?? [])],
    nics: [...(facts.nics ?? [])],
    pci: [...(facts.pci ?? [])],
    probes: [...probes],
  };
};
