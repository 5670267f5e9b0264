/** Compiles the emulator, once for each state of its source. */
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { needPackages } from "../../setup/packages.ts";
import { ROOT } from "../../setup/sources.ts";

const FLAGS = ["-std=gnu17", "-O1", "-Wall", "-Wextra", "-D_FILE_OFFSET_BITS=64", "-I/usr/include/fuse3"];
const FOLDER = join(ROOT, "build/board-emulator");

/** The program's path. What it takes is installed where it is missing. */
export const buildEmulator = async (): Promise<string> => {
  await needPackages(["gcc", "libc6-dev", "libfuse3-dev", "util-linux"]);
  const names = readdirSync(import.meta.dir)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
  const hash = new Bun.CryptoHasher("sha256").update(FLAGS.join(" "));
  for (const name of names) hash.update(await Bun.file(join(import.meta.dir, name)).bytes());
  const program = join(FOLDER, `emulator-${hash.digest("hex").slice(0, 16)}`);
  if (await Bun.file(program).exists()) return program;
  mkdirSync(FOLDER, { recursive: true });
  const draft = `${program}.${process.pid}`; // several test files may compile at once; the last to finish wins
  const sources = names.filter((name) => name.endsWith(".c"));
  const gcc = Bun.spawn(["gcc", ...FLAGS, ...sources, "-lfuse3", "-lpthread", "-o", draft], {
    cwd: import.meta.dir,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  if ((await gcc.exited) !== 0) throw new Error("the board's emulator does not compile");
  renameSync(draft, program);
  return program;
};
