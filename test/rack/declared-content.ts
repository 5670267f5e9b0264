/** What is on a disk before its first boot: what a wipe would destroy. */
import * as v from "valibot";
import { offsetBytes, printable, RangeSchema } from "./declared-fields.ts";

/** Kinds that take only words. `label` is a file system's label, or the name of the pool, group or array; `host` is the host that it was last used on. */
export const CONTENT_KINDS = [
  /** ext4 with `/etc/hostname` inside, which says `host`. */
  "ext4",
  "xfs",
  "btrfs",
  "vfat",
  "ntfs",
  "swap",
  "luks",
  /** A partition table with one Linux partition. */
  "gpt",
  "mbr",
  /** A physical volume of the group `label`, with its metadata. */
  "lvm",
  /** A member of a RAID array: the superblock is near the beginning (1.2). */
  "md",
  /** The same, with the superblock at the end (1.0): the beginning of the disk looks empty. */
  "md-at-end",
  /** A member of the pool `label`: two labels at the beginning and two at the end. */
  "zfs",
  /** Only the two labels at the end, as a quick wipe of the beginning leaves them. */
  "zfs-at-end",
  "vmfs",
  "ceph-bluestore",
] as const;
/** A kind of content that takes only words. */
export type ContentKind = (typeof CONTENT_KINDS)[number];

const PATTERNS = ["zeros", "ones", "random"] as const;

const ItemSchema = v.variant("kind", [
  v.strictObject({
    kind: v.picklist(CONTENT_KINDS),
    label: v.optional(printable(16)),
    host: v.optional(printable(32)),
  }),
  /** Bytes of one pattern over a part of the disk, or over all of it. `random` is the same bytes each time. */
  v.strictObject({ kind: v.picklist(PATTERNS), ...v.partial(RangeSchema).entries }),
  /** These bytes in this place. */
  v.strictObject({ kind: v.literal("text"), at: offsetBytes, text: printable(512) }),
  v.strictObject({
    kind: v.literal("hex"),
    at: offsetBytes,
    hex: v.pipe(v.string(), v.regex(/^([0-9a-fA-F]{2}){1,512}$/, "must be 1 to 512 bytes in hex")),
  }),
]);

const WORDS = [...CONTENT_KINDS, ...PATTERNS] as const;
const WordSchema = v.pipe(
  v.picklist(WORDS),
  v.transform((kind) => v.parse(ItemSchema, { kind })),
);
type ItemInput = v.InferInput<typeof ItemSchema> | (typeof WORDS)[number];

/** Chosen by what is written, so that a mistake is told of the one form that was meant. */
const OneSchema = v.lazy(
  (input): v.GenericSchema<ItemInput, ContentSpec> => (typeof input === "string" ? WordSchema : ItemSchema),
);

const LoneSchema = v.pipe(
  OneSchema,
  v.transform((item) => [item]),
);

/** One word (`content: ext4`), one entry, or a list of them, each written over the one before. */
export const ContentSchema = v.lazy(
  (input): v.GenericSchema<ItemInput | readonly ItemInput[], ContentSpec[]> =>
    Array.isArray(input) ? v.array(OneSchema) : LoneSchema,
);
/** One thing on a disk as declared. */
export type ContentSpec = v.InferOutput<typeof ItemSchema>;
