/** Opens the GPIO chips of `gpio-devices.c`. */
import { dlopen, ptr } from "bun:ffi";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GpioDevices } from "../../../board/gpio/chardev.ts";
import { needPackages } from "../../setup/packages.ts";
import { ROOT } from "../../setup/sources.ts";

const SOURCE = join(import.meta.dir, "gpio-devices.c");
const FLAGS = ["-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"];
const FOLDER = join(ROOT, "build/board-gpio");

const buildLibrary = async (): Promise<string> => {
  await needPackages(["gcc", "libc6-dev", "linux-libc-dev"]);
  const hash = new Bun.CryptoHasher("sha256").update(FLAGS.join(" ")).update(await Bun.file(SOURCE).bytes());
  const library = join(FOLDER, `gpio-devices-${hash.digest("hex").slice(0, 16)}.so`);
  if (await Bun.file(library).exists()) return library;
  mkdirSync(FOLDER, { recursive: true });
  const draft = `${library}.${process.pid}`; // several test files may compile at once
  const gcc = Bun.spawn(["gcc", ...FLAGS, SOURCE, "-o", draft], {
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  if ((await gcc.exited) !== 0) throw new Error("gpio-devices.c does not compile");
  renameSync(draft, library);
  return library;
};

/** The chips, and what a test does to their lines. */
export interface FakeGpioDevices extends Disposable {
  readonly devices: GpioDevices;
  /** The line goes active (low), or rests. `lost` edges before it were dropped by the kernel; it was so many ms ago. */
  edge(offset: number, active: boolean, how?: { readonly lost?: number; readonly agoMs?: number }): void;
  /** The same, in two pieces. */
  edgeInParts(offset: number, active: boolean, firstBytes: number, between: () => Promise<void>): Promise<void>;
  /** Another program holds this line; -1 for none. */
  setBusy(offset: number): void;
  unplug(): void;
  /** Whether pulled-up, active-low inputs with both edges were asked for by this consumer. */
  asked(consumer: string): boolean;
  /** Sizes of the kernel's structures: chip, request, values, event. */
  readonly sizes: readonly number[];
}

/** Opens chips with these labels, as gpiochip0 and so on. */
export const openGpioDevices = async (labels: readonly string[]): Promise<FakeGpioDevices> => {
  const { symbols, close } = dlopen(await buildLibrary(), {
    devices_ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
    devices_edge: { args: ["u32", "i32", "u32", "u64", "i32", "i32"], returns: "i32" },
    devices_busy: { args: ["i32"], returns: "void" },
    devices_gone: { args: [], returns: "void" },
    devices_asked: { args: ["ptr"], returns: "i32" },
    devices_size: { args: ["i32"], returns: "u32" },
  });
  const folder = mkdtempSync(join(tmpdir(), "gpio-"));
  for (const [index, label] of labels.entries()) writeFileSync(join(folder, `gpiochip${index}`), `${label} 54`);
  const edge: FakeGpioDevices["edge"] = (offset, active, { lost = 0, agoMs = 0 } = {}) =>
    void symbols.devices_edge(offset, active ? 1 : 0, lost, Math.round(agoMs * 1e6), 0, -1);
  return {
    devices: { folder, ioctl: (fd, request, argument) => symbols.devices_ioctl(fd, request, ptr(argument.buffer)) },
    edge,
    edgeInParts: async (offset, active, firstBytes, between) => {
      symbols.devices_edge(offset, active ? 1 : 0, 0, 0, 0, firstBytes);
      await between();
      symbols.devices_edge(offset, active ? 1 : 0, 0, 0, firstBytes, 48 - firstBytes);
    },
    setBusy: (offset) => symbols.devices_busy(offset),
    unplug: () => symbols.devices_gone(),
    asked: (consumer) => symbols.devices_asked(ptr(Buffer.from(`${consumer}\0`))) === 1,
    sizes: [0, 1, 2, 3].map((which) => symbols.devices_size(which)),
    [Symbol.dispose]: () => {
      close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
