/** The agent's words on the kernel command line: pure. */
import { CMDLINE } from "./wire/routes.ts";

/** What the boot script told the agent; a word that was missing is absent. */
export type BootWords = Partial<Record<Exclude<keyof typeof CMDLINE, "root">, string>>;

/** Reads `/proc/cmdline`. Of equal words the last counts, as it does for the kernel. */
export const parseCmdline = (text: string): BootWords => {
  const words = new Map<string, string>();
  for (const word of text.trim().split(/\s+/)) {
    const at = word.indexOf("=");
    if (at > 0) words.set(word.slice(0, at), word.slice(at + 1));
  }
  const { root: _, ...ours } = CMDLINE;
  return Object.fromEntries(
    Object.entries(ours).flatMap(([name, word]) => {
      const value = words.get(word);
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
};
