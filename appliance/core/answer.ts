/** The two halves of an answer, said briefly. */
import type { Answer, RefusalCode } from "./ports.ts";

/** A value. */
export const accept = <T>(value: T): Answer<T> => ({ ok: true, value });

/** A refusal with its place. */
export const refuse = (code: RefusalCode, detail: string, path?: string): Answer<never> => ({
  ok: false,
  refusal: { code, detail, ...(path === undefined ? {} : { path }) },
});
