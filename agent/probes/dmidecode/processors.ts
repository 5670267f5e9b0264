/** Processor sockets (SMBIOS type 4). Pure. */
import { cleanLabel, present } from "../label.ts";
import type { Structure } from "./structures.ts";
import { countOf, type Fields, megahertzOf, placeNames } from "./values.ts";

/** One socket, populated or not. */
export interface SmbiosSocket {
  readonly slot: string;
  readonly populated: boolean;
  /** `Enabled`, `Idle`, `Disabled By BIOS`: what the firmware says of the processor in it. */
  readonly state?: string;
  readonly model?: string;
  readonly manufacturer?: string;
  readonly serial?: string;
  readonly part?: string;
  readonly coreCount?: number;
  readonly enabledCoreCount?: number;
  readonly threadCount?: number;
  /** The fastest that the socket supports, which may be more than its processor does. */
  readonly maxMhz?: number;
  readonly currentMhz?: number;
  /** Family, model and stepping. */
  readonly signature?: string;
  /** `Socket LGA3647-1`. */
  readonly upgrade?: string;
}

/** The sockets together; null where no structure tells. */
export interface SmbiosProcessors {
  readonly socketsTotal: number | null;
  readonly socketsPopulated: number | null;
  readonly sockets: readonly SmbiosSocket[];
}

/** What type 4 may describe besides processors that run programs (SMBIOS 3.7, 7.5.1). */
const NO_CPU = new Set(["Math Processor", "DSP Processor", "Video Processor"]);

/** `Populated, Enabled`, `Unpopulated`. A structure that is cut off before its status is judged by whether a processor has a name. */
const isPopulated = (fields: Fields): boolean => {
  const status = fields.get("Status");
  return status === undefined ? cleanLabel(fields.get("Version")) !== undefined : /^Populated\b/i.test(status);
};

const socketOf = (fields: Fields, slot: string): SmbiosSocket => {
  if (!isPopulated(fields)) return { slot, populated: false };
  return {
    slot,
    populated: true,
    ...present({
      state: cleanLabel(fields.get("Status")?.split(",")[1]),
      model: cleanLabel(fields.get("Version")),
      manufacturer: cleanLabel(fields.get("Manufacturer")),
      serial: cleanLabel(fields.get("Serial Number")),
      part: cleanLabel(fields.get("Part Number")),
      coreCount: countOf(fields.get("Core Count")),
      enabledCoreCount: countOf(fields.get("Core Enabled")),
      threadCount: countOf(fields.get("Thread Count")),
      maxMhz: megahertzOf(fields.get("Max Speed")),
      currentMhz: megahertzOf(fields.get("Current Speed")),
      signature: cleanLabel(fields.get("Signature")),
      upgrade: cleanLabel(fields.get("Upgrade")),
    }),
  };
};

/** Every socket of the table. */
export const processorsOf = (structures: readonly Structure[]): SmbiosProcessors => {
  const found = structures.filter(({ type, fields }) => type === 4 && !NO_CPU.has(fields.get("Type") ?? ""));
  const slots = placeNames(
    found.map(({ fields }) => ({ locator: cleanLabel(fields.get("Socket Designation"), 200) ?? "CPU", bank: "" })),
  );
  const sockets = found.map(({ fields }, i) => socketOf(fields, slots[i] ?? "CPU"));
  if (sockets.length === 0) return { socketsTotal: null, socketsPopulated: null, sockets };
  return { socketsTotal: sockets.length, socketsPopulated: sockets.filter((one) => one.populated).length, sockets };
};
