/** A guest and what is plugged into it: a CP2112 and an i2c-tiny-usb, each with a display and a chip of registers on its wires. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../rack/until.ts";
import { needPackages } from "../../setup/packages.ts";
import { createPanel, type PanelModel } from "../emulator/ssd1306.ts";
import { CP2112, type Cp2112, openCp2112 } from "../usbip/cp2112.ts";
import { displayTarget, openRegisters } from "../usbip/i2c-targets.ts";
import { I2C_TINY_USB, openTinyUsb } from "../usbip/i2c-tiny-usb.ts";
import { type I2cWires, openWires } from "../usbip/i2c-wires.ts";
import { openUsbIpServer, type UsbIpServer } from "../usbip/server.ts";
import { GUEST_HOST_PACKAGES, type Guest, openGuest } from "./guest.ts";
import { loadGuestImage } from "./image.ts";
import type { Architecture } from "./packages.ts";
import { CHIP_LABEL } from "./program/line-acts.ts";

/** Addresses on both buses. */
export const ADDRESS = { display: 0x3c, registers: 0x50 } as const;

/** The adapters, and what their drivers call them. */
export const ADAPTERS = {
  cp2112: { busId: "1-1", deviceNumber: 2, name: /^CP2112 / },
  tinyUsb: { busId: "1-2", deviceNumber: 3, name: /^i2c-tiny-usb / },
} as const;
/** One of the two. */
export type AdapterKey = keyof typeof ADAPTERS;

/** Wires with what hangs on them. */
export interface BusSide {
  readonly wires: I2cWires;
  readonly panel: PanelModel;
  readonly registers: Uint8Array;
}

/** The bench. */
export interface Bench extends AsyncDisposable {
  readonly guest: Guest;
  readonly server: UsbIpServer;
  readonly chip: Cp2112;
  readonly sides: Readonly<Record<AdapterKey, BusSide>>;
  /** Plugs an adapter into the guest, and waits until the kernel has what is on it. */
  plug(adapter: AdapterKey): Promise<void>;
  /** Pulls it, with everything behind it, and waits until the kernel has let go of it, which it cannot while a program has its bus open; `meanwhile` is done between. */
  unplug(adapter: AdapterKey, meanwhile?: () => Promise<unknown>): Promise<void>;
  /** The number of its bus in the guest. */
  busNumber(adapter: AdapterKey): Promise<number>;
}

/** USB's full speed, as Linux counts. */
const FULL_SPEED = 2;
/** No test's own. */
const SPARE_LINE = 6;
const PLUGGED_MS = 30_000;

const openSide = (): BusSide => {
  const wires = openWires();
  const panel = createPanel("ssd1306");
  const registers = openRegisters();
  wires.connect(ADDRESS.display, displayTarget(panel));
  wires.connect(ADDRESS.registers, registers);
  return { wires, panel, registers: registers.bytes };
};

/** Boots a guest with nothing plugged in; installs and builds what that takes. */
export const openBench = async (architecture: Architecture): Promise<Bench> => {
  await needPackages(GUEST_HOST_PACKAGES);
  const image = await loadGuestImage(architecture, (line) => process.stderr.write(`  ${line}\n`));
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "vetbox-guest-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const sides = { cp2112: openSide(), tinyUsb: openSide() };
  const chip = openCp2112(sides.cp2112.wires);
  const server = undo.use(
    openUsbIpServer(join(folder, "usbip"), [
      { ...ADAPTERS.cp2112, speed: FULL_SPEED, facts: CP2112, device: chip },
      { ...ADAPTERS.tinyUsb, speed: FULL_SPEED, facts: I2C_TINY_USB, device: openTinyUsb(sides.tinyUsb.wires) },
    ]),
  );
  const guest = undo.use(await openGuest(image, join(folder, "guest"), join(folder, "usbip")));
  undo.defer(async () => void process.stderr.write(await guest.readConsole()));
  const findNumber = async (adapter: AdapterKey): Promise<number | null> =>
    (await guest.ask("adapters")).find(({ name }) => ADAPTERS[adapter].name.test(name))?.number ?? null;
  const findBase = async (): Promise<number | null> =>
    (await guest.ask("chips")).find(({ label }) => label === CHIP_LABEL)?.base ?? null;
  const untilIs = (there: boolean, what: string, find: () => Promise<number | null>) =>
    until(`${what} ${there ? "there" : "gone"}`, async () => ((await find()) !== null) === there, PLUGGED_MS);
  /** The chip comes after its bus, and goes after it. */
  const untilPlugged = async (adapter: AdapterKey, there: boolean): Promise<void> => {
    await untilIs(there, `${adapter}'s bus`, () => findNumber(adapter));
    if (adapter === "cp2112") await untilIs(there, "the chip", findBase);
  };
  const owned = undo.move();
  return {
    guest,
    server,
    chip,
    sides,
    plug: async (adapter) => {
      server.plug(ADAPTERS[adapter].busId);
      if (!(await guest.ask("attach", ADAPTERS[adapter].busId))) throw new Error(`${adapter} is not served`);
      await untilPlugged(adapter, true);
      if (adapter === "cp2112") await guest.ask("keepLooking", ((await findBase()) ?? 0) + SPARE_LINE);
    },
    unplug: async (adapter, meanwhile = async () => {}) => {
      await server.unplug(ADAPTERS[adapter].busId);
      sides[adapter].panel.powerOn();
      await meanwhile();
      await untilPlugged(adapter, false);
    },
    busNumber: async (adapter) => {
      const number = await findNumber(adapter);
      if (number === null) throw new Error(`${adapter} is not plugged in`);
      return number;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
};
