/**
 * The two controllers behind nearly every 128×64 OLED: what they are told, byte by byte.
 *
 * Both are driven in page mode, the only one that SH1106 has and the one that SSD1306 wakes up in: a position, then bytes to its right. So they differ
 * in few things, and a display that was named wrongly shows its picture two pixels aside instead of noise.
 *
 * Neither can be told from the other over I2C: the identity that some read from the low bits of the status byte is "reserved" in both data sheets.
 *
 * Commands and their numbers are those of the data sheets SSD1306 rev 1.1, section 9, and SH1106 V2.3, "Commands"; the values are the modules' usual ones.
 */
import type { Brightness } from "../display.ts";
import { type Frame, WIDTH } from "../frame.ts";

/** The controllers that this driver knows. */
export const CONTROLLER_NAMES = ["ssd1306", "sh1106"] as const;
/** A controller. */
export type ControllerName = (typeof CONTROLLER_NAMES)[number];

/** What sets one controller apart. */
interface Controller {
  /** The column of its memory that the glass begins with: SH1106 has 132 columns, 128 of which are wired. */
  readonly firstColumn: number;
  /** Its own voltage pump, without which the glass stays dark. */
  readonly pump: readonly number[];
  /** Ways the rows are wired, phases of a pixel, its reset voltage. */
  readonly drive: readonly number[];
  readonly contrast: Readonly<Record<Exclude<Brightness, "off">, number>>;
}

const CONTROLLERS: Readonly<Record<ControllerName, Controller>> = {
  ssd1306: {
    firstColumn: 0,
    pump: [0x8d, 0x14],
    drive: [0x20, 0x02, 0xda, 0x12, 0xd9, 0xf1, 0xdb, 0x20, 0x2e],
    contrast: { full: 0xcf, dim: 0x01 },
  },
  sh1106: {
    firstColumn: 2,
    pump: [0xad, 0x8b],
    drive: [0xda, 0x12, 0xd9, 0x1f, 0xdb, 0x35],
    contrast: { full: 0x80, dim: 0x01 },
  },
};

/** 64 rows from the top, oscillator, no offset, mirrored both ways (the module's pins are at the top), memory shown, not inverted. */
const SETUP = [0xa8, 0x3f, 0xd5, 0x80, 0xd3, 0x00, 0x40, 0xa1, 0xc8, 0xa4, 0xa6];

const DISPLAY_OFF = 0xae;
const DISPLAY_ON = 0xaf;
const SET_CONTRAST = 0x81;
const SET_PAGE = 0xb0;
const SET_COLUMN_LOW = 0x00;
const SET_COLUMN_HIGH = 0x10;

/** The byte after the address: what follows are commands, or pixels. */
const COMMANDS = 0x00;
const PIXELS = 0x40;

/** Some columns of one page. */
export interface Run {
  readonly page: number;
  readonly column: number;
  readonly length: number;
}

const commands = (bytes: readonly number[]): Uint8Array => Uint8Array.from([COMMANDS, ...bytes]);

/** Everything that the controller forgets without power. Told to one that is on it changes nothing that is seen. */
export const renderSetup = (name: ControllerName): Uint8Array => {
  const { pump, drive } = CONTROLLERS[name];
  return commands([...SETUP, ...drive, ...pump]);
};

/** How bright; the first of these after the power came also switches the glass on. */
export const renderBrightness = (name: ControllerName, brightness: Brightness): Uint8Array =>
  commands(brightness === "off" ? [DISPLAY_OFF] : [SET_CONTRAST, CONTROLLERS[name].contrast[brightness], DISPLAY_ON]);

/** The two transfers that put a run of the picture in place. The position is part of each run, so that sending one again is always right. */
export const renderRun = (name: ControllerName, frame: Frame, { page, column, length }: Run): readonly Uint8Array[] => {
  const at = column + CONTROLLERS[name].firstColumn;
  const start = page * WIDTH + column;
  return [
    commands([SET_PAGE | page, SET_COLUMN_LOW | (at & 0x0f), SET_COLUMN_HIGH | (at >> 4)]),
    Uint8Array.from([PIXELS, ...frame.subarray(start, start + length)]),
  ];
};
