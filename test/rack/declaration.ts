/** What a virtual server is, as its declaration (YAML or JSON) says it. Pure; every error has its place. */
import * as v from "valibot";
import { LineCounter, parseDocument } from "yaml";
import { BmcSchema } from "./declared-bmc.ts";
import { DiskSchema, diskKey, MAX_SLOTS } from "./declared-disk.ts";
import { pathItem, pathTo, printable, repeatAt, whole } from "./declared-fields.ts";
import { NicSchema } from "./declared-nic.ts";
import { PsuSchema, SmbiosSchema } from "./declared-smbios.ts";
import { RackRefusal } from "./refusal.ts";

/** What a server boots with. */
export const FIRMWARES = ["bios", "uefi"] as const;
/** What a server boots with. */
export type Firmware = (typeof FIRMWARES)[number];

/** Ports of q35's own AHCI controller, and of an LSI SAS 1068. */
const PORTS = { sata: 6, sas: 8 } as const;

/** A PCI Express slot, with its number and the name that the board gives it. */
const SlotSchema = v.strictObject({ number: whole(1, MAX_SLOTS), name: printable(32) });
/** A slot as declared. */
export type SlotSpec = v.InferOutput<typeof SlotSchema>;

/** What two parts of a server may not have in common. */
const UNIQUE = [
  ["nics", "mac", "two NICs have this MAC"],
  ["slots", "number", "two slots have this number"],
  ["psus", "name", "two power supplies have this name"],
] as const;

interface Slotted {
  readonly slots: readonly { readonly number: number }[];
  readonly nics: readonly { readonly slot?: number | undefined }[];
  readonly disks: readonly { readonly slot?: number | undefined }[];
}

/** Cards and disks whose slot is not there, or taken by one before. */
const oddSlots = function* (server: Slotted): Generator<readonly [string, ReturnType<typeof pathTo>]> {
  const taken = new Set<number>();
  for (const list of ["nics", "disks"] as const)
    for (const [at, { slot }] of server[list].entries()) {
      if (slot === undefined) continue;
      const path = pathTo(server, list, at, "slot");
      if (!server.slots.some(({ number }) => number === slot)) yield ["the server has no such slot", path];
      if (taken.has(slot)) yield ["something else is in this slot", path];
      taken.add(slot);
    }
};

/** A server's declaration. */
export const ServerSchema = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "must be 1 to 32 of a-z 0-9 -")),
    firmware: v.picklist(FIRMWARES),
    memoryMiB: v.optional(whole(64, 1_048_576), 1024),
    cpus: v.optional(whole(1, 64), 2),
    /** EPYC boots Debian in two thirds of the time that `max` takes under emulation. */
    cpuModel: v.optional(
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_.+=,-]*$/, "must be a CPU model of QEMU")),
      "EPYC",
    ),
    slots: v.optional(v.array(SlotSchema), []),
    disks: v.optional(v.array(DiskSchema), []),
    nics: v.optional(v.array(NicSchema), []),
    psus: v.optional(v.array(PsuSchema), []),
    bmc: v.optional(BmcSchema),
    smbios: v.optional(SmbiosSchema, {}),
    /** Tried in this order; what is not named is not booted from. */
    boot: v.optional(v.pipe(v.array(v.picklist(["network", "disk"])), v.minLength(1)), ["network", "disk"]),
    /** Boots this kernel at once, past the firmware's order and the network: for what is looked at after the boot. */
    kernel: v.optional(v.strictObject({ image: v.string(), initrd: v.string(), commandLine: printable(1024) })),
    /** What the real-time clock says at power-on, when it is to be wrong: `2019-01-01T00:00:00`, UTC. */
    clock: v.optional(v.pipe(v.string(), v.isoTimestamp("must be a time such as 2019-01-01T00:00:00Z"))),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const server = dataset.value;
    for (const [list, field, message] of UNIQUE) {
      const at = repeatAt(server[list].map((item) => Object.entries(item).find(([key]) => key === field)?.[1]));
      if (at >= 0) addIssue({ message, path: pathTo(server, list, at, field) });
    }
    const twin = repeatAt(server.disks.map(diskKey));
    if (twin >= 0) {
      const field = server.disks[twin]?.label === undefined ? "serial" : "label";
      const message = field === "serial" ? "two disks have this serial and no label" : "two disks are called this";
      addIssue({ message, path: pathTo(server, "disks", twin, field) });
    }
    for (const [message, path] of oddSlots(server)) addIssue({ message, path });
    for (const [bus, ports] of Object.entries(PORTS))
      if (server.disks.filter((disk) => disk.bus === bus).length > ports)
        addIssue({ message: `a server has ${ports} ${bus} ports`, path: [pathItem(server, "disks")] });
  }),
);
/** A server as declared, every default filled in. */
export type ServerSpec = v.InferOutput<typeof ServerSchema>;
/** A server's declaration as written. */
export type ServerDeclaration = v.InferInput<typeof ServerSchema>;

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
