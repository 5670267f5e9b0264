/** `packages.txt`: which Debian packages are asked for, and for what. */

/** What a package is for. */
export const USES = ["root", "kernel", "microcode", "tools", "boot"] as const;
/** `root` is installed in the image; the others are only unpacked. */
export type Use = (typeof USES)[number];

const isUse = (word: string): word is Use => (USES as readonly string[]).includes(word);

/** Reads the list: `[use]` headings, one package per line, `#` comments. Throws on a line that it does not know. */
export const parsePackages = (text: string): Readonly<Record<Use, readonly string[]>> => {
  const lists: Record<Use, string[]> = { root: [], kernel: [], microcode: [], tools: [], boot: [] };
  let use: Use | undefined;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/#.*/, "").trim();
    if (line === "") continue;
    const heading = /^\[(\w+)\]$/.exec(line)?.[1];
    if (heading !== undefined && isUse(heading)) use = heading;
    else if (use !== undefined && /^[a-z0-9][a-z0-9+.-]+$/.test(line)) lists[use].push(line);
    else throw new Error(`packages.txt:${index + 1}: neither a heading nor a package name: ${line}`);
  }
  return lists;
};
