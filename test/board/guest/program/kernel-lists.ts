/** What this kernel has of the board: its I²C adapters and its GPIO chips, by their names. */
import { readdirSync, readFileSync } from "node:fs";

/** An I²C adapter. */
export interface Adapter {
  readonly number: number;
  readonly name: string;
}

/** A GPIO chip, as sysfs counts its lines. */
export interface Chip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

const readText = (path: string): string => readFileSync(path, "utf8").trim();

/** A device that is pulled while it is looked at is not there. */
const listDevices = <T>(folder: string, prefix: string, read: (name: string) => T): readonly T[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => {
      try {
        return [read(name)];
      } catch {
        return [];
      }
    });

/** Every adapter. */
export const listAdapters = (): readonly Adapter[] =>
  listDevices("/sys/bus/i2c/devices", "i2c-", (name) => ({
    number: Number(name.slice("i2c-".length)),
    name: readText(`/sys/bus/i2c/devices/${name}/name`),
  }));

/** Every chip. */
export const listChips = (): readonly Chip[] =>
  listDevices("/sys/class/gpio", "gpiochip", (name) => ({
    label: readText(`/sys/class/gpio/${name}/label`),
    base: Number(readText(`/sys/class/gpio/${name}/base`)),
    lines: Number(readText(`/sys/class/gpio/${name}/ngpio`)),
  }));
