/** Draws with oled-i2c-bus as published, over i2c-bus as published, and says what its buffer holds. */
import i2c from "i2c-bus";
import Oled from "oled-i2c-bus";

// The package assigns a variable that it never declares; in a module that is an error.
Reflect.set(globalThis, "busy", 0);

/** Two letters, 5 columns each: the package has no font of its own. */
const FONT = {
  monospace: true,
  width: 5,
  height: 7,
  fontData: [0x7e, 9, 9, 9, 0x7e, 0x7f, 1, 1, 1, 3],
  lookup: ["A", "F"],
};

const bus = i2c.openSync(1);
const oled = new Oled(bus, { width: 128, height: 64 });
const call = (name: string, ...values: readonly unknown[]): unknown => {
  const method: unknown = Reflect.get(oled, name);
  if (typeof method !== "function") throw new Error(`no ${name}`);
  return method.apply(oled, values);
};

oled.drawLine(0, 0, 127, 63, 1, false);
call("fillRect", 60, 2, 20, 9, 1, false);
call(
  "drawPixel",
  [
    [127, 0, 1],
    [0, 63, 1],
  ],
  false,
);
call("setCursor", 3, 40);
call("writeString", FONT, 2, "FA", 1, false, false);
call("update");
process.stdout.write(`${Buffer.from(oled.buffer).toString("hex")}\n`);
