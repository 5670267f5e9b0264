/**
 * A note of a repair, read: which parts it names, and what it says was done. Pure; words and rules only, no guessing.
 *
 * 1. The note is cut into clauses at full stops, commas, semicolons, line ends, "and", "then", "&", "+". What follows "because", "due to", "after",
 *    "since" or "caused" in a clause is why, not what, and is left out; a clause that denies ("not replaced", "no change") says nothing.
 * 2. In a clause, words of the tables below name kinds of parts and what was done. A clause without an action takes that of the clause before it, or else
 *    of the one after it; a clause with a bare number ("disks 3 and 4") takes the kind in the same way.
 * 3. Places are what follows a word such as "slot" or "bay", a number right after a kind ("disk 3"), and names such as "B2". A number before a kind
 *    ("2 DIMMs") counts, and sizes ("32 GB") are none.
 */
import type { PartKind } from "./views.ts";

/** What was done. */
export type Action = "replace" | "add" | "remove" | "move" | "update" | "reseat";

/** What a clause is about. `cable` is what hangs on a port: the link, its neighbour, its transceiver; `bios` is the firmware of the board with its settings. */
export type ClaimKind = PartKind | "cable" | "bios";

/** One clause of a note. */
export interface Claim {
  /** Empty when it names none: then its places and serials do. */
  readonly kinds: readonly ClaimKind[];
  /** The firmware of those kinds, not the parts. */
  readonly firmware: boolean;
  readonly action: Action;
  /** Names of places, as they were written. */
  readonly places: readonly string[];
  /** Where a part came from or what it was replaced with: these may change, and need not. */
  readonly sources: readonly string[];
  /** The clause, for a sentence about it. */
  readonly said: string;
}

/** Words of kinds; two words are looked for before one. */
const KIND_WORDS: Readonly<Record<string, ClaimKind>> = {
  ...all("dimm", "dimm dimms rdimm rdimms lrdimm lrdimms udimm udimms ram memory module modules stick sticks"),
  ...all("disk", "disk disks drive drives ssd ssds hdd hdds nvme nvmes harddisk harddrive"),
  ...all("nic", "nic nics ethernet lan ocp"),
  ...all("board", "board motherboard mainboard mobo planar systemboard"),
  ...all("cpu", "cpu cpus processor processors"),
  ...all("psu", "psu psus powersupply powersupplies"),
  ...all("fan", "fan fans blower blowers"),
  ...all("gpu", "gpu gpus accelerator accelerators"),
  ...all("bmc", "bmc idrac ilo ipmi imm xclarity"),
  ...all("pci", "pci pcie hba riser risers controller card cards adapter adapters"),
  ...all("firmware", "firmware fw microcode"),
  ...all("bios", "bios uefi"),
  ...all("cable", "cable cables cabling transceiver transceivers sfp sfp28 sfps qsfp qsfp28 dac patch"),
};

/** Two words for one thing, and words that mean another thing beside a neighbour. */
const PAIRS: Readonly<Record<string, string>> = {
  ...{
    "power supply": "psu",
    "power supplies": "psus",
    "power module": "psu",
    "fan module": "fan",
    "fan modules": "fans",
  },
  ...{ "hard disk": "disk", "hard disks": "disks", "hard drive": "disk", "hard drives": "disks", "solid state": "" },
  ...{ "system board": "board", "main board": "board", "mother board": "board" },
  ...{
    "network card": "nic",
    "network cards": "nics",
    "network adapter": "nic",
    "network interface": "nic",
    "network port": "nic",
  },
  ...{
    "ethernet card": "nic",
    "ethernet adapter": "nic",
    "nic card": "nic",
    "network cable": "cable",
    "ethernet cable": "cable",
  },
  ...{
    "raid controller": "controller",
    "raid card": "controller",
    "disk controller": "controller",
    "raid battery": "battery",
  },
  ...{ "storage controller": "controller", "management controller": "bmc", "pcie card": "card", "pci card": "card" },
  ...{ "graphics card": "gpu", "graphic card": "gpu", "video card": "gpu", "gpu card": "gpu" },
  ...{ "pcie slot": "slot", "pci slot": "slot", "drive bay": "bay", "disk bay": "bay", "memory slot": "dimm slot" },
  ...{ "cpu fan": "fan", "psu fan": "fan", "memory riser": "dimm", "cpu socket": "cpu", "bios battery": "battery" },
};

/** Words after which the next word is a place. A bay is a disk's, a socket a processor's. */
const PLACE_WORDS: Readonly<Record<string, ClaimKind | null>> = {
  ...{ slot: null, slots: null, port: null, ports: null, position: null, number: null, "#": null },
  ...{ bay: "disk", bays: "disk", caddy: "disk", socket: "cpu", sockets: "cpu" },
};

const ACTIONS: Readonly<Record<string, Action>> = {
  ...all(
    "replace",
    "replaced replace replacing replacement swapped swap exchanged exchange changed new renewed substituted rma rmaed",
  ),
  ...all("add", "added add adding installed install inserted fitted populated additional extra"),
  ...all("remove", "removed remove removing pulled unplugged extracted"),
  ...all("move", "moved move relocated shifted"),
  ...all("update", "updated update upgraded upgrade flashed downgraded reflashed patched"),
  ...all("reseat", "reseated reseat reseating cleaned checked inspected tightened tested reconnected replugged reset"),
};

/** Begins the reason of a repair. */
const REASONS: ReadonlySet<string> = new Set(["because", "due", "after", "since", "caused", "reason", "which", "for"]);
/** Says that nothing was done to what the clause names. */
const DENIALS: ReadonlySet<string> = new Set([
  ...["old", "same", "existing", "original", "kept", "reused"],

  "not",
  "no",
  "never",
  "nothing",
  "none",
  "without",
  "didn't",
  "wasn't",
  "weren't",
]);
const SOURCES: ReadonlySet<string> = new Set(["from", "with", "by", "instead"]);
/** After a number: a quantity. */
const UNITS = /^(?:[kmgtp]i?b|gb\/s|gbit|gbps|mhz|ghz|mt\/s|w|watts?|v|x|rpm|times|days?|weeks?)$/;
const VERSION = /^v?\d+(?:\.\d+)+\w*$/;
const SIZED = /^\d+(?:\.\d+)?(?:[kmgtp]i?b|g|t|w|x|v|gbe|gbit|mhz|ghz|rpm)$|^\d+x\d+\w*$/;
/** `b2`, `a12`, `p1-dimma1`, `cpu1_dimm_b2`, `0:1:3`, `e4:43:4b:12:9a:70`: a name with a digit. */
const NAMED = /\d/;

function all<T>(value: T, list: string): Readonly<Record<string, T>> {
  return Object.fromEntries(list.split(" ").map((word) => [word, value]));
}

const own = <T>(table: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

/** Clauses, their words in lower case. */
const clausesOf = (note: string): readonly (readonly string[])[] =>
  note
    .toLowerCase()
    .replace(/’/g, "'")
    .replace(/\b(?:no|nr)\.? ?(?=\d)|№ ?/g, "# ")
    .replace(/#(?=\S)/g, "# ")
    .replace(/["“”()[\]!?]/g, " ")
    .split(/[,;\n]|\.(?=\s|$)|\s(?:and|then|&|\+|plus)\s/)
    .map((clause) => clause.split(/\s+/).filter((word) => word !== ""))
    .filter((words) => words.length > 0);

/** One word for two, as the table has it. */
const joinPairs = (words: readonly string[]): readonly string[] => {
  const joined: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const both = own(PAIRS, `${words[i]} ${words[i + 1]}`);
    if (both !== undefined) i++;
    joined.push(...(both?.split(" ") ?? [words[i] ?? ""]));
  }
  return joined;
};

/** Splits `psu2` and `disk-3`, which are a kind and a number; `dimm_b2` is left, for it may be a slot's own name. */
const splitNumber = (word: string): readonly string[] => {
  const [, letters, digits] = /^([a-z]+)[-_]?(\d+)$/.exec(word) ?? [];
  if (letters === undefined || digits === undefined) return [word];
  return own(KIND_WORDS, letters) !== undefined || own(PLACE_WORDS, letters) !== undefined ? [letters, digits] : [word];
};

interface Draft {
  readonly kinds: Set<ClaimKind>;
  readonly denied: boolean;
  action: Action | null;
  readonly places: string[];
  readonly sources: string[];
  readonly said: string;
}

/** Reads one clause, word by word. */
const readClause = (clause: readonly string[]): Draft => {
  const end = clause.findIndex((word) => REASONS.has(word));
  const words = joinPairs(end === -1 ? clause : clause.slice(0, end)).flatMap(splitNumber);
  const denied = words.some((word) => DENIALS.has(word));
  const draft: Draft = {
    ...{ kinds: new Set(), denied, action: null, places: [], sources: [], said: clause.join(" ") },
  };
  let fromSource = false;
  let before = ""; // the last word that is no place: in "disks 3 4" it is "disks" for both
  for (const [i, word] of words.entries()) {
    if (isPlace(word, before, words[i + 1])) {
      (fromSource ? draft.sources : draft.places).push(word);
      continue;
    }
    before = word;
    draft.action ??= own(ACTIONS, word) ?? null;
    if (SOURCES.has(word)) fromSource = true;
    if (word === "to") fromSource = false;
    const kind = own(KIND_WORDS, word) ?? own(PLACE_WORDS, word);
    if (kind !== undefined && kind !== null && !fromSource) draft.kinds.add(kind);
  }
  return draft;
};

/** Whether a word names a place, by itself and its neighbours. */
const isPlace = (word: string, before: string, next: string | undefined): boolean => {
  if (Object.hasOwn(PLACE_WORDS, before) && /^(?:[\w:.-]*\d[\w:.-]*|[a-z])$/.test(word)) return true;
  if (!NAMED.test(word) || SIZED.test(word) || VERSION.test(word) || own(KIND_WORDS, word) !== undefined) return false;
  if (!/^\d{1,3}$/.test(word)) return true;
  // A plain number is a place only right after a kind, or first in a clause that goes on from another; before a kind it counts.
  if (next !== undefined && UNITS.test(next)) return false;
  if (own(KIND_WORDS, before) !== undefined) return true;
  return before === "" && (next === undefined || own(ACTIONS, next) !== undefined);
};

/** The nearest clause that has what this one lacks: before it, else after it. */
const nearest = (drafts: readonly Draft[], i: number, has: (draft: Draft) => boolean): Draft | undefined =>
  drafts.slice(0, i + 1).findLast(has) ?? drafts.slice(i).find(has);

/** Reads a note. Clauses that name nothing are left out; so is a note in another language. */
export const readClaims = (note: string): readonly Claim[] => {
  const drafts = clausesOf(note).map(readClause);
  return drafts.flatMap((draft, i) => {
    const doer = nearest(drafts, i, (one) => one.action !== null);
    if (draft.denied || (draft.action === null && doer?.denied === true)) return [];
    const namer = draft.kinds.size > 0 ? draft : nearest(drafts, i, (one) => one.kinds.size > 0);
    const kinds = new Set(
      draft.kinds.size > 0 || draft.places.some((place) => /^\d+$/.test(place)) ? namer?.kinds : [],
    );
    // "Disk firmware updated" names no disk: `kinds` then say whose firmware.
    const firmware = kinds.delete("firmware");
    const places = draft.places.filter((place) => kinds.size > 0 || !/^\d+$/.test(place));
    if (kinds.size + places.length === 0 && !firmware) return [];
    const { sources, said } = draft;
    return [{ kinds: [...kinds], firmware, action: doer?.action ?? "replace", places, sources, said }];
  });
};
