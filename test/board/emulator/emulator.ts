/**
 * The board without the board: a private view of the file system in which /sys/class/gpio and /dev/i2c-1 are emulated, and a program under test runs as it is.
 *
 *   await using board = await openBoardEmulator();
 *   const child = Bun.spawn(board.enter([process.execPath, "test/board/programs/draw.ts"]), { stdout: "pipe" });
 *   await board.press(17);                                          // line 17 of the first chip goes low
 *   await board.until(() => isLit(board.panel.picture(), 3, 4));    // looked at again after every transfer on the bus
 *   expect(board.panel.faults).toEqual([]);
 *
 * Needs root and /dev/fuse. The emulator ends with this process, however it ends; its mounts are its own and go with it.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linesOf } from "../../setup/lines.ts";
import { buildEmulator } from "./build.ts";
import { createPanel, type PanelModel } from "./ssd1306.ts";
import type { DisplayModel } from "./ssd1306-commands.ts";

/** A GPIO chip: `lines` lines, numbered from `base` on. */
export interface EmulatedChip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

/** What is on the board. */
export interface BoardOptions {
  /** Default: those of a Raspberry Pi 4 on Linux 6.12. `press` and its like mean the first. */
  readonly chips?: readonly EmulatedChip[];
  /** Name of the bus below /dev, default `i2c-1`; null for a board that has none. */
  readonly bus?: string | null;
  /** Default `ssd1306`; null for a bus without a display (it cannot be plugged in later; for that, unplug it). */
  readonly display?: DisplayModel | null;
  /** Default 0x3c. */
  readonly displayAddress?: number;
  /** Addresses of further devices, each with 256 registers. */
  readonly registers?: readonly number[];
}

/** One message on the bus. */
export interface BusTransfer {
  /** When its last byte was through: CLOCK_MONOTONIC. */
  readonly atMonoUs: number;
  readonly read: boolean;
  readonly address: number;
  /** False where the address, or a byte, was not acknowledged; `bytes` then are those before. */
  readonly acknowledged: boolean;
  readonly bytes: Uint8Array;
}

/** A line's electrical level. */
export type Level = 0 | 1;

/** A step of `play`: the level that the line gets so many microseconds after the start. */
export interface LevelStep {
  readonly afterUs: number;
  readonly level: Level;
}

/** What the bus does wrong. */
export interface BusFaults {
  /** Every so many transfers, counted from here, the address is not acknowledged. Default never. */
  readonly nakEvery?: number;
  /** Time that a byte takes, the address included: 90 is 100 kHz, 22.5 is 400 kHz. Default none. */
  readonly usPerByte?: number;
}

/** The emulated board. Lines are offsets in the first chip and start high, as with pull-ups. */
export interface BoardEmulator extends AsyncDisposable {
  /** A command that runs the given one where the emulated files are, in this folder or another; for `Bun.spawn`. */
  enter(command: readonly string[], cwd?: string): string[];
  /** Low: a button to ground is pressed. Resolves when the edge was told. */
  press(line: number): Promise<void>;
  /** High. */
  release(line: number): Promise<void>;
  level(line: number): Promise<Level>;
  /** Changes the level `count` times, each time after whoever watches the line has read it; refused when nobody reads for 10 s. */
  toggle(line: number, count: number): Promise<void>;
  /** Bounces. Resolves after the last step; orders given meanwhile wait. */
  play(line: number, steps: readonly LevelStep[]): Promise<void>;
  /** Takes a device off the bus, by default the display; after so many more bytes, or at once. */
  unplug(options?: { readonly address?: number; readonly afterBytes?: number }): Promise<void>;
  /** Puts it back, as it is when power comes. */
  plug(address?: number): Promise<void>;
  /** As if a kernel driver held the address: I2C_SLAVE is refused with EBUSY. */
  claim(address: number): Promise<void>;
  /** Replaces all faults of the bus. */
  setFaults(faults: BusFaults): Promise<void>;
  /** Resolves once `holds` holds: looked at now and after every transfer. */
  until(holds: () => boolean): Promise<void>;
  /** Calls for each transfer; the function that it returns ends that. */
  listen(onTransfer: (transfer: BusTransfer) => void): () => void;
  /** All transfers so far. */
  readonly transfers: readonly BusTransfer[];
  /** What the display's bytes amount to. */
  readonly panel: PanelModel;
  /** For `nsenter`. */
  readonly pid: number;
}

const PI_4: readonly EmulatedChip[] = [
  { label: "pinctrl-bcm2711", base: 512, lines: 58 },
  { label: "raspberrypi-exp-gpio", base: 570, lines: 8 },
];
const DISPLAY_ADDRESS = 0x3c;

/** Starts an emulator. */
export const openBoardEmulator = async (options: BoardOptions = {}): Promise<BoardEmulator> => {
  const {
    chips = PI_4,
    bus = "i2c-1",
    display = "ssd1306",
    displayAddress = DISPLAY_ADDRESS,
    registers = [],
  } = options;
  const program = await buildEmulator();
  const folder = mkdtempSync(join(tmpdir(), "board-"));
  const child = Bun.spawn(["unshare", "--mount", "--propagation", "private", "--", program, folder, bus ?? "-"], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const panel = createPanel(display ?? "ssd1306");
  const line = openLine(child.stdout, (order) => {
    child.stdin.write(`${order}\n`);
    child.stdin.flush();
  });
  line.listen((transfer) => {
    if (transfer.address === displayAddress && !transfer.read) panel.take(transfer.bytes);
  });
  line.onPlugged((address) => {
    if (address === displayAddress) panel.powerOn();
  });
  await line.ready;
  for (const { base, lines, label } of chips) await line.order(`chip ${base} ${lines} ${label}`);
  if (display !== null) await line.order(`display ${displayAddress.toString(16)}`);
  for (const address of registers) await line.order(`registers ${address.toString(16)}`);

  const number = (offset: number): number => offset + (chips[0]?.base ?? 0);
  const order = async (text: string): Promise<void> => void (await line.order(text));
  const setLevel = (offset: number, level: Level): Promise<void> => order(`level ${number(offset)} ${level}`);
  return {
    enter: (command, cwd = process.cwd()) => [
      ...["nsenter", `--mount=/proc/${child.pid}/ns/mnt`, `--wd=${cwd}`, "--"],
      ...command,
    ],
    press: (offset) => setLevel(offset, 0),
    release: (offset) => setLevel(offset, 1),
    level: async (offset) => ((await line.order(`read ${number(offset)}`)) === 0 ? 0 : 1),
    toggle: (offset, count) => order(`toggle ${number(offset)} ${count}`),
    play: (offset, steps) =>
      order(`play ${number(offset)} ${steps.map(({ afterUs, level }) => `${afterUs}:${level}`).join(" ")}`),
    unplug: ({ address = displayAddress, afterBytes = 0 } = {}) =>
      order(`plug ${address.toString(16)} 0 ${afterBytes}`),
    plug: (address = displayAddress) => order(`plug ${address.toString(16)} 1 0`),
    claim: (address) => order(`claim ${address.toString(16)}`),
    setFaults: ({ nakEvery = 0, usPerByte = 0 }) => order(`faults ${nakEvery} ${usPerByte}`),
    until: line.until,
    listen: line.listen,
    transfers: line.transfers,
    panel,
    pid: child.pid,
    [Symbol.asyncDispose]: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
};

/** The orders and tidings of the running program. */
interface Line {
  readonly ready: Promise<void>;
  order(text: string): Promise<number>;
  listen(onTransfer: (transfer: BusTransfer) => void): () => void;
  onPlugged(told: (address: number) => void): void;
  until(holds: () => boolean): Promise<void>;
  readonly transfers: readonly BusTransfer[];
}

interface Awaited {
  readonly text: string;
  readonly resolve: (value: number) => void;
  readonly reject: (why: Error) => void;
}

const openLine = (stdout: ReadableStream<Uint8Array>, send: (order: string) => void): Line => {
  const transfers: BusTransfer[] = [];
  const listeners = new Set<(transfer: BusTransfer) => void>();
  const waiting: Awaited[] = [];
  const ready = Promise.withResolvers<void>();
  let plugged = (_address: number): void => {};
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {}); // most waits are over by then

  const told: Record<string, (words: readonly string[]) => void> = {
    ready: () => ready.resolve(),
    ok: ([value = "0"]) => waiting.shift()?.resolve(Number(value)),
    error: ([name = ""]) => {
      const one = waiting.shift();
      one?.reject(new Error(`the board emulator answered ${name} to: ${one.text.slice(0, 80)}`));
    },
    plugged: ([address = ""]) => plugged(Number.parseInt(address, 16)),
    bus: (words) => {
      const transfer = parseTransfer(words);
      transfers.push(transfer);
      for (const listener of [...listeners]) listener(transfer);
    },
  };

  const follow = async (): Promise<void> => {
    for await (const line of linesOf(stdout)) {
      const [word = "", ...words] = line.split(" ");
      told[word]?.(words);
    }
    const gone = new Error("the board emulator has ended");
    ready.reject(gone);
    ended.reject(gone);
    for (const one of waiting.splice(0)) one.reject(gone);
  };
  void follow();

  const listen = (onTransfer: (transfer: BusTransfer) => void): (() => void) => {
    listeners.add(onTransfer);
    return () => listeners.delete(onTransfer);
  };
  return {
    ready: ready.promise,
    order: (text) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      waiting.push({ text, resolve, reject });
      send(text);
      return promise;
    },
    listen,
    onPlugged: (listener) => {
      plugged = listener;
    },
    until: async (holds) => {
      if (holds()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = listen(() => holds() && resolve());
      await Promise.race([promise, ended.promise]).finally(end);
    },
    transfers,
  };
};

/** `<µs> <r|w> <address> <ack|nak> <hex or ->`. */
const parseTransfer = ([
  us = "0",
  direction,
  address = "0",
  acknowledged,
  hex = "-",
]: readonly string[]): BusTransfer => ({
  atMonoUs: Number(us),
  read: direction === "r",
  address: Number.parseInt(address, 16),
  acknowledged: acknowledged === "ack",
  bytes: hex === "-" ? new Uint8Array() : Uint8Array.fromHex(hex),
});
