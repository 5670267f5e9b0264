/** What people read of hardware, and which of it is worth reading. Pure; the report and the pages take their words from here. */
import type { PciFacts } from "../../agent/wire/hardware/pci.ts";

/**
 * Base classes of PCI functions that are cards and controllers (PCI Code and ID Assignment, 1): storage, network, display, wireless, encryption,
 * processors and accelerators. The rest are bridges, timers, USB and the like, which belong to the board and fill pages.
 */
const CARD_CLASSES: ReadonlySet<string> = new Set(["01", "02", "03", "0b", "0d", "10", "12", "40"]);

/** Whether a PCI function is a card or a controller. One without a class is: nothing says that it is not. */
export const isCard = ({ classId }: PciFacts): boolean =>
  classId === undefined || CARD_CLASSES.has(classId.slice(0, 2).toLowerCase());
