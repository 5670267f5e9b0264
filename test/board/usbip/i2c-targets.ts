/** What hangs on the wires in tests: a display's controller, and a chip of plain registers. */
import type { PanelModel } from "../emulator/ssd1306.ts";
import type { I2cTarget } from "./i2c-wires.ts";

/** Bit 6 of the status byte: the display is off (SSD1306 rev 1.1, table 8-1). */
const OFF = 0x40;

/** A display on the wires. */
export const displayTarget = (panel: PanelModel): I2cTarget => ({
  write: (bytes) => panel.take(bytes),
  read: (count) => new Uint8Array(count).fill(panel.registers.on ? 0 : OFF),
});

/** 256 registers of a byte each, as sensors and EEPROMs have them: the first byte of a write is where it goes on, and reads go on from there. */
export const openRegisters = (): I2cTarget & { readonly bytes: Uint8Array } => {
  const bytes = new Uint8Array(256);
  let at = 0;
  return {
    bytes,
    write: ([register = at, ...values]) => {
      at = register;
      for (const value of values) {
        bytes[at] = value;
        at = (at + 1) % bytes.length;
      }
    },
    read: (count) => {
      const read = Uint8Array.from({ length: count }, (_, index) => bytes[(at + index) % bytes.length] ?? 0);
      at = (at + count) % bytes.length;
      return read;
    },
  };
};
