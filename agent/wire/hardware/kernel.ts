/** What the running kernel has to say about the hardware: its own state and the errors in its log. */
import * as v from "valibot";
import { count, text } from "../fields.ts";

/** What a line of the kernel log is about. */
export const KERNEL_ERROR_KINDS = [
  "machine-check",
  "memory",
  "pcie",
  /** A link below what its device can do. Often the slot is made so: what was expected is the spec's to say. */
  "pcie-link",
  "disk",
  "network",
  "gpu",
  "cpu-lockup",
  "thermal",
  "firmware",
  "other",
] as const;

/** The kernel. */
export const KernelFacts = v.object({
  release: v.optional(text(256)),
  /** Set taint flags by name: `machine check`, `firmware workaround` (Documentation/admin-guide/tainted-kernels). */
  taints: v.array(text(64)),
  /** Errors in its log, equal ones counted together. */
  errors: v.array(
    v.object({
      kind: v.picklist(KERNEL_ERROR_KINDS),
      /** What it is about, when the line says: a PCI address, a disk, a CPU. */
      component: v.optional(text(200)),
      /** The line says that the hardware lost data: an error that was not corrected. */
      grave: v.optional(v.boolean()),
      /** The first such line. */
      text: text(500),
      count,
    }),
  ),
});
export type KernelFacts = v.InferOutput<typeof KernelFacts>;
