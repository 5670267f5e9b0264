/** How BMC calls end: values for what goes wrong in every rack, in words for a person. Pure. */
import { plainText } from "../../agent/wire/plain.ts";
import type { BmcAnswer, BmcTrouble, BmcTroubleCode } from "../core/power-port.ts";

/** Longest text of a BMC's own that is repeated to a person. */
const SAID_CHARS = 160;

/** An answer. */
export const done = <T>(value: T): BmcAnswer<T> => ({ ok: true, value });

/** A failure. What the BMC itself said is made safe and stands at the end. */
export const trouble = (code: BmcTroubleCode, message: string, said = ""): BmcAnswer<never> => ({
  ok: false,
  trouble: troubleOf(code, message, said),
});

/** A failure by itself. */
export const troubleOf = (code: BmcTroubleCode, message: string, said = ""): BmcTrouble => {
  const safe = plainText(said, SAID_CHARS).trim();
  return { code, message: safe === "" ? message : `${message} It said: ${safe}` };
};

/** Ends a call from within: caught where the call began, and nowhere else. */
export class BmcFailure extends Error {
  override readonly name = "BmcFailure";
  readonly trouble: BmcTrouble;

  constructor(code: BmcTroubleCode, message: string, said = "", options?: ErrorOptions) {
    const reason = troubleOf(code, message, said);
    super(reason.message, options);
    this.trouble = reason;
  }
}

/** Runs a call; its `BmcFailure` becomes a value, all else that it throws is a bug or a fault and goes on. */
export const answering = async <T>(work: () => Promise<T>): Promise<BmcAnswer<T>> => {
  try {
    return done(await work());
  } catch (error) {
    if (error instanceof BmcFailure) return { ok: false, trouble: error.trouble };
    throw error;
  }
};
