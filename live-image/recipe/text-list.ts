/** The recipe's lists: one entry per line, `#` comments. */

/** Reads one of them from the recipe's folder. */
export const loadList = async (name: string): Promise<readonly string[]> => {
  const text = await Bun.file(`${import.meta.dir}/${name}`).text();
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
};
