/** Asks a device whose address a kernel driver holds, as one may and by force. */
import i2c, { type OpenOptions } from "i2c-bus";

const ask = async (options: OpenOptions): Promise<unknown> => {
  const bus = await i2c.openPromisified(1, options);
  const { code, errno, syscall } = await bus
    .readByte(0x48, 0)
    .then(() => ({ code: "none", errno: 0, syscall: "none" }))
    .catch((error) => error);
  await bus.close();
  return { code, errno, syscall };
};
process.stdout.write(`${JSON.stringify([await ask({ forceAccess: false }), await ask({ forceAccess: true })])}\n`);
