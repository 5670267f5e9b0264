/** What a drive is, out of smartctl's JSON. Pure and total. */
import { countAt, type Json, membersAt, numberAt, objectAt, rowsAt, sizeAt, textAt } from "../json-values.ts";
import { cleanLabel, present } from "../label.ts";

/** The command set that a drive speaks. */
export type Protocol = "ata" | "scsi" | "nvme";

/** Who a drive is, and how it is attached. */
export interface DriveIdentity {
  /** The node that was asked: `/dev/sda`, `/dev/bus/0`. */
  readonly device?: string;
  /** smartctl's word for the way to the drive: `sat`, `nvme`, `sat+megaraid,8`. */
  readonly type?: string;
  /** The part of it that names a drive behind a RAID controller: `megaraid,8`. */
  readonly behind?: string;
  /** SCSI says vendor and product apart; ATA and NVMe have one name. */
  readonly vendor?: string;
  readonly product?: string;
  /** Series by smartctl's own table of drives. */
  readonly family?: string;
  readonly serial?: string;
  readonly wwn?: string;
  readonly firmware?: string;
  /** 0 for a drive without a spindle. */
  readonly rotationRpm?: number;
  readonly formFactor?: string;
  readonly logicalSectorBytes?: number;
  readonly physicalSectorBytes?: number;
  readonly transport?: string;
  readonly linkGbps?: number;
  readonly maxLinkGbps?: number;
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = { ATA: "ata", "ATA+SCSI": "ata", SCSI: "scsi", NVMe: "nvme" };

/** The command set; by the names of the logs where the document does not say. */
export const protocolOf = (document: Json): Protocol | null => {
  const said = PROTOCOLS[textAt(objectAt(document, "device"), "protocol") ?? ""];
  if (said !== undefined) return said;
  const first = Object.keys(document)
    .map((key) => /^(ata|scsi|nvme)_/.exec(key)?.[1])
    .find((prefix) => prefix !== undefined);
  return (first as Protocol | undefined) ?? null;
};

/** SCSI's own words; releases before 7.3 name them without the prefix. */
const scsiText = (document: Json, name: "vendor" | "product" | "revision"): string | undefined => {
  const text = textAt(document, `scsi_${name}`) ?? textAt(document, name);
  return cleanLabel(text) === undefined ? undefined : text;
};

/** The name of the model as the drive gives it, with the vendor before it for SCSI. */
export const modelOf = (document: Json): string | null => {
  const parts = [scsiText(document, "vendor"), scsiText(document, "product")].filter((part) => part !== undefined);
  const model = textAt(document, "model_name") ?? textAt(document, "scsi_model_name") ?? parts.join(" ");
  return cleanLabel(model) === undefined ? null : model;
};

/** Bytes that the drive holds. NVMe drives with several namespaces give their total alone. */
export const capacityOf = (document: Json): number | null => {
  const namespaces = rowsAt(document, "nvme_namespaces");
  const [only] = namespaces;
  const ofNamespace =
    only !== undefined && namespaces.length === 1
      ? (sizeAt(objectAt(only, "capacity"), "bytes") ?? sizeAt(objectAt(only, "size"), "bytes"))
      : undefined;
  return (
    sizeAt(objectAt(document, "user_capacity"), "bytes") ??
    sizeAt(document, "nvme_total_capacity") ??
    ofNamespace ??
    null
  );
};

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** In the form in which the kernel gives it: `0x5000c500a1b2c3d7` (NAA), `eui.0025385a61b2c3d4`. */
const wwnOf = (document: Json): string | undefined => {
  const wwn = objectAt(document, "wwn");
  const [naa, oui, id] = [countAt(wwn, "naa"), countAt(wwn, "oui"), countAt(wwn, "id")];
  if (naa !== undefined && oui !== undefined && id !== undefined) return `0x${hex(naa, 1)}${hex(oui, 6)}${hex(id, 9)}`;
  const unit = cleanLabel(document["logical_unit_id"])?.toLowerCase();
  if (unit !== undefined) return unit;
  const [only, another] = rowsAt(document, "nvme_namespaces");
  const eui = another === undefined ? objectAt(only, "eui64") : {};
  const [ieee, extension] = [countAt(eui, "oui"), countAt(eui, "ext_id")];
  return ieee === undefined || extension === undefined ? undefined : `eui.${hex(ieee, 6)}${hex(extension, 10)}`;
};

/** smartctl's words for SCSI transports (SPC-4, 7.6.1), by those of lsblk. */
const TRANSPORTS: readonly (readonly [RegExp, string])[] = [
  [/^SAS/, "sas"],
  [/^Fibre/, "fc"],
  [/^Parallel/, "spi"],
  [/^iSCSI/, "iscsi"],
  [/^UAS/, "usb"],
  [/^ATA/, "sata"],
];
/** Types of bridges from USB to a drive (smartctl(8), -d). */
const USB_TYPE = /^(?:usb|sntasmedia|sntjmicron|sntrealtek)/;

const transportOf = (document: Json, type: string): string | undefined => {
  if (USB_TYPE.test(type)) return "usb";
  const named = textAt(objectAt(document, "scsi_transport_protocol"), "name") ?? "";
  const scsi = TRANSPORTS.find(([pattern]) => pattern.test(named))?.[1];
  if (scsi !== undefined) return scsi;
  if (document["sata_version"] !== undefined || document["interface_speed"] !== undefined) return "sata";
  if (document["pata_version"] !== undefined) return "ata";
  return protocolOf(document) === "nvme" ? "nvme" : undefined;
};

const BITS_PER_GIGABIT = 1e9;

/** A SATA speed: so many units of so many bits. */
const speedOf = (document: Json, which: "current" | "max"): number | undefined => {
  const speed = objectAt(document, "interface_speed", which);
  const [units, bits] = [sizeAt(speed, "units_per_second"), sizeAt(speed, "bits_per_unit")];
  return units === undefined || bits === undefined ? undefined : (units * bits) / BITS_PER_GIGABIT;
};

/** The rate of the fastest phy of a SAS drive: `phy enabled; 12 Gbps`. A drive has two, the second mostly unused. */
const sasSpeedOf = (document: Json): number | undefined => {
  const rates = membersAt(document, /^scsi_sas_port_\d/)
    .flatMap((port) => membersAt(port, /^phy_\d/))
    .map((phy) => textAt(phy, "negotiated_logical_link_rate") ?? textAt(phy, "negotiated logical link rate") ?? "")
    .map((rate) => Number(/(\d{1,3}(?:\.\d)?) Gbps/.exec(rate)?.[1] ?? 0));
  return Math.max(0, ...rates) || undefined;
};

/** `sat+megaraid,8` is `megaraid,8`: a drive that is asked through its RAID controller (smartctl(8), -d). */
export const behindOf = (type: string | undefined): string | undefined =>
  /(?:^|\+)((?:megaraid|cciss|areca|3ware|aacraid|sssraid|hpt|intelliprop|jmb39x(?:-q2?)?|jms56x),[\d,/]{1,20})/.exec(
    type ?? "",
  )?.[1];

/** Who the drive is. */
export const identityOf = (document: Json): DriveIdentity => {
  const device = objectAt(document, "device");
  const type = textAt(device, "type");
  const label = (name: string) => {
    const text = textAt(document, name);
    return cleanLabel(text) === undefined ? undefined : text;
  };
  const rpm = numberAt(document, "rotation_rate");
  return present({
    device: textAt(device, "name"),
    type,
    behind: behindOf(type),
    vendor: scsiText(document, "vendor"),
    product: scsiText(document, "product"),
    family: label("model_family"),
    serial: label("serial_number"),
    wwn: wwnOf(document),
    firmware: label("firmware_version") ?? scsiText(document, "revision"),
    rotationRpm: rpm !== undefined && Number.isSafeInteger(rpm) && rpm >= 0 ? rpm : undefined,
    formFactor: textAt(objectAt(document, "form_factor"), "name"),
    logicalSectorBytes: sizeAt(document, "logical_block_size"),
    physicalSectorBytes: sizeAt(document, "physical_block_size"),
    transport: transportOf(document, type ?? ""),
    linkGbps: speedOf(document, "current") ?? sasSpeedOf(document),
    maxLinkGbps: speedOf(document, "max"),
  });
};
