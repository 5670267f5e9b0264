/** The fields of one part against what is wanted of them. Pure. */
import type { Inventory } from "../../../agent/wire/inventory.ts";
import type { Severity } from "../../../agent/wire/names.ts";
import type { Difference } from "../views.ts";
import { differ, notMeasured, severityOf } from "./difference.ts";
import { codeOf, type Field, type Fields } from "./field.ts";
import type { Group } from "./spec.ts";
import { isLess, isWanted, renderValue, type Value, type Want } from "./want.ts";

/** A part with what differences call it. */
export interface Subject<Part> {
  readonly part: Part;
  /** `disk S6PW1234`, `board`, `slot B2`. */
  readonly component: string;
  readonly inventory: Inventory;
}

/** A value as a sentence says it. */
const render = <Part>({ kind, unit, show }: Field<Part>, value: Value): string => {
  if (show !== undefined) return show(value);
  const text = renderValue(kind, value);
  return unit === undefined ? text : `${text} ${unit}`;
};

/** What is wanted, as a sentence says it. */
export const renderWant = <Part>(field: Field<Part>, want: Want): string => {
  const [only, ...others] = want.any;
  const plain = others.length === 0 && only !== undefined && (only.form === "flag" || only.form === "text");
  if (only?.form === "flag" && others.length === 0) return render(field, only.is);
  if (only?.form === "range" && others.length === 0 && only.least === only.most) {
    // The words are the person's own where a unit is among them.
    return field.kind === "count" || field.kind === "figure" ? render(field, only.least) : want.words;
  }
  return plain || field.unit === undefined ? want.words : `${want.words} ${field.unit}`;
};

const quoted = <Part>({ kind }: Field<Part>, text: string): string =>
  kind === "text" && /[\s(]/.test(text) ? `“${text}”` : text;

/** `the board` and `the memory` are words; `disk S1` is a name. */
const named = (component: string): string => {
  if (/\s/.test(component)) return component;
  return `the ${component === "cpu" ? "CPU" : component}`;
};

const sentence = <Part>(field: Field<Part>, want: Want, component: string, found: string): string => {
  const words = renderWant(field, want);
  // `number of fans` needs no owner.
  const subject = field.label.startsWith("number of ") ? field.label : `${field.label} of ${named(component)}`;
  return want.exact === true
    ? `The ${subject} is ${quoted(field, found)}, not ${quoted(field, words)}.`
    : `The ${subject} is ${quoted(field, found)}; wanted is ${words}.`;
};

/** The severity that the spec sets: the want's own, else its part's. */
const graveness = (want: Want, group: Group): Severity | undefined => want.severity ?? group.severity;

const diffField = <Part>(
  field: Field<Part>,
  want: Want,
  group: Group,
  subject: Subject<Part>,
): readonly Difference[] => {
  const { part, component, inventory } = subject;
  const expected = renderWant(field, want);
  const severity = graveness(want, group);
  const instead = field.instead?.(part);
  if (instead !== undefined) {
    const said = `The ${field.label} of ${named(component)} cannot be told: ${instead.found}; wanted is ${expected}.`;
    return [differ(instead.code, { component, expected, found: instead.found, said }, severity)];
  }
  const values = valuesOf(field, part);
  if (values.length === 0) {
    const gravest = severity ?? severityOf(codeOf(field, want, true));
    return [notMeasured(inventory, field.probe, component, `${field.label} ${expected}`, gravest)];
  }
  const wrong = values.filter((value) => !isWanted(want, value));
  const [first] = wrong;
  if (first === undefined) return [];
  const words = [...new Set(wrong.map((value) => render(field, value)))].join(", ");
  const code = codeOf(field, want, isLess(want, first));
  return [differ(code, { component, expected, found: words, said: sentence(field, want, component, words) }, severity)];
};

/** Differences of one part. */
export const diffGroup = <Part>(fields: Fields<Part>, group: Group, subject: Subject<Part>): readonly Difference[] =>
  Object.entries(fields).flatMap(([key, field]) => {
    const want = group.wants[key];
    return want === undefined ? [] : diffField(field, want, group, subject);
  });

/** What was found of a field; several values where a part has several. */
export const valuesOf = <Part>(field: Field<Part> | undefined, part: Part): readonly Value[] => {
  const found = field?.of(part);
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found as Value];
};

const isRight = <Part>(field: Field<Part> | undefined, want: Want, part: Part): boolean => {
  if (field?.instead?.(part) !== undefined) return false;
  const values = valuesOf(field, part);
  return values.length > 0 && values.every((value) => isWanted(want, value));
};

/** The keys of the fields that are not as wanted, what was not measured among them. */
export const wrongFields = <Part>(fields: Fields<Part>, { wants }: Group, part: Part): readonly string[] =>
  Object.entries(wants).flatMap(([key, want]) => (isRight(fields[key], want, part) ? [] : [key]));

/** Whether a part is all that is wanted. */
export const isWhole = <Part>(fields: Fields<Part>, { wants }: Group, part: Part): boolean => {
  for (const key in wants) {
    const want = wants[key];
    if (want === undefined || !isRight(fields[key], want, part)) return false;
  }
  return true;
};

/** What is wanted of a part, in a few words: `size 960 GB, transport nvme`. */
export const describeGroup = <Part>(fields: Fields<Part>, { wants }: Group): string =>
  Object.entries(fields)
    .flatMap(([key, field]) => {
      const want = wants[key];
      return want === undefined ? [] : [`${field.label} ${renderWant(field, want)}`];
    })
    .join(", ");
