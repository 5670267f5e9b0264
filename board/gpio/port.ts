/** Lines with buttons on them, as the two ways to the kernel's GPIO both give them. A button pulls its line to ground: low is down. */

/** A line moved. */
export interface LineMove {
  /** The line within its chip. */
  readonly offset: number;
  /** Its level since. */
  readonly down: boolean;
  /** When, by the clock that the port was given. */
  readonly atMonoMs: number;
}

/** What is asked of a port. */
export interface GpioRequest {
  /** The chip is the first that has one of these labels. Never its number: that depends on kernel, model and what is plugged in. */
  readonly chipLabels: readonly string[];
  readonly offsets: readonly number[];
  readonly monoMs: () => number;
  readonly onMove: (move: LineMove) => void;
  /** The kernel dropped so many movements of a line before the next one that is told. */
  readonly onMissed: (offset: number, count: number) => void;
  /** A line has gone: its chip was unplugged, its driver was taken away. Nothing is told after it. */
  readonly onLost: (error: unknown) => void;
}

/** Lines that are held. Closing gives them back. */
export interface GpioPort extends AsyncDisposable {
  /** The level of now. Throws when the line has gone. */
  isDown(offset: number): boolean;
}

/** Takes all the lines, or throws and holds none. */
export type OpenGpioPort = (request: GpioRequest) => Promise<GpioPort>;

/** What the header's chip is called: Pi Zero to 3, Pi 4, Pi 5. */
export const PI_CHIP_LABELS = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"] as const;

/** There is no chip with such a label: no Pi, or one whose name is new. */
export class ChipMissing extends Error {
  override readonly name = "ChipMissing";
  constructor(labels: readonly string[]) {
    super(`no GPIO chip is called ${labels.join(" or ")}`);
  }
}
