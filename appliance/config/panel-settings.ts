/** Settings of the box's own panel: its display on an I2C bus, its buttons on lines of a GPIO chip (wiring: `board/README.md`). */
import * as v from "valibot";
import { section, setting } from "./setting.ts";

const line = (doc: string, fallback: number) =>
  setting(
    `${doc} The line's number within its chip; on a Raspberry Pi that is the GPIO's number.`,
    "a whole number from 0 to 255",
    fallback,
    v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(255)),
  );

/** The two addresses that these controllers can have (SSD1306 rev 1.1, 8.1.5.1). */
const ADDRESSES = [0x3c, 0x3d] as const;

/** The keys. */
export const PANEL_SETTINGS = {
  mode: setting(
    "auto: display and buttons are used where they are, and looked for where they are not. simulated: the page /panel shows the display and has the " +
      "buttons, for who has no hardware; whoever reaches the page then stands before the box. off: none.",
    "auto, simulated, off",
    "auto",
    v.picklist(["auto", "simulated", "off"]),
  ),
  display: section("The OLED, 128×64.", {
    bus: setting(
      "Number of its I2C bus: 1 is the header's on a Raspberry Pi.",
      "a whole number from 0 to 255",
      1,
      v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(255)),
    ),
    address: setting(
      "Its address.",
      "0x3c, 0x3d",
      "0x3c",
      v.pipe(v.union([v.string(), v.number()]), v.transform(Number), v.picklist(ADDRESSES)),
    ),
    controller: setting("Its controller.", "ssd1306, sh1106", "ssd1306", v.picklist(["ssd1306", "sh1106"])),
  }),
  buttons: section("The buttons. Each connects its line to ground.", {
    chip: setting(
      "Label of the GPIO chip, as in /sys/bus/gpio/devices or gpiodetect. auto is the header's of any Raspberry Pi.",
      "auto, or up to 64 letters, digits and any of .:_-",
      "auto",
      v.pipe(v.string(), v.regex(/^[A-Za-z0-9.:_-]{1,64}$/)),
    ),
    next: line("NEXT.", 5),
    override: line("OVERRIDE.", 6),
    abort: line("ABORT.", 4),
  }),
} as const;
