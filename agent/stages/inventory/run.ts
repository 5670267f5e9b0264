/** Runs Inventory: every probe at once, each under its own deadline. What one probe does to itself costs the others nothing. */
import { dmidecodeProbe } from "../../probes/dmidecode/collect.ts";
import { lsblkProbe } from "../../probes/lsblk/collect.ts";
import { lscpuProbe } from "../../probes/lscpu/collect.ts";
import { lspciProbe } from "../../probes/lspci/collect.ts";
import { type Probe, type ProbeOutcome, runProbe } from "../../probes/probe.ts";
import { sysfsProbe } from "../../probes/sysfs/collect.ts";
import type { Inventory } from "../../wire/inventory.ts";
import type { StageContext } from "../runner.ts";
import { assembleInventory } from "./facts.ts";

const PROBE_COUNT = 5;

/** The effects of Inventory. */
export const runInventory = async (context: StageContext): Promise<Inventory> => {
  const { system, signal, bootMac } = context;
  let done = 0;
  const run = async <Facts>(probe: Probe<Facts>): Promise<ProbeOutcome<Facts>> => {
    const outcome = await runProbe(probe, system, signal);
    done += 1;
    context.progress(done / PROBE_COUNT, `${done} of ${PROBE_COUNT} probes answered`);
    const { status, durationMs, reason } = outcome.report;
    const words = `${probe.name}: ${status} after ${durationMs} ms${reason === undefined ? "" : `. ${reason}`}`;
    context.log(status === "ok" ? "info" : "warn", words);
    for (const { name, text } of outcome.raw) if (text !== "") context.artifact(name, text);
    return outcome;
  };
  const [smbios, lscpu, disks, pci, sysfs] = await Promise.all([
    run(dmidecodeProbe),
    run(lscpuProbe),
    run(lsblkProbe),
    run(lspciProbe),
    run(sysfsProbe(bootMac)),
  ]);
  const inventory = assembleInventory(
    {
      smbios: smbios.facts,
      lscpu: lscpu.facts,
      disks: disks.facts,
      pci: pci.facts,
      nics: sysfs.facts?.nics,
      visibleBytes: sysfs.facts?.visibleBytes,
      microcode: sysfs.facts?.microcode,
    },
    [smbios, lscpu, disks, pci, sysfs].map((outcome) => outcome.report),
  );
  context.artifact("inventory.json", `${JSON.stringify(inventory, null, 2)}\n`);
  return inventory;
};
