/** What a management controller keeps on its server's parts: FRU areas (FRU Information Storage Definition 1.3). Pure. */
import type { FruSpec } from "../declared-bmc.ts";
import { checksum } from "./frame.ts";

/** A string: its form (8-bit text) and length in one byte, then its characters. */
export const typeLength = (text: string | undefined): readonly number[] => {
  // One character would look like the end of the fields (C1h); a blank more changes nothing.
  const padded = text === undefined ? "" : text.length === 1 ? `${text} ` : text;
  return [0xc0 | padded.length, ...Buffer.from(padded, "latin1")];
};

const AREA_STEP = 8;
const NO_MORE_FIELDS = 0xc1;
const FORMAT_VERSION = 1;
const RACK_MOUNT = 0x17;
const ENGLISH = 0;
/** Minutes since 1996 (zero: the day is not told). */
const NO_DATE = [0, 0, 0];

/** An area: its length counts in eights, and its bytes sum to zero. */
const encodeArea = (head: readonly number[], strings: readonly (string | undefined)[]): readonly number[] => {
  const fields = [...head, ...strings.flatMap(typeLength), NO_MORE_FIELDS];
  const steps = Math.ceil((2 + fields.length + 1) / AREA_STEP);
  const body = [FORMAT_VERSION, steps, ...fields];
  const padded = [...body, ...Array<number>(steps * AREA_STEP - body.length - 1).fill(0)];
  return [...padded, checksum(padded)];
};

/** A FRU's whole storage: the header says where each area begins, in eights. */
export const encodeFru = ({ chassis, board, product }: FruSpec): Uint8Array => {
  const areas = [
    chassis && encodeArea([RACK_MOUNT], [chassis.part, chassis.serial]),
    board &&
      encodeArea([ENGLISH, ...NO_DATE], [board.manufacturer, board.product, board.serial, board.part, undefined]),
    product &&
      encodeArea(
        [ENGLISH],
        [product.manufacturer, product.name, product.part, product.version, product.serial, undefined, undefined],
      ),
  ];
  let next = 1;
  const starts = areas.map((area) => {
    const start = next;
    next += (area?.length ?? 0) / AREA_STEP;
    return area === undefined ? 0 : start;
  });
  // Before them an area for the controller's own use, behind them one for multiple records: this storage has neither.
  const header = [FORMAT_VERSION, 0, ...starts, 0, 0];
  return Uint8Array.from([...header, checksum(header), ...areas.flatMap((area) => area ?? [])]);
};
