/**
 * Lines by /sys/class/gpio, through npm onoff.
 *
 * onoff wants a line's global number, so the chip's base is looked up by its label: 0 on old kernels, 512 on 6.12 and whatever comes free on others.
 */
import { type BinaryValue, Gpio } from "onoff";
import { ChipMissing, type GpioPort, type GpioRequest, type OpenGpioPort } from "./port.ts";
import { findSysfsBase } from "./sysfs-chips.ts";

/** Where onoff looks, too. */
const SYSFS_GPIO = "/sys/class/gpio";

const DOWN: BinaryValue = 1; // the lines are set to active low

/**
 * A line of onoff's that cannot take the process down: onoff reads the level when an edge is told, and throws where nobody catches it once the line
 * has gone. Here the loss is told, and the level stays what it was.
 */
const openLine = (number: number, onLost: (error: unknown) => void): Gpio => {
  const gpio = new Gpio(number, "in", "both", { activeLow: true });
  const readSync = gpio.readSync.bind(gpio);
  let last = readSync();
  gpio.readSync = () => {
    try {
      last = readSync();
    } catch (error) {
      onLost(error);
    }
    return last;
  };
  return gpio;
};

/** A line that another program exported keeps its settings when they cannot be changed, and onoff says nothing of it. */
const checkLine = (gpio: Gpio, number: number): void => {
  if (gpio.direction() !== "in" || gpio.edge() !== "both" || !gpio.activeLow())
    throw new Error(`line ${number} is held by another program`);
};

const giveBack = (gpio: Gpio): void => {
  try {
    gpio.unexport();
  } catch {
    // the line has gone, and its files with it
  }
};

/** Takes the lines by sysfs. */
export const openSysfsPort: OpenGpioPort = async (request: GpioRequest): Promise<GpioPort> => {
  const base = await findSysfsBase(SYSFS_GPIO, request.chipLabels);
  if (base === null) throw new ChipMissing(request.chipLabels);
  const lines = new Map<number, Gpio>();
  let failure: { readonly error: unknown } | null = null;
  const lose = (error: unknown): void => {
    if (failure === null) request.onLost(error);
    failure = { error };
  };
  const close = (): void => {
    for (const gpio of lines.values()) giveBack(gpio);
  };
  try {
    for (const offset of request.offsets) {
      const gpio = openLine(base + offset, lose);
      lines.set(offset, gpio);
      checkLine(gpio, base + offset);
      gpio.watch((error, value) => {
        if (error) lose(error);
        if (failure === null) request.onMove({ offset, down: value === DOWN, atMonoMs: request.monoMs() });
      });
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    isDown: (offset) => {
      const value = lines.get(offset)?.readSync();
      if (failure !== null) throw failure.error;
      return value === DOWN;
    },
    [Symbol.asyncDispose]: async () => close(),
  };
};
