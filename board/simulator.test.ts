import { expect, test } from "bun:test";
import type { ButtonEdge } from "./buttons.ts";
import { FRAME_BYTES } from "./frame.ts";
import { openSimulatedButtons, openSimulatedDisplay, type Picture } from "./simulator.ts";

const filled = (byte: number): Uint8Array => new Uint8Array(FRAME_BYTES).fill(byte);

test("openSimulatedDisplay keeps the last picture and tells only what changed", async () => {
  await using display = openSimulatedDisplay();
  const seen: Picture[] = [];
  const stop = display.watch((picture) => seen.push(picture));
  expect(display.picture).toEqual({ frame: filled(0), brightness: "full", revision: 0 });
  display.show(filled(0));
  display.show(filled(0x0f));
  display.show(filled(0x0f));
  display.setBrightness("dim");
  display.setBrightness("dim");
  expect(seen).toEqual([
    { frame: filled(0x0f), brightness: "full", revision: 1 },
    { frame: filled(0x0f), brightness: "dim", revision: 2 },
  ]);
  stop();
  display.show(filled(1));
  expect(seen).toHaveLength(2);
  expect(display.picture.revision).toBe(3);
});

test("openSimulatedButtons tells each edge once, with its time, to all that listen", async () => {
  let nowMs = 10;
  await using buttons = openSimulatedButtons(() => nowMs);
  const one: ButtonEdge[] = [];
  const other: ButtonEdge[] = [];
  const stop = buttons.listen((edge) => one.push(edge));
  buttons.listen((edge) => other.push(edge));
  buttons.release("next");
  buttons.press("abort");
  buttons.press("abort");
  buttons.press("next");
  expect(buttons.held).toEqual(["next", "abort"]);
  nowMs = 25;
  stop();
  buttons.release("abort");
  expect(one).toEqual([
    { button: "abort", down: true, atMonoMs: 10 },
    { button: "next", down: true, atMonoMs: 10 },
  ]);
  expect(other.slice(2)).toEqual([{ button: "abort", down: false, atMonoMs: 25 }]);
  expect(buttons.held).toEqual(["next"]);
});

test("openSimulatedButtons and openSimulatedDisplay tell nobody after they are closed", async () => {
  const edges: ButtonEdge[] = [];
  const pictures: Picture[] = [];
  const buttons = openSimulatedButtons();
  const display = openSimulatedDisplay();
  buttons.listen((edge) => edges.push(edge));
  display.watch((picture) => pictures.push(picture));
  await buttons[Symbol.asyncDispose]();
  await display[Symbol.asyncDispose]();
  buttons.press("next");
  display.show(filled(1));
  expect([edges, pictures]).toEqual([[], []]);
});
