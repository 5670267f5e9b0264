/**
 * Text made fit for the display: characters that can be drawn, lines that are no longer than they may be. Whatever a server called its disk, it
 * stays within its place.
 */

/** No line of the panel needs more of a text than this; what follows is not even looked at. */
const MAX_UNITS = 1024;

/** Typography that the font has under a plainer name. */
const PLAIN: Readonly<Record<string, string>> = {
  "\u{2018}": "'",
  "\u{2019}": "'",
  "\u{201C}": '"',
  "\u{201D}": '"',
  "\u{2011}": "-",
  "\u{2212}": "-",
  "\u{03BC}": "µ",
  "\u{2126}": "Ω",
};

/**
 * One cell a character, in the order of the memory: spaces for line breaks and tabs, nothing for what has no shape of its own (direction marks,
 * joiners, accents on nothing), the replacement character for what is no text.
 */
export const cleanText = (text: string): string =>
  text
    .slice(0, MAX_UNITS)
    .toWellFormed()
    .normalize("NFC")
    .replace(/\p{Cf}|\p{M}/gu, "")
    .replace(/\s/gu, " ")
    .replace(/\p{C}/gu, "\u{FFFD}")
    .replace(/[\u2018\u2019\u201C\u201D\u2011\u2212\u03BC\u2126]/gu, (char) => PLAIN[char] ?? char);

/** At most `columns` characters; an ellipsis stands for an end that is missing. */
export const fitText = (text: string, columns: number): string => {
  const chars = [...cleanText(text)];
  return chars.length <= columns ? chars.join("") : [...chars.slice(0, Math.max(0, columns - 1)), "…"].join("");
};

/** As `fitText`, but what is missing is missing from the middle: names of servers and serials differ at their ends. */
export const fitName = (name: string, columns: number): string => {
  const chars = [...cleanText(name)];
  if (chars.length <= columns || columns < 3) return fitText(name, columns);
  const tail = Math.floor((columns - 1) / 2);
  return [...chars.slice(0, columns - 1 - tail), "…", ...chars.slice(chars.length - tail)].join("");
};

/** A word in pieces that fit into a line each. */
const breakWord = (word: string, columns: number): readonly string[] => {
  const chars = [...word];
  return Array.from({ length: Math.ceil(chars.length / columns) }, (_, i) =>
    chars.slice(i * columns, (i + 1) * columns).join(""),
  );
};

/** Lines of at most `columns` characters, broken between words where that is possible. */
export const wrapText = (text: string, columns: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of cleanText(text).split(" ").filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && [...last].length + 1 + [...word].length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(...breakWord(word, columns));
  }
  return lines;
};
