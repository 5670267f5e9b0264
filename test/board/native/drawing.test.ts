/** oled-i2c-bus as published draws on the emulated panel. */
import { expect, test } from "bun:test";
import { isLit } from "../../../board/frame.ts";
import { openBoardEmulator } from "../emulator/emulator.ts";
import { startProgram } from "./program.ts";

test("what oled-i2c-bus draws is what the panel shows", async () => {
  await using board = await openBoardEmulator();
  const program = startProgram(board, "draw.ts");
  const drawn = await program.next();
  await board.until(() => Buffer.from(board.panel.picture()).toString("hex") === drawn);
  expect(await program.exited).toBe(0);
  expect(board.panel.faults).toEqual([]);
  expect(board.panel.registers).toMatchObject({ on: true, mode: "horizontal", contrast: 0x8f });
  const picture = board.panel.picture();
  expect([isLit(picture, 0, 0), isLit(picture, 127, 63), isLit(picture, 127, 0), isLit(picture, 126, 0)]).toEqual([
    ...[true, true, true, false],
  ]);
  expect([isLit(picture, 60, 2), isLit(picture, 79, 10), isLit(picture, 80, 10)]).toEqual([true, true, false]);
  expect(board.panel.dataBytes).toBe(1024);
});
