/**
 * What can go wrong while a server runs: `Server.fault(…)`, and `fault NAME KIND FIELD=VALUE…` on the command line. Power-on begins with the
 * faults of the declaration again.
 */
import * as v from "valibot";
import { IoErrorSchema, MAX_SLOTS, SpeedSchema, WarningsSchema } from "./declared-disk.ts";
import { DRIVE_FIELDS } from "./declared-drive.ts";
import { partName, printable, whole } from "./declared-fields.ts";
import { CableSchema } from "./declared-nic.ts";
import { SelEventSchema } from "./declared-sel.ts";
import { PSU_FAULTS } from "./declared-smbios.ts";
import { RackRefusal } from "./refusal.ts";

/** A disk by its label, or its serial. */
const disk = partName;
/** A card by its place in the declaration, from 0. */
const nic = v.optional(whole(0, 63), 0);
const address = v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{1,12}$/, "must be an address in hex such as 0x3fe00000"));

/** Uncorrected errors of PCI Express (PCI Express 5.0, 7.8.4), by the names of QEMU's monitor. QEMU 7.2 never passes on corrected ones. */
const AER_ERRORS = [
  "COMP_TIME",
  "COMP_ABORT",
  "UNX_COMP",
  "POISON_TLP",
  "ECRC",
  "UNSUP",
  "DLP",
  "FCP",
  "RX_OVER",
  "MALF_TLP",
] as const;

/** Every kind of fault, with its fields. */
export const FAULT_SCHEMAS = {
  /** A part of a disk can no longer be read or written. */
  "io-error": v.strictObject({ kind: v.literal("io-error"), disk, ...IoErrorSchema.entries }),
  /** A disk has these upper limits of its speed from now on; without any, none. */
  speed: v.strictObject({ kind: v.literal("speed"), disk, ...SpeedSchema.entries }),
  /** A disk answers nothing more until it is healed. */
  stall: v.strictObject({ kind: v.literal("stall"), disk }),
  /** A disk is there, and every request ends in an I/O error. */
  dead: v.strictObject({ kind: v.literal("dead"), disk }),
  /** A disk has no I/O errors, limits or stall any more, and answers. */
  heal: v.strictObject({ kind: v.literal("heal"), disk }),
  /** A disk is gone, as if pulled out: one on the buses scsi, sas and usb, or in a slot. */
  vanish: v.strictObject({ kind: v.literal("vanish"), disk }),
  /** Another disk is in its place: of the same size, with another serial, and zeros or a text at its beginning. */
  swap: v.strictObject({ kind: v.literal("swap"), disk, serial: partName, text: v.optional(printable(512)) }),
  /** An NVMe disk warns of these from now on. */
  "nvme-warning": v.strictObject({ kind: v.literal("nvme-warning"), disk, warnings: WarningsSchema }),
  /** A drive says this of itself from now on; what is not named stays. */
  drive: v.strictObject({ kind: v.literal("drive"), disk, ...DRIVE_FIELDS }),
  /** A card's cable is like this from now on; without any field it is well. */
  cable: v.strictObject({ kind: v.literal("cable"), nic, ...CableSchema.entries }),
  /** The management controller writes to its log. */
  sel: v.strictObject({ kind: v.literal("sel"), ...SelEventSchema.entries }),
  /** A sensor shows this from now on. */
  sensor: v.strictObject({ kind: v.literal("sensor"), sensor: printable(16), reading: v.number() }),
  /** A power supply is like this from now on; without a fault it is well. */
  psu: v.strictObject({ kind: v.literal("psu"), psu: printable(16), fault: v.optional(v.picklist(PSU_FAULTS)) }),
  /** A processor reports a memory error: a corrected one, or one that it could not correct. */
  mce: v.strictObject({
    kind: v.literal("mce"),
    severity: v.optional(v.picklist(["corrected", "uncorrected"]), "corrected"),
    cpu: v.optional(whole(0, 63), 0),
    bank: v.optional(whole(0, 31), 9),
    address: v.optional(address, "0x3fe00000"),
  }),
  /** The port of a slot reports an uncorrected error of PCI Express. */
  aer: v.strictObject({ kind: v.literal("aer"), slot: whole(1, MAX_SLOTS), error: v.picklist(AER_ERRORS) }),
  /** Nothing in the server moves any more, until it is thawed. */
  freeze: v.strictObject({ kind: v.literal("freeze") }),
  thaw: v.strictObject({ kind: v.literal("thaw") }),
  /** A non-maskable interrupt, as from a board's button. */
  nmi: v.strictObject({ kind: v.literal("nmi") }),
} as const;
/** A kind of fault. */
export type FaultKind = keyof typeof FAULT_SCHEMAS;
type FaultSchema = (typeof FAULT_SCHEMAS)[FaultKind];
/** A fault, every default filled in. */
export type FaultSpec = v.InferOutput<FaultSchema>;
/** A fault as written. */
export type FaultDeclaration = v.InferInput<FaultSchema>;

const isKind = (kind: unknown): kind is FaultKind => typeof kind === "string" && Object.hasOwn(FAULT_SCHEMAS, kind);

/** Decodes a fault; refuses with the field that is wrong. */
export const decodeFault = (input: FaultDeclaration | Readonly<Record<string, unknown>>): FaultSpec => {
  const { kind } = input;
  if (!isKind(kind)) throw new RackRefusal("invalid", `must be one of ${Object.keys(FAULT_SCHEMAS).join(" ")}`, "kind");
  const decoded = v.safeParse<FaultSchema>(FAULT_SCHEMAS[kind], input);
  if (decoded.success) return decoded.output;
  const [issue] = decoded.issues;
  throw new RackRefusal("invalid", issue.message, issue.path?.map(({ key }) => String(key)).join(".") ?? "fault");
};
