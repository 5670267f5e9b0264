/** Runs one of the programs of this folder on an emulated board and reads what it says, line by line. */
import { join } from "node:path";
import { linesOf } from "../../setup/lines.ts";
import type { BoardEmulator } from "../emulator/emulator.ts";

/** A running program. */
export interface BoardProgram {
  /** The next line that it prints; null after its end. */
  next(): Promise<string | null>;
  /** The next line, which is JSON. */
  nextJson<Value>(): Promise<Value>;
  readonly exited: Promise<number>;
}

/** Runs a command there; it prints to stderr of the test what goes wrong. */
export const startCommand = (board: BoardEmulator, command: readonly string[], cwd?: string): BoardProgram => {
  const child = Bun.spawn(board.enter(command, cwd), { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const lines = linesOf(child.stdout);
  const next = async (): Promise<string | null> => (await lines.next()).value ?? null;
  return {
    next,
    nextJson: async () => JSON.parse((await next()) ?? "null"),
    exited: child.exited,
  };
};

/** Runs a program of this folder. */
export const startProgram = (board: BoardEmulator, name: string, ...words: readonly string[]): BoardProgram =>
  startCommand(board, [process.execPath, join(import.meta.dir, name), ...words]);
