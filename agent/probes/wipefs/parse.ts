/** `wipefs -J -n` to signatures: libblkid's opinion of a disk, all of it. Pure and total. */
import { textAt } from "../json-values.ts";
import { present } from "../label.ts";
import { objectOf, parseLenientJson } from "../lenient-json.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";

/** A signature that libblkid knows. */
export interface WipefsSignature {
  /** libblkid's word: `ext4`, `LVM2_member`, `gpt`, `PMBR`. */
  readonly type: string;
  /** Where its mark stands. */
  readonly offsetBytes: number;
  readonly label?: string;
}

const MAX_SIGNATURES = 1_000;

const signatureOf = (row: unknown): readonly WipefsSignature[] => {
  const object = objectOf(row);
  const type = object === undefined ? undefined : textAt(object, "type", 64);
  const offset = object === undefined ? undefined : textAt(object, "offset", 32);
  if (object === undefined || type === undefined || !/^0x[0-9a-f]{1,16}$/.test(offset ?? "")) return [];
  const offsetBytes = Number(offset);
  if (!Number.isSafeInteger(offsetBytes)) return [];
  return [{ type, offsetBytes, ...present({ label: textAt(object, "label", 200) }) }];
};

/** The signatures; none at all for a disk without one. A row that is not understood refuses the whole, because it is a signature all the same. */
export const parseWipefs = (text: string): Parsed<readonly WipefsSignature[]> => {
  if (text.trim() === "") return understood([]);
  const read = parseLenientJson(text);
  if (!read.ok) return read;
  const rows = objectOf(read.facts[0])?.["signatures"];
  if (!Array.isArray(rows)) return notUnderstood("line 1, column 1", "JSON, but not of wipefs: no signatures.");
  const found = rows.slice(0, MAX_SIGNATURES).map(signatureOf);
  const odd = found.findIndex((one) => one.length === 0);
  return odd === -1 ? understood(found.flat()) : notUnderstood("line 1", `Signature ${odd + 1} has no type or place.`);
};
