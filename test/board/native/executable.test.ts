/** The stand-ins inside a compiled executable. */
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLit } from "../../../board/frame.ts";
import { openBoardEmulator } from "../emulator/emulator.ts";
import { startCommand } from "./program.ts";

test("an executable draws and hears edges, from an empty folder and without a file beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "box-"));
  const [program, empty] = [join(folder, "box"), join(folder, "empty")];
  mkdirSync(empty);
  try {
    const built = await Bun.build({
      entrypoints: [join(import.meta.dir, "box.ts")],
      minify: true,
      compile: { outfile: program, autoloadDotenv: false, autoloadBunfig: false },
    });
    expect(built.success).toBe(true);
    await using board = await openBoardEmulator({ registers: [0x48] });
    const box = startCommand(board, ["env", "-i", program, "529"], empty);
    expect(await box.next()).toBe("ready");
    for (const x of [0, 1, 2]) {
      await board.toggle(17, 2);
      await board.until(() => isLit(board.panel.picture(), x, 0));
    }
    expect(await box.next()).toBe(`${process.arch} 0`);
    expect(await box.exited).toBe(0);
    expect(board.panel.faults).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
