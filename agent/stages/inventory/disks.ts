/** Disks of the inventory. Pure. */
import type { DiskFacts } from "../../wire/hardware/disks.ts";
import type { ProbeFacts } from "./probes.ts";

/** The disks, as the kernel lists them. */
export const assembleDisks = ({ lsblk }: ProbeFacts): DiskFacts[] => [...(lsblk ?? [])];
