/** What a virtual server is, as its declaration (YAML or JSON) says it. Pure; every error has its place. */
import * as v from "valibot";
import { LineCounter, parseDocument } from "yaml";
import { macAddress } from "../../agent/wire/fields.ts";
import { RackRefusal } from "./refusal.ts";

/** How disks are attached. */
export const BUSES = ["virtio", "sata", "scsi", "nvme"] as const;
/** How a disk is attached. */
export type Bus = (typeof BUSES)[number];
/** What a server boots with. */
export const FIRMWARES = ["bios", "uefi"] as const;
/** What a server boots with. */
export type Firmware = (typeof FIRMWARES)[number];

/** What QEMU lets a disk of this bus say of itself. NVMe's model name is fixed, virtio has none, WWN and rotation are SCSI and ATA words. */
const MAY_DECLARE: Readonly<Record<Bus, readonly ("model" | "wwn" | "rotational")[]>> = {
  virtio: [],
  nvme: [],
  sata: ["model", "wwn", "rotational"],
  scsi: ["model", "wwn", "rotational"],
};
/** ATA's IDENTIFY has 40 characters, SCSI's INQUIRY has 16. */
const MODEL_MAX: Readonly<Record<Bus, number>> = { virtio: 0, nvme: 0, sata: 40, scsi: 16 };
/** Ports of q35's own AHCI controller. */
const SATA_PORTS = 6;
const UNIT_BYTES = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** Text for a firmware string: printable ASCII, as SMBIOS holds nothing else dependably. */
const printable = (max: number) =>
  v.pipe(v.string(), v.regex(/^[\x20-\x7e]*$/, "must be printable ASCII"), v.minLength(1), v.maxLength(max));

const sizeBytes = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,9} ?(KiB|MiB|GiB)$/, 'must be a size such as "64 MiB"'),
  v.transform((text) => {
    const [, digits = "", unit = ""] = /^(\d+) ?(\w+)$/.exec(text) ?? [];
    return Number(digits) * (unit === "GiB" ? UNIT_BYTES.GiB : unit === "MiB" ? UNIT_BYTES.MiB : UNIT_BYTES.KiB);
  }),
);

const DiskSchema = v.pipe(
  v.strictObject({
    /** At most 20 characters: what ATA and NVMe have room for. It names the disk in the rack, too. */
    serial: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$/, "must be 1 to 20 of A-Z a-z 0-9 . _ -")),
    size: sizeBytes,
    bus: v.picklist(BUSES),
    model: v.optional(printable(40)),
    /** 64 bits in hex, as in `0x5000c500a1b2c3d4`. */
    wwn: v.optional(v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{16}$/, "must be 0x and 16 hex digits"))),
    rotational: v.optional(v.boolean()),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const disk = dataset.value;
    for (const field of ["model", "wwn", "rotational"] as const)
      if (disk[field] !== undefined && !MAY_DECLARE[disk.bus].includes(field))
        addIssue({ message: `a ${disk.bus} disk has no ${field}`, path: [pathItem(disk, field)] });
    if (disk.model !== undefined && MAY_DECLARE[disk.bus].includes("model") && disk.model.length > MODEL_MAX[disk.bus])
      addIssue({
        message: `a ${disk.bus} model has at most ${MODEL_MAX[disk.bus]} characters`,
        path: [pathItem(disk, "model")],
      });
  }),
);

const NicSchema = v.strictObject({
  mac: v.pipe(
    macAddress,
    v.check((mac) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0, "must not be a group address"),
  ),
  model: v.optional(v.picklist(["virtio-net-pci", "e1000e", "e1000", "vmxnet3"]), "virtio-net-pci"),
});

const SmbiosSchema = v.strictObject({
  manufacturer: v.optional(printable(64), "Vetbox"),
  product: v.optional(printable(64), "Virtual server"),
  version: v.optional(printable(64)),
  serial: v.optional(printable(64)),
  uuid: v.optional(v.pipe(v.string(), v.toLowerCase(), v.uuid("must be a UUID"))),
  bios: v.optional(
    v.strictObject({
      vendor: v.optional(printable(64)),
      version: v.optional(printable(64)),
      date: v.optional(printable(10)),
    }),
  ),
  board: v.optional(
    v.strictObject({
      manufacturer: v.optional(printable(64)),
      product: v.optional(printable(64)),
      serial: v.optional(printable(64)),
    }),
  ),
  chassis: v.optional(v.strictObject({ manufacturer: v.optional(printable(64)), serial: v.optional(printable(64)) })),
  processor: v.optional(
    v.strictObject({ manufacturer: v.optional(printable(64)), version: v.optional(printable(64)) }),
  ),
  /** QEMU makes one module for every 16 GiB; all of them say the same. */
  dimm: v.optional(
    v.strictObject({
      locator: v.optional(printable(32)),
      manufacturer: v.optional(printable(64)),
      part: v.optional(printable(64)),
      serial: v.optional(printable(64)),
      speedMTs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
    }),
  ),
});

/** A server's declaration. */
export const ServerSchema = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be 1 to 32 of a-z 0-9 -")),
    firmware: v.picklist(FIRMWARES),
    memoryMiB: v.optional(v.pipe(v.number(), v.integer(), v.minValue(64), v.maxValue(1_048_576)), 1024),
    cpus: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), 2),
    /** EPYC boots Debian in two thirds of the time that `max` takes under emulation. */
    cpuModel: v.optional(
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_.+=,-]*$/, "must be a CPU model of QEMU")),
      "EPYC",
    ),
    disks: v.optional(v.array(DiskSchema), []),
    nics: v.optional(v.array(NicSchema), []),
    smbios: v.optional(SmbiosSchema, {}),
    /** Tried in this order; what is not named is not booted from. */
    boot: v.optional(v.pipe(v.array(v.picklist(["network", "disk"])), v.minLength(1)), ["network", "disk"]),
    /** What the real-time clock says at power-on, when it is to be wrong: `2019-01-01T00:00:00`, UTC. */
    clock: v.optional(v.pipe(v.string(), v.isoTimestamp("must be a time such as 2019-01-01T00:00:00Z"))),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const server = dataset.value;
    const repeatAt = (values: readonly string[]): number => values.findIndex((value, i) => values.indexOf(value) < i);
    const disk = repeatAt(server.disks.map(({ serial }) => serial));
    if (disk >= 0) addIssue({ message: "two disks have this serial", path: pathTo(server, "disks", disk, "serial") });
    const nic = repeatAt(server.nics.map(({ mac }) => mac));
    if (nic >= 0) addIssue({ message: "two NICs have this MAC", path: pathTo(server, "nics", nic, "mac") });
    if (server.disks.filter(({ bus }) => bus === "sata").length > SATA_PORTS)
      addIssue({ message: `a server has ${SATA_PORTS} SATA ports`, path: [pathItem(server, "disks")] });
  }),
);
/** A server as declared, every default filled in. */
export type ServerSpec = v.InferOutput<typeof ServerSchema>;
/** A server's declaration as written. */
export type ServerDeclaration = v.InferInput<typeof ServerSchema>;
/** A disk as declared; `size` is in bytes. */
export type DiskSpec = ServerSpec["disks"][number];

const pathItem = (input: object, key: string): v.ObjectPathItem => ({
  type: "object",
  origin: "value",
  input: { ...input },
  key,
  value: undefined,
});
const pathTo = (
  input: object,
  list: string,
  at: number,
  field: string,
): [v.ObjectPathItem, v.ArrayPathItem, v.ObjectPathItem] => [
  pathItem(input, list),
  { type: "array", origin: "value", input: [], key: at, value: undefined },
  pathItem(input, field),
];

const keysOf = (issue: v.BaseIssue<unknown>): readonly (string | number)[] =>
  (issue.path ?? []).map((item) => (typeof item.key === "number" ? item.key : String(item.key)));

/** Decodes one declaration; refuses with the path of what is wrong. */
export const decodeServer = (input: unknown): ServerSpec => {
  const decoded = v.safeParse(ServerSchema, input);
  if (decoded.success) return decoded.output;
  const [issue] = decoded.issues;
  throw new RackRefusal("invalid", issue.message, keysOf(issue).join(".") || "server");
};

/** A file of declarations: `servers:` and a list. */
const FileSchema = v.strictObject({ servers: v.pipe(v.array(ServerSchema), v.minLength(1)) });

/** Reads declarations from YAML or JSON; refuses with file, line, column and path. Answers with what was written, defaults not filled in. */
export const parseDeclarations = (text: string, file: string): readonly ServerDeclaration[] => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const { line, col } = lines.linePos(syntax.pos[0]);
    throw new RackRefusal("invalid", syntax.message, `${file}:${line}:${col}`);
  }
  const written: unknown = document.toJS();
  const decoded = v.safeParse(FileSchema, written);
  if (!decoded.success) {
    const [issue] = decoded.issues;
    const path = keysOf(issue);
    const { line, col } = lines.linePos(offsetOf(document, path));
    throw new RackRefusal("invalid", issue.message, `${file}:${line}:${col} ${path.join(".")}`.trimEnd());
  }
  return (written as v.InferInput<typeof FileSchema>).servers;
};

/** Where a path begins in the text; where it does not exist (a field that is missing), the nearest thing around it. */
const offsetOf = (document: ReturnType<typeof parseDocument>, path: readonly (string | number)[]): number => {
  for (let length = path.length; length > 0; length -= 1) {
    const found: unknown = document.getIn(path.slice(0, length), true);
    if (typeof found === "object" && found !== null && "range" in found && Array.isArray(found.range)) {
      const [start] = found.range as readonly unknown[];
      if (typeof start === "number") return start;
    }
  }
  return 0;
};
