/**
 * The expected spec of a host: what an operator writes in YAML, and what it means. Pure.
 *
 * Every key is optional and what is not named is not compared. Anything else in the text is an error with its place: a typing error that is
 * passed over would be an expectation that is never checked.
 */
import * as v from "valibot";
import { macAddress, text } from "../../agent/wire/fields.ts";
import type { Answer } from "./ports.ts";
import { parseDiskSize, parseMemorySize } from "./spec-size.ts";
import { type PathKey, parseYaml, type YamlDocument } from "./spec-yaml.ts";

const MAX_SPEC_CHARS = 64 * 1024;
/** As lsblk names them in its TRAN column. */
const TRANSPORTS = ["sata", "sas", "nvme", "usb", "virtio", "mmc", "spi", "fc", "iscsi"] as const;

const list = (words: readonly string[]): string => words.join(", ");

/** A path item as valibot wants it from a check of one's own. */
const at = (input: unknown, key: PathKey): [v.UnknownPathItem] => [
  { type: "unknown", origin: "value", input, key, value: (input as Record<PathKey, unknown>)[key] },
];

/** A map with these keys and no others. */
const keys = <Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(
    v.custom<object>(
      (input) => typeof input === "object" && input !== null && !Array.isArray(input) && Object.keys(input).length > 0,
      `must be a map of keys, at least one of ${list(Object.keys(entries))}`,
    ),
    v.strictObject(entries, (issue) =>
      issue.expected === "never"
        ? `unknown key ${issue.received}; allowed here: ${list(Object.keys(entries))}`
        : `the key ${issue.expected} is missing`,
    ),
  );

const listOf = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item, "must be a list, each entry beginning with “-”"), v.maxLength(256, "at most 256 entries"));

const words = v.pipe(
  v.string("must be text"),
  v.transform((raw) => raw.trim()),
  v.minLength(1, "must not be empty"),
  text(256),
);
const whole = (most: number, what: string) =>
  v.pipe(
    v.number(`must be ${what}`),
    v.check((n) => Number.isInteger(n) && n >= 1 && n <= most, `must be ${what}`),
  );
const bytes = whole(Number.MAX_SAFE_INTEGER, "a number of bytes, from 1 up");

const BoardSpec = keys({
  manufacturer: v.optional(words),
  product: v.optional(words),
  serial: v.optional(words),
});

const CpuSpec = v.pipe(
  keys({
    model: v.optional(words),
    sockets: v.optional(whole(64, "a whole number from 1 to 64")),
    cores: v.optional(whole(8192, "a whole number of cores, all sockets together")),
    threads: v.optional(whole(16384, "a whole number of threads, all sockets together")),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { sockets, cores, threads } = dataset.value;
    const few = (key: "cores" | "threads", than: string) =>
      addIssue({
        message: `fewer ${key} than ${than}; count those of all sockets together`,
        path: at(dataset.value, key),
      });
    if (cores !== undefined && cores < (sockets ?? 1)) few("cores", "sockets");
    if (threads !== undefined && threads < (cores ?? sockets ?? 1)) few("threads", "cores");
  }),
);

const memorySize = v.pipe(
  v.string("must be a size such as 64 GiB"),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const size = parseMemorySize(dataset.value);
    if (size !== null) return size;
    addIssue({ message: "must be a size in MiB, GiB or TiB such as 64 GiB; memory modules are not made in GB" });
    return NEVER;
  }),
);

const MemorySpec = v.pipe(
  keys({
    total: v.optional(memorySize),
    totalBytes: v.optional(bytes),
    /** Populated slots. */
    dimms: v.optional(whole(1024, "the number of modules, from 1 up")),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed && dataset.value.total !== undefined && dataset.value.totalBytes !== undefined)
      addIssue({
        message: "total and totalBytes say the same; give one of them",
        path: at(dataset.value, "totalBytes"),
      });
  }),
  v.transform(({ total, totalBytes, dimms }) => ({ totalBytes: total ?? totalBytes, dimms })),
);

const diskSize = v.pipe(
  v.string("must be a size such as 480 GB; a number of bytes goes under sizeBytes"),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const size = parseDiskSize(dataset.value);
    if (size !== null) return size;
    addIssue({ message: "must be a size such as 480 GB, 3.84 TB or 2 GiB" });
    return NEVER;
  }),
);

const DiskSpec = v.pipe(
  keys({
    /** The disk's identity. */
    serial: words,
    size: v.optional(diskSize),
    sizeBytes: v.optional(bytes),
    model: v.optional(words),
    rotational: v.optional(v.boolean("must be true (hard disk) or false (solid state)")),
    transport: v.optional(v.picklist(TRANSPORTS, `must be one of ${list(TRANSPORTS)}`)),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (dataset.typed && dataset.value.size !== undefined && dataset.value.sizeBytes !== undefined)
      addIssue({ message: "size and sizeBytes say the same; give one of them", path: at(dataset.value, "sizeBytes") });
  }),
  v.transform(({ sizeBytes, size, ...rest }) => ({
    ...rest,
    size: size ?? (sizeBytes === undefined ? undefined : { leastBytes: sizeBytes, mostBytes: sizeBytes }),
  })),
);

const NicSpec = keys({
  /** The interface's identity. */
  mac: v.pipe(v.string("must be a MAC address"), macAddress),
  /** Least speed of the link. */
  speedMbps: v.optional(whole(1_600_000, "a speed in Mb/s: 1000 is gigabit Ethernet")),
});

/** A list whose entries have an identity that occurs once. */
const unique = <Item extends v.GenericSchema<unknown, object>, Key extends keyof v.InferOutput<Item> & string>(
  item: Item,
  key: Key,
) =>
  v.pipe(
    listOf(item),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const seen = new Set<unknown>();
      for (const [index, entry] of dataset.value.entries()) {
        const id = (entry as v.InferOutput<Item>)[key];
        if (seen.has(id))
          addIssue({
            message: `the ${key} ${String(id)} is listed twice`,
            path: [...at(dataset.value, index), ...at(entry, key)],
          });
        seen.add(id);
      }
    }),
  );

const SpecSchema = keys({
  board: v.optional(BoardSpec),
  cpu: v.optional(CpuSpec),
  memory: v.optional(MemorySpec),
  disks: v.optional(unique(DiskSpec, "serial")),
  nics: v.optional(unique(NicSpec, "mac")),
});

/** What a host is expected to be. Sizes are bytes, MACs lower case. */
export type Spec = v.InferOutput<typeof SpecSchema>;
/** One expected disk. */
export type DiskSpec = v.InferOutput<typeof DiskSpec>;
/** One expected network interface. */
export type NicSpec = v.InferOutput<typeof NicSpec>;

const MAX_NAMED_ERRORS = 5;

/** One error in words. A value that YAML took for a number although text was meant is the commonest; its remedy is a pair of quotes. */
const describeIssue = (issue: v.BaseIssue<unknown>, document: YamlDocument): { place: string; sentence: string } => {
  const path = (issue.path ?? []).map((item) => item.key as PathKey);
  const last = issue.path?.at(-1);
  const place = document.placeOf(path, last?.origin === "key");
  const name = path.length === 0 ? "the spec" : path.join(".");
  const written = document.textOf(path);
  const unquoted = issue.message === "must be text" && written !== null && typeof issue.input !== "object";
  const remedy = unquoted
    ? `; YAML reads ${written} as a ${typeof issue.input}, so put it in quotes: "${written}"`
    : "";
  return { place, sentence: `${name}: ${issue.message}${remedy}` };
};

const byPlace = (a: { readonly place: string }, b: { readonly place: string }): number =>
  a.place.localeCompare(b.place, "en", { numeric: true });

const refuse = (place: string, detail: string): Answer<Spec> => ({
  ok: false,
  refusal: { code: "invalid", detail, path: place },
});

/** YAML to a spec, or where it is wrong and what is allowed there. `refusal.path` is `line:column` of the first error. */
export const parseSpec = (yamlText: string): Answer<Spec> => {
  if (yamlText.length > MAX_SPEC_CHARS) return refuse("1:1", `A spec has at most ${MAX_SPEC_CHARS} characters.`);
  const yaml = parseYaml(yamlText);
  if (!yaml.ok) return refuse(yaml.place, `Not valid YAML: ${yaml.message}`);
  const { document } = yaml;
  const parsed = v.safeParse(SpecSchema, document.data);
  if (parsed.success) return { ok: true, value: parsed.output };
  const errors = parsed.issues.map((issue) => describeIssue(issue, document)).sort(byPlace);
  const [first] = errors;
  const named = errors.slice(0, MAX_NAMED_ERRORS).map(({ place, sentence }) => `${place} ${sentence}.`);
  const more = errors.length > MAX_NAMED_ERRORS ? [`And ${errors.length - MAX_NAMED_ERRORS} more.`] : [];
  return refuse(first?.place ?? "1:1", [...named, ...more].join(" "));
};
