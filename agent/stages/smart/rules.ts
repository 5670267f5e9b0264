/** The rules of SMART in the order in which they are told. Pure. */
import { judgeBy } from "../rule.ts";
import type { SmartRule } from "./rule.ts";
import { ATA_RULES } from "./rules-ata.ts";
import { DRIVE_RULES } from "./rules-drive.ts";
import { NVME_RULES } from "./rules-nvme.ts";
import { SCSI_RULES } from "./rules-scsi.ts";
import { TEST_RULES } from "./rules-self-test.ts";

/** All rules. */
export const SMART_RULES: readonly SmartRule[] = [
  ...DRIVE_RULES,
  ...TEST_RULES,
  ...ATA_RULES,
  ...SCSI_RULES,
  ...NVME_RULES,
];

/** Facts to checks. */
export const judgeSmart = judgeBy(SMART_RULES);
