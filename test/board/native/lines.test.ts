/** onoff as published, over our half of epoll, on emulated lines. */
import { beforeAll, expect, test } from "bun:test";
import { buildEmulator } from "../emulator/build.ts";
import { openBoardEmulator } from "../emulator/emulator.ts";
import { startCommand, startProgram } from "./program.ts";

beforeAll(async () => void (await buildEmulator()), 120_000);

test("200 of 200 edges come, in order, and the process ends by itself when nobody watches", async () => {
  await using board = await openBoardEmulator();
  const program = startProgram(board, "edges.ts", "both", "200", "{}", "17");
  expect(await program.next()).toBe('"ready"');
  await board.toggle(17, 200);
  const told: unknown[] = [];
  for (let line = await program.next(); line !== null; line = await program.next()) told.push(JSON.parse(line));
  expect(told).toEqual(Array.from({ length: 200 }, (_, index) => [17, index % 2])); // high at rest, so low comes first
  expect(await program.exited).toBe(0);
});

test("edges of several lines are told each for its line", async () => {
  await using board = await openBoardEmulator();
  const program = startProgram(board, "edges.ts", "both", "6", "{}", "5", "6", "13");
  await program.next();
  const told: unknown[] = [];
  for (const line of [13, 5, 6, 6, 13, 5]) {
    await board.toggle(line, 1);
    told.push(await program.nextJson());
  }
  expect(told).toEqual([
    [13, 0],
    [5, 0],
    [6, 0],
    [6, 1],
    [13, 1],
    [5, 1],
  ]);
  expect(await program.exited).toBe(0);
});

test("a falling edge is told and a rising one is not; active_low turns both round", async () => {
  await using board = await openBoardEmulator();
  const falling = startProgram(board, "edges.ts", "falling", "2", "{}", "4");
  await falling.next();
  await board.toggle(4, 4);
  expect([await falling.next(), await falling.next(), await falling.next()]).toEqual(["[4,0]", "[4,0]", null]);
  const activeLow = startProgram(board, "edges.ts", "rising", "1", '{"activeLow":true}', "4");
  await activeLow.next();
  await board.press(4);
  expect(await activeLow.next()).toBe("[4,1]");
  await Promise.all([falling.exited, activeLow.exited]);
});

test("five bounces of one press are one edge after onoff's debounce", async () => {
  await using board = await openBoardEmulator();
  const program = startProgram(board, "edges.ts", "both", "2", '{"debounceTimeout":30}', "17");
  await program.next();
  const bounces = [0, 126, 231, 491, 495].map(
    (afterUs, index) => ({ afterUs, level: index % 2 === 0 ? 0 : 1 }) as const,
  );
  await board.play(17, bounces);
  expect(await program.next()).toBe("[17,0]");
  await board.release(17);
  expect([await program.next(), await program.next()]).toEqual(["[17,1]", null]);
});

test("a line's event is EPOLLPRI and EPOLLERR, and stays until the value was read", async () => {
  await using board = await openBoardEmulator();
  const program = startProgram(board, "levels.ts", "529");
  // Before the first read the value counts as changed, as in the kernel.
  expect([await program.next(), await program.next()]).toEqual(["10", "10"]);
  await board.press(17);
  expect([await program.next(), await program.next(), await program.next()]).toEqual(["10", "10", null]);
});

test("an output follows, is read back, and goes when it is unexported", async () => {
  await using board = await openBoardEmulator();
  const program = startProgram(board, "outputs.ts", "533");
  expect(await program.nextJson<unknown>()).toEqual(["out", 0, 1, 1, 0, true, 1, "in", "none", "EPERM", true]);
  expect(await program.exited).toBe(0);
  expect(await board.level(21)).toBe(0);
});

test("the emulated sysfs refuses what the kernel refuses", async () => {
  await using board = await openBoardEmulator();
  const shell = startCommand(board, [
    "bash",
    "-c",
    `cd /sys/class/gpio; try() { echo "$1" 2>&1 > "$2" | sed 's/.*: //'; }
     try 17 export; try 512 export; try 512 export; try 513 unexport; try sideways gpio512/direction
     try both gpio512/edge; try out gpio512/direction; try none gpio512/edge; try out gpio512/direction; try both gpio512/edge; cat gpio512/value gpiochip570/ngpio; ls`,
  ]);
  const said: string[] = [];
  for (let line = await shell.next(); line !== null; line = await shell.next()) said.push(line);
  expect(said).toEqual([
    "Invalid argument", // 17 is below the base
    "Device or resource busy",
    "Invalid argument",
    "Invalid argument",
    "Input/output error", // an output, while it interrupts
    "Input/output error", // an interrupt, while it drives
    ...["0", "8", "export", "gpio512", "gpiochip512", "gpiochip570", "unexport"],
  ]);
});
