/** Every call of i2c-bus as published, each in its three styles, to a device with registers at 0x48 or at the address given. Says `[style, call, result]` for each; a fault is its code, number and syscall. */
import i2c, { type I2CBus } from "i2c-bus";

const ADDRESS = 0x48;
const address = Number.parseInt(process.argv[2] ?? "48", 16);

const say = (...words: readonly unknown[]): void => {
  process.stdout.write(`${JSON.stringify(words)}\n`);
};

/** A call by name with its arguments; `buffer` stands for a fresh one of so many bytes. */
const CALLS: readonly (readonly [string, ...(number | Uint8Array | { readonly buffer: number })[]])[] = [
  ["sendByte", address, 0x20],
  ["writeByte", address, 0x21, 0xa5],
  ["writeWord", address, 0x22, 0xbeef],
  ["writeI2cBlock", address, 0x30, 3, Buffer.from([7, 8, 9])],
  ["writeBlock", address, 0x40, 2, Buffer.from([0x11, 0x22])],
  ["writeQuick", address, 0],
  ["i2cWrite", address, 3, Buffer.from([0x50, 1, 2])],
  ["readByte", address, 0x21],
  ["readWord", address, 0x22],
  ["readI2cBlock", address, 0x30, 3, { buffer: 4 }],
  ["readBlock", address, 0x40, { buffer: 32 }],
  ["sendByte", address, 0x50],
  ["i2cRead", address, 2, { buffer: 2 }],
  ["receiveByte", address],
  ["deviceId", address],
  ["i2cFuncs"],
  ["scan", 0x3b, ADDRESS],
];

const describeValue = (value: unknown): unknown =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString("hex")
    : value instanceof Object && "_busNumber" in value
      ? "bus"
      : value;

const describeFault = (error: unknown): unknown => {
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  return { code, errno, syscall };
};

type AnyCall = (...values: unknown[]) => unknown;

const methodOf = (holder: object, name: string): AnyCall => {
  const method: unknown = Reflect.get(holder, name);
  if (typeof method !== "function") throw new Error(`no ${name}`);
  return method.bind(holder);
};

const STYLES: Record<string, (bus: I2CBus, name: string, values: readonly unknown[]) => Promise<unknown>> = {
  sync: async (bus, name, values) => [methodOf(bus, `${name}Sync`)(...values)].map(describeValue),
  callback: (bus, name, values) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    methodOf(bus, name)(...values, (error: unknown, ...results: unknown[]) =>
      error ? reject(error) : resolve(results.map(describeValue)),
    );
    return promise;
  },
  promise: async (bus, name, values) => {
    const result = await methodOf(bus.promisifiedBus(), name)(...values);
    if (!(result instanceof Object) || !("buffer" in result)) return [describeValue(result)];
    return Object.values(result).map(describeValue);
  },
};

for (const [style, run] of Object.entries(STYLES)) {
  const bus = i2c.openSync(1);
  for (const [name, ...given] of CALLS) {
    const values = given.map((value) =>
      typeof value === "object" && "buffer" in value && typeof value.buffer === "number"
        ? Buffer.alloc(value.buffer)
        : value,
    );
    say(style, name, await run(bus, name, values).catch(describeFault));
    for (const value of values)
      if (value instanceof Uint8Array && name.startsWith("read") && style === "sync")
        say(style, "buffer", describeValue(value));
  }
  bus.closeSync();
}
