/** Acts on an I²C bus: npm's i2c-bus and oled-i2c-bus as they are, and the display's driver. */
import { type I2CBus, openPromisified, openSync, type PromisifiedBus } from "i2c-bus";
import Oled from "oled-i2c-bus";
import type { Display, DisplayState } from "../../../../board/display.ts";
import { FRAME_BYTES, HEIGHT, WIDTH } from "../../../../board/frame.ts";
import { openDisplay } from "../../../../board/oled/open-display.ts";
import { boardLog, type Tell } from "./tell.ts";

/** What the registers of a chip were as they were read back. */
export interface RegisterReads {
  readonly byte: number;
  readonly word: number;
  readonly received: number;
  /** Hex. */
  readonly block: string;
  readonly plain: string;
}

const BLOCK_BYTES = 5;
const PLAIN_BYTES = 4;

/** Opens a bus for what is done with it. One that is left open would keep its adapter from being unplugged. */
const withBus = async <T>(busNumber: number, work: (bus: PromisifiedBus) => Promise<T>): Promise<T> => {
  const bus = await openPromisified(busNumber);
  try {
    return await work(bus);
  } finally {
    await bus.close();
  }
};

/** The same for the functions that wait. */
const withBusSync = async <T>(busNumber: number, work: (bus: I2CBus) => T | Promise<T>): Promise<T> => {
  const bus = openSync(busNumber);
  try {
    return await work(bus);
  } finally {
    bus.closeSync();
  }
};

/** Uses a chip of registers by every kind of call that waits. */
const readRegistersSync = (bus: I2CBus, address: number): RegisterReads => {
  const block = Buffer.alloc(BLOCK_BYTES);
  const plain = Buffer.alloc(PLAIN_BYTES);
  bus.writeByteSync(address, 0x10, 0xa1);
  bus.writeWordSync(address, 0x11, 0xb3b2);
  bus.writeI2cBlockSync(address, 0x13, 2, Buffer.of(0xc4, 0xc5));
  bus.i2cWriteSync(address, 3, Buffer.of(0x15, 0xd6, 0xd7));
  const byte = bus.readByteSync(address, 0x10);
  const word = bus.readWordSync(address, 0x11);
  bus.readI2cBlockSync(address, 0x12, BLOCK_BYTES, block);
  bus.sendByteSync(address, 0x14);
  const received = bus.receiveByteSync(address);
  bus.i2cReadSync(address, 2, plain);
  return { byte, word, received, block: block.toString("hex"), plain: plain.toString("hex") };
};

/** The same by those that do not. */
const readRegistersLater = async (bus: PromisifiedBus, address: number): Promise<RegisterReads> => {
  await bus.writeByte(address, 0x20, 0x01);
  await bus.writeWord(address, 0x21, 0x0302);
  await bus.writeI2cBlock(address, 0x23, 2, Buffer.of(0x04, 0x05));
  await bus.i2cWrite(address, 3, Buffer.of(0x25, 0x06, 0x07));
  const byte = await bus.readByte(address, 0x20);
  const word = await bus.readWord(address, 0x21);
  const block = await bus.readI2cBlock(address, 0x22, BLOCK_BYTES, Buffer.alloc(BLOCK_BYTES));
  await bus.sendByte(address, 0x24);
  const received = await bus.receiveByte(address);
  const plain = await bus.i2cRead(address, 2, Buffer.alloc(PLAIN_BYTES));
  return { byte, word, received, block: block.buffer.toString("hex"), plain: plain.buffer.toString("hex") };
};

/** Writes one byte, and tells how that failed: `null` when it did not. */
const writeFailure = (busNumber: number, address: number): Promise<string | null> =>
  withBus(busNumber, (bus) =>
    bus.i2cWrite(address, 1, Buffer.of(0)).then(
      () => null,
      (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
    ),
  );

/** As much of oled-i2c-bus as only this uses. */
interface DrawingOled extends Oled {
  fillRect(x: number, y: number, width: number, height: number, color: 0 | 1, sync: false): void;
  update(): void;
}

/** Draws a frame, a diagonal and a block by oled-i2c-bus, and has it send all of that by itself. */
const drawByOled = async (bus: I2CBus): Promise<void> => {
  Object.assign(globalThis, { busy: 0 }); // oled-i2c-bus 1.0.12 assigns it undeclared, which strict code may not
  const sent = Promise.withResolvers<void>();
  const wire = {
    i2cWriteSync: (address: number, length: number, bytes: Uint8Array): number => {
      const count = bus.i2cWriteSync(address, length, Buffer.from(bytes));
      if (length > FRAME_BYTES) sent.resolve();
      return count;
    },
    i2cReadSync: bus.i2cReadSync.bind(bus),
  };
  const oled = new Oled(wire, { width: WIDTH, height: HEIGHT }) as DrawingOled;
  for (const [x0, y0, x1, y1] of [
    [0, 0, 127, 0],
    [0, 63, 127, 63],
    [32, 0, 95, 63],
  ] as const)
    oled.drawLine(x0, y0, x1, y1, 1, false);
  oled.fillRect(2, 20, 10, 7, 1, false);
  oled.update();
  await sent.promise;
};

/** Opens the acts. */
export const openBusActs = (tell: Tell) => {
  let display: Display | null = null;
  return {
    /** What was read back, by the two kinds of calls. */
    readRegisters: async (busNumber: number, address: number): Promise<readonly RegisterReads[]> => [
      await withBusSync(busNumber, (bus) => readRegistersSync(bus, address)),
      await withBus(busNumber, (bus) => readRegistersLater(bus, address)),
    ],
    /** Addresses that answer. */
    scan: (busNumber: number, first: number, last: number): Promise<readonly number[]> =>
      withBus(busNumber, (bus) => bus.scan(first, last)),
    writeFailure,
    drawByOled: (busNumber: number): Promise<void> => withBusSync(busNumber, drawByOled),
    /** The display's driver on a bus, until `closeDisplay`. */
    openDisplay: async (busNumber: number, address: number): Promise<DisplayState> => {
      display = await openDisplay({ controller: "ssd1306", busNumber, address, log: boardLog(tell) });
      return display.state;
    },
    /** A picture in hex. */
    show: (frame: string): void => display?.show(Uint8Array.fromHex(frame)),
    displayState: (): DisplayState | null => display?.state ?? null,
    closeDisplay: async (): Promise<void> => {
      await display?.[Symbol.asyncDispose]();
      display = null;
    },
  };
};
