/** As much of oled-i2c-bus 1.0.12 as is used of it: the package has no types. */
declare module "oled-i2c-bus" {
  /** What it writes to, synchronously. */
  interface Wire {
    i2cWriteSync(address: number, length: number, bytes: Uint8Array): number;
    /** Asked by `update` alone, for the display's status. */
    i2cReadSync?(address: number, length: number, bytes: Uint8Array): number;
  }

  /** 1 lights, 0 darkens. */
  type Color = 0 | 1;

  /** Draws into `buffer`; with `sync` false it sends nothing. */
  class Oled {
    /** Sends 25 commands to the wire at once. */
    constructor(wire: Wire, options: { readonly width: number; readonly height: number });
    /** Pages of columns, as the display keeps them. */
    readonly buffer: Uint8Array;
    /** Indices of the bytes changed since; searched for every pixel, and with `sync` false never cleared. */
    dirtyBytes: number[];
    /** Sends the whole buffer, a timer later and on this thread. */
    update(): void;
    drawLine(x0: number, y0: number, x1: number, y1: number, color: Color, sync: false): void;
  }

  export default Oled;
}
