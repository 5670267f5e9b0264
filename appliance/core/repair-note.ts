/** The note of what was repaired before a run, as an operator typed it. Pure. */
import { plainText } from "../../agent/wire/plain.ts";
import { accept, refuse } from "./answer.ts";
import { type Answer, REPAIR_NOTE_CHARS } from "./ports.ts";

/** Decodes a note: any text in one line, made safe to show; null when there is none. One that is too long is refused, so that nothing of it is lost. */
export const decodeRepairNote = (input: string | null | undefined): Answer<string | null> => {
  const note = plainText((input ?? "").trim().replace(/\s+/g, " ").normalize("NFC"));
  if (note.length > REPAIR_NOTE_CHARS)
    return refuse("invalid", `The note of the repair is over ${REPAIR_NOTE_CHARS} characters.`, "repaired");
  return accept(note === "" ? null : note);
};
