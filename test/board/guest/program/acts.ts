/** What the guest can do for the host: the board's parts as the product uses them, on this kernel. */
import { readdirSync, readFileSync } from "node:fs";
import { HOST } from "../qemu.ts";
import { attachDevice } from "./attach.ts";

/** An I²C adapter of this kernel. */
export interface Adapter {
  readonly number: number;
  readonly name: string;
}

/** A GPIO chip of this kernel, as sysfs counts its lines. */
export interface Chip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

const readText = (path: string): string => readFileSync(path, "utf8").trim();
const list = (folder: string, prefix: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.startsWith(prefix));

/** Opens the acts; `tell` is for what happens later. */
export const openActs = (_tell: (event: string, value: unknown) => void) => ({
  /** Plugs in a device of the host's USB/IP server. */
  attach: (busId: string): boolean => attachDevice(HOST.address, HOST.usbipPort, busId),
  adapters: (): readonly Adapter[] =>
    list("/sys/bus/i2c/devices", "i2c-").map((name) => ({
      number: Number(name.slice("i2c-".length)),
      name: readText(`/sys/bus/i2c/devices/${name}/name`),
    })),
  chips: (): readonly Chip[] =>
    list("/sys/class/gpio", "gpiochip").map((name) => ({
      label: readText(`/sys/class/gpio/${name}/label`),
      base: Number(readText(`/sys/class/gpio/${name}/base`)),
      lines: Number(readText(`/sys/class/gpio/${name}/ngpio`)),
    })),
});

/** The acts. */
export type Acts = ReturnType<typeof openActs>;
