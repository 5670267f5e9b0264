import { expect, test } from "bun:test";
import { createFakeClock } from "../../agent/fakes/clock.ts";
import { openBrowserFingers } from "../../appliance/panel/browser-fingers.ts";
import { openMirror } from "../../appliance/panel/mirror.ts";
import { FRAME_BYTES } from "../../board/frame.ts";
import { openSimulatedButtons, openSimulatedDisplay } from "../../board/simulator.ts";

const filled = (byte: number): Uint8Array => new Uint8Array(FRAME_BYTES).fill(byte);

test("openMirror gives the display everything, and who looks the newest picture first", async () => {
  await using simulated = openSimulatedDisplay();
  const { display, pictures } = openMirror(simulated);
  display.show(filled(1));
  const ending = new AbortController();
  const seen = pictures(ending.signal)[Symbol.asyncIterator]();
  expect((await seen.next()).value).toMatchObject({ frame: filled(1), brightness: "full" });
  const next = seen.next();
  display.setBrightness("dim");
  expect((await next).value).toMatchObject({ frame: filled(1), brightness: "dim" });
  display.show(filled(2));
  display.show(filled(3)); // while nobody took the one before
  expect((await seen.next()).value).toMatchObject({ frame: filled(3) });
  expect(simulated.picture).toMatchObject({ frame: filled(3), brightness: "dim" });
  const last = seen.next();
  ending.abort();
  expect((await last).done).toBe(true);
});

test("openBrowserFingers lets go of a button that nobody holds anew, and of no other", async () => {
  const clock = createFakeClock();
  const buttons = openSimulatedButtons(() => clock.monoMs());
  const { hold } = openBrowserFingers(buttons, clock);
  hold("abort", true);
  await clock.pass(1_500);
  hold("abort", true);
  hold("next", true);
  await clock.pass(600);
  expect(buttons.held).toEqual(["next", "abort"]);
  hold("next", false);
  await clock.pass(1_300);
  expect(buttons.held).toEqual(["abort"]);
  await clock.pass(200);
  expect(buttons.held).toEqual([]);
});
