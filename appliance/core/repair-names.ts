/** Whether a word of a note names a part: by the place where it sits, or by its serial. Pure. */
import type { Part } from "./inventory-parts.ts";

/** Words that stand before a number in a slot's name and that people leave out: `DIMM_B2` is "B2", `CPU1` is "1". */
const PREFIX = /^(?:dimm|slot|bay|psu|ps|cpu|proc|processor|socket|disk|drive|fan|pcie|port|nic|gpu|card)(?=[a-z]?\d)/;

/** Shortest piece of a serial that is taken for one at its beginning or end, and anywhere within. */
const END_CHARS = 4;
const WITHIN_CHARS = 6;

const letters = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The telling pieces of a name: `P1-DIMMA1` → `p1 a1`, `PCIe Slot 03` → `3`, `Power Supply 2` → `2`. */
const piecesOf = (name: string): readonly string[] =>
  name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((piece) => /\d/.test(piece))
    .map((piece) => piece.replace(PREFIX, "").replace(/^0+(?=\d)/, ""));

/** Names under which a part's place is known: a NIC's slot also without its port. */
const placesOf = ({ kind, place }: Part): readonly string[] => {
  if (place === null) return [];
  return kind === "nic" ? [place.name, place.name.replace(/ port \d+$/, "")] : [place.name];
};

const isExactly = (part: Part, word: string): boolean => placesOf(part).some((name) => letters(name) === letters(word));

/** The end of the place's name: "B2" names `CPU1_DIMM_B2`, "19:00.0" names `0000:19:00.0`. */
const isEndOf = (part: Part, word: string): boolean => {
  const said = piecesOf(word);
  return placesOf(part).some((name) => {
    const pieces = piecesOf(name);
    return (
      said.length > 0 && said.length <= pieces.length && said.every((one, i) => one === pieces.at(i - said.length))
    );
  });
};

/** A serial or a MAC, whole or in part. A piece without a digit is a word. */
const isSerialOf = ({ identity }: Part, word: string): boolean => {
  const serial = letters(identity ?? "");
  const piece = letters(word);
  if (!/\d/.test(piece) || piece.length < END_CHARS) return false;
  return serial.startsWith(piece) || serial.endsWith(piece) || (piece.length >= WITHIN_CHARS && serial.includes(piece));
};

/** The parts that a word names. A place's whole name counts before its end: "DIMM 1" is not also "DIMM 11" nor "P2 DIMM 1" where there is a "DIMM 1". */
export const namedBy = (word: string, parts: readonly Part[]): readonly Part[] => {
  for (const isNamed of [isExactly, isSerialOf, isEndOf]) {
    const named = parts.filter((part) => isNamed(part, word));
    if (named.length > 0) return named;
  }
  return [];
};
