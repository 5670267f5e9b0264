/** `Name : value` lines, as most answers of ipmitool are made of. Pure and linear. */
import { linesOf } from "../lines.ts";

/** A line of ipmitool is short; what is longer is cut before it is looked at. */
const MAX_LINE_CHARS = 2_000;

/** Name and value of one line; undefined for a line without a colon. The first colon counts, because values hold more of them (MAC addresses, times). */
export const splitField = (line: string): readonly [name: string, value: string] | undefined => {
  const short = line.slice(0, MAX_LINE_CHARS);
  const at = short.indexOf(":");
  return at < 1 ? undefined : [short.slice(0, at).trim(), short.slice(at + 1).trim()];
};

/** All fields of an answer; of equal names the first. */
export const fieldsOf = (text: string): ReadonlyMap<string, string> => {
  const fields = new Map<string, string>();
  for (const line of linesOf(text)) {
    const field = splitField(line);
    if (field !== undefined && field[0] !== "" && !fields.has(field[0])) fields.set(field[0], field[1]);
  }
  return fields;
};
