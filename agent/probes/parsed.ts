/** What a parser answers: facts, or where and why the text is no output of its tool. Pure. */

/** The answer of a parser. It never throws, whatever the bytes. */
export type Parsed<Facts> =
  | { readonly ok: true; readonly facts: Facts }
  /** `place` is `line 3` or `line 3, column 7`, from 1. */
  | { readonly ok: false; readonly place: string; readonly reason: string };

/** Facts. */
export const understood = <Facts>(facts: Facts): Parsed<Facts> => ({ ok: true, facts });

/** Not an output of this tool: where, and why. */
export const notUnderstood = (place: string, reason: string): Parsed<never> => ({ ok: false, place, reason });
