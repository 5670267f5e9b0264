/** The chips of /sys/class/gpio. */
import { readdir, readFile } from "node:fs/promises";

const readWord = async (path: string): Promise<string> => (await readFile(path, "utf8")).trim();

/** The global number of the first line of the first chip with one of the labels; null when there is none. */
export const findSysfsBase = async (root: string, labels: readonly string[]): Promise<number | null> => {
  const chips = (await readdir(root)).filter((name) => /^gpiochip\d+$/.test(name));
  for (const chip of chips.sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)))) {
    const label = await readWord(`${root}/${chip}/label`).catch(() => null); // unplugged a moment ago
    if (label !== null && labels.includes(label)) return Number(await readWord(`${root}/${chip}/base`));
  }
  return null;
};
