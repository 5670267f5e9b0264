/** A small box: a press on the line lights one more pixel on the display, three and it ends. Compiled and run from an empty folder by `executable.test.ts`. */
import i2c from "i2c-bus";
import Oled from "oled-i2c-bus";
import { Gpio } from "onoff";

Reflect.set(globalThis, "busy", 0); // oled-i2c-bus assigns it without declaring it
const bus = i2c.openSync(1);
const oled = new Oled(bus, { width: 128, height: 64 });
const button = new Gpio(Number(process.argv[2]), "in", "falling");

const WHOLE = Buffer.from([0x00, 0x21, 0, 127, 0x22, 0, 7]);
const show = async (): Promise<void> => {
  const wire = bus.promisifiedBus();
  await wire.i2cWrite(0x3c, WHOLE.length, WHOLE);
  const data = Buffer.from([0x40, ...oled.buffer]);
  await wire.i2cWrite(0x3c, data.length, data);
};

let presses = 0;
let shown = show();
button.watch(() => {
  oled.drawLine(presses, 0, presses, 0, 1, false);
  presses += 1;
  shown = shown.then(show);
  if (presses < 3) return;
  button.unexport();
  shown.then(async () => {
    process.stdout.write(`${process.arch} ${await bus.promisifiedBus().readByte(0x48, 0)}\n`); // through the thread for ioctls
    bus.closeSync();
  });
});
process.stdout.write("ready\n");
