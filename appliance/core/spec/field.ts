/** What a field of the grammar is: how it is written, where its value is found, and what it means when it differs. Pure. */
import type { DifferenceCode } from "./difference.ts";
import type { Kind, Value, Want } from "./want.ts";

/** What a difference of a number is called: below what is wanted, and otherwise. */
export interface LessOrMore {
  readonly less: DifferenceCode;
  readonly more: DifferenceCode;
}

/** One field of a part. */
export interface Field<Part> {
  readonly kind: Kind;
  /** As a sentence names it: `model`, `BIOS version`. */
  readonly label: string;
  /** What was found; several values must all be right. Undefined where nothing was. */
  readonly of: (part: Part) => Value | readonly Value[] | undefined;
  readonly code: DifferenceCode | LessOrMore;
  /** The probe that should have told it. */
  readonly probe: string;
  /** Values that are taken at all; any text when not given. */
  readonly values?: readonly string[];
  /** A plain number is the least that is accepted. */
  readonly least?: true;
  /** Stands behind a number: `Mb/s`. */
  readonly unit?: string;
  /** How a value is told, where its own form says little. */
  readonly show?: (value: Value) => string;
  /** Another field that says the same in another unit. */
  readonly same?: string;
  /** What the part itself gives as the reason why there is no value. */
  readonly instead?: (part: Part) => { readonly code: DifferenceCode; readonly found: string } | undefined;
}

/** The fields of a part, by their keys in YAML. */
export type Fields<Part> = Readonly<Record<string, Field<Part>>>;

/** Makes one field; `rest` has what is not the rule. */
export const field = <Part>(
  kind: Kind,
  label: string,
  probe: string,
  of: Field<Part>["of"],
  code: Field<Part>["code"],
  rest: Partial<Field<Part>> = {},
): Field<Part> => ({ kind, label, probe, of, code, ...rest });

/** Which difference it is: a version that is too old is another matter than one that is not the one wanted. */
export const codeOf = <Part>({ code }: Field<Part>, want: Want, isLess: boolean): DifferenceCode => {
  if (typeof code === "string") return code;
  return isLess || want.any.some(({ form }) => form === "atLeast") ? code.less : code.more;
};

/** The codes of a firmware version. */
export const FIRMWARE: LessOrMore = { less: "firmware-older", more: "firmware-other" };
