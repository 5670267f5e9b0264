/** Acts on GPIO lines: npm's onoff as it is, and the buttons' driver by both of its ways to the kernel. */
import { writeFileSync } from "node:fs";
import { type BinaryValue, Gpio } from "onoff";
import type { Buttons } from "../../../../board/buttons.ts";
import { KERNEL_DEVICES, openChardevPort } from "../../../../board/gpio/chardev.ts";
import { openButtons } from "../../../../board/gpio/open-buttons.ts";
import type { OpenGpioPort } from "../../../../board/gpio/port.ts";
import { openSysfsPort } from "../../../../board/gpio/sysfs.ts";
import { boardLog, type Tell } from "./tell.ts";

/** The way to the kernel's lines. */
export type Way = "sysfs" | "chardev";

const PORTS: Readonly<Record<Way, OpenGpioPort>> = {
  sysfs: openSysfsPort,
  chardev: openChardevPort(KERNEL_DEVICES),
};

/** What the CP2112's driver calls its lines. */
export const CHIP_LABEL = "cp2112_gpio";
/** Lines of the buttons. */
export const BUTTON_LINES = { next: 0, override: 1, abort: 2 } as const;

/** Opens the acts. */
export const openLineActs = (tell: Tell) => {
  let watched: Gpio | null = null;
  let buttons: Buttons | null = null;
  return {
    /**
     * Has the kernel itself watch a line, until the chip is unplugged. hid-cp2112 of Linux 6.12 may sleep under a spinlock when the last watched line
     * is given back while it looks at them all; the process that gave it back then dies of its next page fault. With one more line, none is the last.
     */
    keepLooking: (line: number): void => {
      writeFileSync("/sys/class/gpio/export", String(line));
      writeFileSync(`/sys/class/gpio/gpio${line}/edge`, "both");
    },
    /** onoff tells every edge of the line as "edge", until `unwatch`. */
    watch: (line: number, debounceTimeout: number): BinaryValue => {
      watched = new Gpio(line, "in", "both", { debounceTimeout });
      watched.watch((error, value) => tell("edge", error ? error.message : value));
      return watched.readSync();
    },
    readWatched: (): BinaryValue | null => watched?.readSync() ?? null,
    unwatch: (): void => {
      watched?.unexport();
      watched = null;
    },
    /** Drives a line, reads it back and lets go of it. */
    drive: (line: number, value: BinaryValue): BinaryValue => {
      const gpio = new Gpio(line, "out");
      gpio.writeSync(value);
      const level = gpio.readSync();
      gpio.unexport();
      return level;
    },
    /** The buttons' driver, which tells every edge as "button", until `closeButtons`. */
    openButtons: async (way: Way): Promise<Buttons["state"]> => {
      buttons = await openButtons({
        lines: BUTTON_LINES,
        chipLabels: ["pinctrl-bcm2711", CHIP_LABEL],
        log: boardLog(tell),
        openPort: PORTS[way],
      });
      buttons.listen(({ button, down }) => tell("button", `${button} ${down ? "down" : "up"}`));
      return buttons.state;
    },
    buttonsState: (): Buttons["state"] | null => buttons?.state ?? null,
    closeButtons: async (): Promise<void> => {
      await buttons?.[Symbol.asyncDispose]();
      buttons = null;
    },
  };
};
