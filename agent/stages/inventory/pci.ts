/** PCI functions, slots and GPUs of the inventory. Pure. */
import type { PciFacts } from "../../wire/hardware/pci.ts";
import type { ProbeFacts } from "./probes.ts";

/** The PCI functions. */
export const assemblePci = ({ lspci }: ProbeFacts): PciFacts[] => [...(lspci ?? [])];
