/** A disk or a refusal, as every step on the way to writing answers. */
import { cleanText } from "../probes/label.ts";
import type { DiskRefusal } from "../wire/wipe.ts";

/** A value, or why the disk is left alone. */
export type DiskAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: DiskRefusal };

/** A value. */
export const given = <T>(value: T): DiskAnswer<T> => ({ ok: true, value });

/** A refusal. `detail` may quote names that the hardware gives itself. */
export const refused = (
  code: DiskRefusal["code"],
  detail: string,
): { readonly ok: false; readonly refusal: DiskRefusal } => ({
  ok: false,
  refusal: { code, detail: cleanText(detail, 500) },
});
