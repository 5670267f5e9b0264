/** Storage: looks whether disks are blank, writes and reads back their surface, measures random access. Without leave to write it only reads. */
import { defineStage } from "../stage.ts";
import { StorageFacts, StorageOrder } from "./facts.ts";
import { STORAGE_LIMITS } from "./limits.ts";
import { orderStorage, planStorage } from "./order.ts";
import { judgeStorage, STORAGE_RULES } from "./rules.ts";
import { sizeText } from "./words.ts";

const SURFACE: ReadonlySet<string> = new Set(["verify", "read", "patterns"]);

const summarise = ({ disks, held }: StorageFacts): string => {
  if (disks.length === 0) return "No expected disk";
  if (held) {
    const full = disks.filter(({ probe }) => probe?.verdict === "data").length;
    return `${full} of ${disks.length} disks hold data; nothing was written`;
  }
  const passes = disks.flatMap((disk) => disk.passes);
  const bytes = passes.filter(({ what }) => SURFACE.has(what)).reduce((sum, { movedBytes }) => sum + movedBytes, 0);
  const errors = passes.reduce((sum, { errorCount }) => sum + errorCount, 0);
  const alone = disks.filter(({ refusal }) => refusal !== undefined).length;
  return [
    `${disks.length - alone} of ${disks.length} disks tested, ${sizeText(bytes)} read back`,
    errors === 0 ? "no error" : `${errors} errors`,
  ].join(", ");
};

/** The pure half of Storage. */
export const storage = defineStage({
  state: "Storage",
  key: "storage",
  title: "Storage",
  facts: StorageFacts,
  order: StorageOrder,
  limits: STORAGE_LIMITS,
  packages: ["e2fsprogs", "fio", "sg3-utils", "util-linux"],
  rules: STORAGE_RULES,
  orderOf: orderStorage,
  plan: planStorage,
  judge: judgeStorage,
  summarise,
});
