/** What a person gives a command to read. */
import { readFile } from "node:fs/promises";
import { EXIT, Stop } from "./terminal.ts";
import type { Cli } from "./verb.ts";

/** Text of a file; `-` is standard input. */
export const readGiven = async (cli: Cli, path: string): Promise<string> => {
  if (path === "-") return cli.readInput();
  return readFile(path, "utf8").catch(() => {
    throw new Stop(EXIT.usage, `${path} cannot be read.`);
  });
};
