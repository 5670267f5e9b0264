/** Files that the command line writes for a person: new ones only, readable by that person alone. */
import { open } from "node:fs/promises";
import { EXIT, Stop } from "./terminal.ts";

/** Writes a secret or a file to a new file of the person's own, which must be there before what goes into it is asked for. */
export const writeNew = async (path: string, ask: () => Promise<string>): Promise<void> => {
  const file = await open(path, "wx", 0o600).catch(() => {
    throw new Stop(EXIT.usage, `${path} cannot be made, or is there already.`);
  });
  try {
    await file.writeFile(await ask());
  } finally {
    await file.close();
  }
};
