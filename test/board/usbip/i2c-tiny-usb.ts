/**
 * A model of an i2c-tiny-usb: an I²C adapter that is driven by control requests alone and takes a transfer of any length.
 *
 * The requests are those of its firmware, as the kernel's drivers/i2c/busses/i2c-tiny-usb.c sends them.
 */
import { type Answer, type DeviceFacts, renderDescriptors, type UsbDevice } from "./device.ts";
import type { I2cWires } from "./i2c-wires.ts";
import type { Setup } from "./protocol.ts";

/** What the device says of itself. */
export const I2C_TINY_USB: DeviceFacts = {
  vendorId: 0x0403,
  productId: 0xc631,
  release: 0x0105,
  usb: 0x0110,
  classCodes: [0xff, 0, 0],
  controlPacketBytes: 8,
  maker: "Vetbox",
  product: "i2c-tiny-usb (model)",
  serial: "MODEL2",
  interfaces: [{ classCodes: [0xff, 0, 0] }],
};

const REQUEST = { echo: 0, functions: 1, setDelay: 2, status: 3, transfer: 4 } as const;
/** Bits beside `REQUEST.transfer`: it begins with a start, it ends with a stop. Here a transfer is whole either way. */
const TRANSFER_FLAGS = 3;
/** As `REQUEST.status` tells them. */
const STATUS = { idle: 0, acknowledged: 1, refused: 2 } as const;
/** I2C_FUNC_I2C, and SMBus as Linux makes it of plain transfers (linux/i2c.h); the firmware names them. Little-endian. */
const FUNCTIONS = [0x01, 0x00, 0xff, 0x0e];

const isIn = ({ type }: Setup): boolean => (type & 0x80) !== 0;

/** Opens a model with these wires behind it. */
export const openTinyUsb = (wires: I2cWires): UsbDevice => {
  let status: number = STATUS.idle;
  const transfer = (setup: Setup, body: Uint8Array): Answer => {
    const data = isIn(setup) ? wires.read(setup.index, setup.length) : wires.write(setup.index, body) && body;
    status = data === null || data === false ? STATUS.refused : STATUS.acknowledged;
    // the firmware shifts in what it can, also from nobody: the status tells
    return data || new Uint8Array(isIn(setup) ? setup.length : 0).fill(0xff);
  };
  return {
    descriptors: renderDescriptors(I2C_TINY_USB),
    control: (setup, body) => {
      if ((setup.type & 0x60) !== 0x40) return "stall"; // only requests of the maker's own
      if ((setup.request & ~TRANSFER_FLAGS) === REQUEST.transfer) return transfer(setup, body);
      if (setup.request === REQUEST.functions) return Uint8Array.from(FUNCTIONS);
      if (setup.request === REQUEST.status) return Uint8Array.of(status);
      if (setup.request === REQUEST.echo) return Uint8Array.of(setup.value & 0xff, setup.value >> 8);
      return setup.request === REQUEST.setDelay ? new Uint8Array() : "stall";
    },
    reset: () => {
      status = STATUS.idle;
    },
  };
};
