/** A guest that runs: boots one, and asks its program for acts. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { until, within } from "../../rack/until.ts";
import { openLines } from "../../setup/lines.ts";
import type { GuestImage } from "./image.ts";
import { type Order, type Report, renderLine } from "./lines.ts";
import type { Acts } from "./program/acts.ts";
import { renderGuestArgv } from "./qemu.ts";

/** Debian packages of this machine that guests need. */
export const GUEST_HOST_PACKAGES = ["qemu-system-x86", "qemu-system-arm", "socat", "xz-utils"] as const;

/** A guest whose program waits for orders. */
export interface Guest extends AsyncDisposable {
  /** Has an act done and answers with what it gave; throws what it threw, with its `code`. */
  ask<Name extends keyof Acts>(act: Name, ...args: Parameters<Acts[Name]>): Promise<Awaited<ReturnType<Acts[Name]>>>;
  /** What was told unasked under this name, the oldest first. */
  events(name: string): readonly unknown[];
  /** Waits until so many were told. */
  awaitEvents(name: string, count: number): Promise<readonly unknown[]>;
  /** What the guest said on its serial port. */
  readConsole(): Promise<string>;
}

/** On a machine that is busy with everything else. */
const BOOT_TIMEOUT_MS = 180_000;
const ANSWER_TIMEOUT_MS = 30_000;
const OFF_TIMEOUT_MS = 20_000;

/** The host's end of the guest's orders. */
const openOrders = (path: string) => {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const events = new Map<string, unknown[]>();
  const guest = Promise.withResolvers<Bun.Socket>();
  const hungUp = new Error("the guest hung up");
  let isThere = true;
  let nextId = 1;
  const take = (report: Report): void => {
    if ("event" in report) {
      const told = events.getOrInsertComputed(report.event, () => []);
      told.push(report.value);
      return;
    }
    const asked = waiting.get(report.id);
    waiting.delete(report.id);
    if ("failure" in report) asked?.reject(Object.assign(new Error(report.failure.message), report.failure));
    else asked?.resolve(report.value);
  };
  const lines = openLines((line) => take(JSON.parse(line) as Report));
  const listener = Bun.listen({
    unix: path,
    socket: {
      open: (socket) => guest.resolve(socket),
      data: (_, bytes) => lines(bytes),
      close: () => {
        isThere = false;
        for (const { reject } of waiting.values()) reject(hungUp);
        waiting.clear();
      },
    },
  });
  return {
    events: (name: string): readonly unknown[] => events.get(name) ?? [],
    order: async (act: string, args: readonly unknown[]): Promise<unknown> => {
      const socket = await guest.promise;
      if (!isThere) throw hungUp;
      const asked = Promise.withResolvers<unknown>();
      const order: Order = { id: nextId++, act, args };
      waiting.set(order.id, asked);
      socket.write(renderLine(order));
      return within(`the guest's ${act}`, asked.promise, ANSWER_TIMEOUT_MS);
    },
    hangUp: async (): Promise<void> => void (await guest.promise).end(),
    stop: () => listener.stop(true),
  };
};

/** Boots the image with its files in a folder of its own; `usbip` is the socket of a server. */
export const openGuest = async (image: GuestImage, folder: string, usbip: string): Promise<Guest> => {
  await mkdir(folder, { recursive: true });
  const files = { usbip, orders: join(folder, "orders"), console: join(folder, "console.log") };
  const readConsole = async (): Promise<string> => {
    const file = Bun.file(files.console);
    return (await file.exists()) ? file.text() : "";
  };
  const orders = openOrders(files.orders);
  const qemu = Bun.spawn([...renderGuestArgv(image, files)], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const isOff = (): boolean => qemu.exitCode !== null || qemu.signalCode !== null;
  const dispose = async (): Promise<void> => {
    if (!isOff() && orders.events("ready").length > 0) {
      await orders.hangUp();
      await within("the guest's end", qemu.exited, OFF_TIMEOUT_MS).catch(() => qemu.kill("SIGKILL"));
    }
    qemu.kill("SIGKILL");
    await qemu.exited;
    orders.stop();
  };
  try {
    await until("the guest's program", () => isOff() || orders.events("ready").length > 0, BOOT_TIMEOUT_MS);
    if (isOff()) throw new Error(`QEMU ended: ${await new Response(qemu.stderr).text()}`);
  } catch (cause) {
    await dispose();
    throw new Error(`the ${image.architecture} guest did not start:\n${(await readConsole()).slice(-3000)}`, { cause });
  }
  return {
    ask: (act, ...args) => orders.order(act, args) as Promise<Awaited<ReturnType<Acts[typeof act]>>>,
    events: orders.events,
    awaitEvents: (name, count) =>
      until(
        `${count} times ${name}`,
        () => ((told) => (told.length >= count ? told : null))(orders.events(name)),
        ANSWER_TIMEOUT_MS,
      ),
    readConsole,
    [Symbol.asyncDispose]: dispose,
  };
};
