/** What is asked of SCSI drives. Pure. */
import { countRule, type SmartRule } from "./rule.ts";

/** The rules. */
export const SCSI_RULES: readonly SmartRule[] = [
  countRule({
    code: "smart.grown-defects",
    source: "SBC-3 5.16: the grown defect list is empty on a new drive",
    action: "Note the count; a drive whose list grows is replaced.",
    unit: "defects",
    means: "came after it left the factory",
    read: (now) => now.scsi?.grownDefectCount,
    warnFrom: (limits) => limits.grownDefectWarnCount,
  }),
  countRule({
    code: "smart.scsi-uncorrected",
    source: "SPC-4, log pages 02h and 03h: total uncorrected errors",
    action: "Replace the drive.",
    unit: "errors",
    means: "were reads or writes of data that are lost",
    read: ({ scsi }) =>
      scsi?.readUncorrectedCount === undefined && scsi?.writeUncorrectedCount === undefined
        ? undefined
        : (scsi.readUncorrectedCount ?? 0) + (scsi.writeUncorrectedCount ?? 0),
    failFrom: (limits) => limits.uncorrectedFailCount,
  }),
];
