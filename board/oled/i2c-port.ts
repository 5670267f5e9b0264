/**
 * The bus as the display's driver needs it: writes that wait outside of the event loop. Over npm i2c-bus, which is loaded with the first bus: where its
 * native part does not load there is no display, and the box runs.
 */

/** An open bus. A write that was not acknowledged to its end throws. */
export interface I2cPort extends AsyncDisposable {
  write(address: number, bytes: Uint8Array): Promise<void>;
}

/** Opens the bus of that number; throws where there is none. */
export type OpenI2cPort = (busNumber: number) => Promise<I2cPort>;

/**
 * `/dev/i2c-<n>`. The device is opened with the first write, and once an address was refused (`EBUSY`: a kernel driver has it) i2c-bus writes to no
 * address at all: after any failure the port is closed and opened anew.
 */
export const openI2cPort: OpenI2cPort = async (busNumber) => {
  const { openPromisified } = await import("i2c-bus");
  const bus = await openPromisified(busNumber);
  return {
    write: async (address, bytes) => {
      const { bytesWritten } = await bus.i2cWrite(address, bytes.length, Buffer.from(bytes));
      if (bytesWritten !== bytes.length) throw new Error(`${bytesWritten} of ${bytes.length} bytes were written`);
    },
    [Symbol.asyncDispose]: () => bus.close(),
  };
};
