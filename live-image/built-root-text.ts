/** For tests: what the image runs by itself, line by line: the inittab, and the scripts that it and udev call. */
import { readdir } from "node:fs/promises";

const SCRIPTS = "usr/lib/vetbox";

/** Action and program of each line of the inittab. */
export const loadServices = async (root: string): Promise<(readonly [action: string, program: string])[]> => {
  const text = await Bun.file(`${root}/etc/inittab`).text();
  return [...text.matchAll(/^[^#:]*:[^:]*:(\w+):(\S+)/gm)].map(([, action = "", program = ""]) => [action, program]);
};

/** Lines of code of the scripts that match, with their file. */
export const loadCommands = async (
  root: string,
  pattern: RegExp,
): Promise<(readonly [path: string, line: string])[]> => {
  const found: (readonly [string, string])[] = [];
  for (const name of await readdir(`${root}/${SCRIPTS}`))
    for (const line of (await Bun.file(`${root}/${SCRIPTS}/${name}`).text()).split("\n"))
      if (!/^\s*#/.test(line) && pattern.test(line)) found.push([`${SCRIPTS}/${name}`, line.trim()]);
  return found;
};
