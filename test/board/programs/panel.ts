/**
 * The box's own display and buttons, by i2c-bus and onoff as they are published, for the emulated board: orders come on stdin and tidings go to stdout, a JSON object a line.
 *
 * Orders: `{"show": seed}`, `{"brightness": "dim"}`, `{"count": true}`, `{"close": true}`. Tidings: `{"edge": …}`, `{"log": message, …}`, `{"turns": number}`, `{"closed": …}`.
 */
import { openButtons } from "../../../board/gpio/open-buttons.ts";
import { PI_CHIP_LABELS } from "../../../board/gpio/port.ts";
import { CONTROLLER_NAMES } from "../../../board/oled/controllers.ts";
import { DISPLAY_ADDRESS, openDisplay } from "../../../board/oled/open-display.ts";
import { patterned } from "./pattern.ts";

const [controllerName, windowMs = "20"] = process.argv.slice(2);
const controller = CONTROLLER_NAMES.find((name) => name === controllerName) ?? "ssd1306";

const say = (tiding: object): void => void process.stdout.write(`${JSON.stringify(tiding)}\n`);
const logTo = (part: string) => {
  const note = (fields: object, message: string): void => say({ log: message, part, ...fields });
  return { info: note, warn: note };
};

/** Turns of the event loop, one a millisecond where nothing holds it. */
let turns = 0;
const pulse = setInterval(() => {
  turns += 1;
}, 1);

const display = await openDisplay({ controller, busNumber: 1, address: DISPLAY_ADDRESS, log: logTo("display") });
const buttons = await openButtons({
  lines: { next: 4, override: 5, abort: 6 },
  chipLabels: PI_CHIP_LABELS,
  windowMs: Number(windowMs),
  log: logTo("buttons"),
});
buttons.listen((edge) => say({ edge, toldAtMonoMs: performance.now() }));
say({ ready: { display: display.state, buttons: buttons.state } });

for await (const line of console) {
  const order = JSON.parse(line);
  if ("show" in order) display.show(patterned(order.show));
  if ("brightness" in order) display.setBrightness(order.brightness);
  if ("count" in order) say({ turns });
  if ("close" in order) break;
}
await buttons[Symbol.asyncDispose]();
await display[Symbol.asyncDispose]();
clearInterval(pulse);
say({ closed: { display: display.state } });
