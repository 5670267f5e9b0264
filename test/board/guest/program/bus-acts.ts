/** Acts on an I²C bus: npm's i2c-bus and oled-i2c-bus as they are, and the display's driver. */
import { openPromisified, openSync } from "i2c-bus";
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

/** Uses the whole of i2c-bus on a chip of registers: once by the functions that wait, once by those that do not. */
const readRegisters = async (busNumber: number, address: number): Promise<readonly RegisterReads[]> => {
  const block = Buffer.alloc(5);
  const plain = Buffer.alloc(4);
  const sync = openSync(busNumber);
  sync.writeByteSync(address, 0x10, 0xa1);
  sync.writeWordSync(address, 0x11, 0xb3b2);
  sync.writeI2cBlockSync(address, 0x13, 2, Buffer.of(0xc4, 0xc5));
  sync.i2cWriteSync(address, 3, Buffer.of(0x15, 0xd6, 0xd7));
  const byte = sync.readByteSync(address, 0x10);
  const word = sync.readWordSync(address, 0x11);
  sync.readI2cBlockSync(address, 0x12, block.length, block);
  sync.sendByteSync(address, 0x14);
  const received = sync.receiveByteSync(address);
  sync.i2cReadSync(address, 2, plain);
  sync.closeSync();
  const first = { byte, word, received, block: block.toString("hex"), plain: plain.toString("hex") };

  const later = await openPromisified(busNumber);
  await later.writeByte(address, 0x20, 0x01);
  await later.writeWord(address, 0x21, 0x0302);
  await later.writeI2cBlock(address, 0x23, 2, Buffer.of(0x04, 0x05));
  await later.i2cWrite(address, 3, Buffer.of(0x25, 0x06, 0x07));
  const laterByte = await later.readByte(address, 0x20);
  const laterWord = await later.readWord(address, 0x21);
  const laterBlock = await later.readI2cBlock(address, 0x22, block.length, Buffer.alloc(block.length));
  await later.sendByte(address, 0x24);
  const laterReceived = await later.receiveByte(address);
  const laterPlain = await later.i2cRead(address, 2, Buffer.alloc(plain.length));
  await later.close();
  const second = {
    byte: laterByte,
    word: laterWord,
    received: laterReceived,
    block: laterBlock.buffer.toString("hex"),
    plain: laterPlain.buffer.toString("hex"),
  };
  return [first, second];
};

/** Addresses that answer. */
const scan = async (busNumber: number, first: number, last: number): Promise<readonly number[]> => {
  const bus = await openPromisified(busNumber);
  try {
    return await bus.scan(first, last);
  } finally {
    await bus.close();
  }
};

/** Writes one byte, and tells how that failed: `null` when it did not. */
const writeFailure = async (busNumber: number, address: number): Promise<string | null> => {
  const bus = await openPromisified(busNumber);
  try {
    await bus.i2cWrite(address, 1, Buffer.of(0));
    return null;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  } finally {
    await bus.close();
  }
};

/** As much of oled-i2c-bus as only this uses. */
interface DrawingOled extends Oled {
  fillRect(x: number, y: number, width: number, height: number, color: 0 | 1, sync: false): void;
  update(): void;
}

/** Draws a frame, a diagonal and a block by oled-i2c-bus, and has it send all of that by itself. */
const drawByOled = async (busNumber: number): Promise<void> => {
  Object.assign(globalThis, { busy: 0 }); // oled-i2c-bus 1.0.12 assigns it undeclared, which strict code may not
  const bus = openSync(busNumber);
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
  bus.closeSync();
};

/** Opens the acts. */
export const openBusActs = (tell: Tell) => {
  let display: Display | null = null;
  return {
    readRegisters,
    scan,
    writeFailure,
    drawByOled,
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
