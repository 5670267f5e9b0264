/** The ioctls of Linux's /dev/i2c-N as memory: `<linux/i2c-dev.h>` and `<linux/i2c.h>`, on machines with pointers of 64 bits. */
import type { Memory } from "./ioctl.ts";

/** Numbers of the ioctls. */
export const REQUEST = { slave: 0x0703, slaveForce: 0x0706, functions: 0x0705, rdwr: 0x0707, smbus: 0x0720 } as const;

/** `I2C_SMBUS_*`: kinds of transactions. */
export const SMBUS = { quick: 0, byte: 1, byteData: 2, wordData: 3, blockData: 5, i2cBlockData: 8 } as const;

/** `I2C_SMBUS_BLOCK_MAX`: bytes of a block. */
export const BLOCK_MAX_BYTES = 32;

/** What an adapter can do: `I2C_FUNC_*`, under the names by which i2c-bus reads them. */
export const FUNCTIONS: Readonly<Record<string, number>> = {
  I2C_FUNC_I2C: 0x1,
  I2C_FUNC_10BIT_ADDR: 0x2,
  I2C_FUNC_PROTOCOL_MANGLING: 0x4,
  I2C_FUNC_SMBUS_PEC: 0x8,
  I2C_FUNC_SMBUS_BLOCK_PROC_CALL: 0x8000,
  I2C_FUNC_SMBUS_QUICK: 0x10000,
  I2C_FUNC_SMBUS_READ_BYTE: 0x20000,
  I2C_FUNC_SMBUS_WRITE_BYTE: 0x40000,
  I2C_FUNC_SMBUS_READ_BYTE_DATA: 0x80000,
  I2C_FUNC_SMBUS_WRITE_BYTE_DATA: 0x100000,
  I2C_FUNC_SMBUS_READ_WORD_DATA: 0x200000,
  I2C_FUNC_SMBUS_WRITE_WORD_DATA: 0x400000,
  I2C_FUNC_SMBUS_PROC_CALL: 0x800000,
  I2C_FUNC_SMBUS_READ_BLOCK_DATA: 0x1000000,
  I2C_FUNC_SMBUS_WRITE_BLOCK_DATA: 0x2000000,
  I2C_FUNC_SMBUS_READ_I2C_BLOCK: 0x4000000,
  I2C_FUNC_SMBUS_WRITE_I2C_BLOCK: 0x8000000,
};

/** An SMBus transaction. */
export interface SmbusCall {
  readonly read: boolean;
  readonly command: number;
  readonly kind: (typeof SMBUS)[keyof typeof SMBUS];
  /** `union i2c_smbus_data` beforehand: the byte, the word, or the block with its length first. Null for a transaction without. */
  readonly data: readonly number[] | null;
}

/** struct i2c_smbus_ioctl_data { u8 read_write; u8 command; u32 size; union *data }, then the union of 34 bytes. */
const CALL = { size: 4, data: 8, bytes: 16 } as const;
const DATA_BYTES = BLOCK_MAX_BYTES + 2;

/** A transaction as the argument of its ioctl. */
export const encodeSmbus = ({ read, command, kind, data }: SmbusCall): Memory => {
  const bytes = new Uint8Array(new ArrayBuffer(CALL.bytes + DATA_BYTES));
  bytes[0] = read ? 1 : 0;
  bytes[1] = command;
  new DataView(bytes.buffer).setUint32(CALL.size, kind, true);
  bytes.set(data ?? [], CALL.bytes);
  return { bytes, pointers: data === null ? [] : [[CALL.data, CALL.bytes]] };
};

/** The union after the ioctl. */
export const decodeSmbus = (bytes: Uint8Array): Uint8Array => bytes.subarray(CALL.bytes, CALL.bytes + DATA_BYTES);

/** struct i2c_rdwr_ioctl_data { i2c_msg *msgs; u32 nmsgs }, two i2c_msg { u16 addr, flags, len; u8 *buf } and their bytes. */
const RDWR = { first: 16, second: 32, sent: 48, received: 56, bytes: 64 } as const;
const READS = 1; // I2C_M_RD
/** "Device ID" of the I2C specification (UM10204 rev 6 §3.1.17): asked at a reserved address, answered with three bytes. */
const DEVICE_ID = { address: 0x7c, bytes: 3 } as const;

/** The question for the device ID of an address. */
export const encodeDeviceId = (address: number): Memory => {
  const bytes = new Uint8Array(new ArrayBuffer(RDWR.bytes));
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 2, true);
  for (const [at, flags, length] of [
    [RDWR.first, 0, 1],
    [RDWR.second, READS, DEVICE_ID.bytes],
  ] as const) {
    view.setUint16(at, DEVICE_ID.address, true);
    view.setUint16(at + 2, flags, true);
    view.setUint16(at + 4, length, true);
  }
  bytes[RDWR.sent] = address << 1;
  return {
    bytes,
    pointers: [
      [0, RDWR.first],
      [RDWR.first + 8, RDWR.sent],
      [RDWR.second + 8, RDWR.received],
    ],
  };
};

/** The answer: 24 bits, manufacturer, part and revision. */
export const decodeDeviceId = (bytes: Uint8Array): number => {
  const [high = 0, middle = 0, low = 0] = bytes.subarray(RDWR.received, RDWR.received + DEVICE_ID.bytes);
  return (high << 16) | (middle << 8) | low;
};

/** `unsigned long` for `I2C_FUNCS`; the functions are in its lower half. */
export const encodeFunctions = (): Memory => ({ bytes: new Uint8Array(new ArrayBuffer(8)), pointers: [] });

/** The functions. */
export const decodeFunctions = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
