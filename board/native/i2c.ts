/**
 * The native half of i2c-bus: what `require("bindings")("i2c.node")` gives it. Each function comes twice, as `…Sync` and, with a callback at the end, as `…Async`.
 *
 * Asynchronous transactions run on a thread of their own, however long the bus takes. Calls that put nothing on the bus (setAddr, i2cFuncs) run at once and call back
 * later. `i2cRead` and `i2cWrite` do not come by here: i2c-bus reads and writes the file, which Bun does on its threads.
 */
import { type Memory, queueIoctl, runIoctl } from "./ioctl.ts";
import { ioctl, systemError } from "./libc.ts";
import {
  BLOCK_MAX_BYTES,
  decodeDeviceId,
  decodeFunctions,
  decodeSmbus,
  encodeDeviceId,
  encodeFunctions,
  encodeSmbus,
  FUNCTIONS,
  REQUEST,
  SMBUS,
  type SmbusCall,
} from "./smbus.ts";

const EINVAL = 22;
const EMSGSIZE = 90;

/** A call made ready: the ioctl, and how its answer is read. */
interface Plan {
  readonly request: number;
  readonly argument: Memory | number;
  /** Whether it puts something on the bus. */
  readonly onBus: boolean;
  /** What the callback is told after null; the first is what the synchronous call gives. Or a negative errno. */
  readonly results: (bytes: Uint8Array) => readonly unknown[] | number;
}

/** Arguments as they come from JavaScript, without the descriptor; null where they are none that the call can use. */
type Planner = (values: readonly unknown[]) => Plan | null;

const isInteger = (value: unknown): value is number => Number.isInteger(value);

const nothing = (): readonly unknown[] => [];

const smbus = (call: SmbusCall, results: (data: Uint8Array) => readonly unknown[] | number = nothing): Plan => ({
  request: REQUEST.smbus,
  argument: encodeSmbus(call),
  onBus: true,
  results: (bytes) => results(decodeSmbus(bytes)),
});

const word = (low = 0, high = 0): number => low | (high << 8);

/** A block that was read goes into the caller's buffer. Longer than that it is refused; upstream writes beyond the buffer's end. */
const intoBuffer =
  (buffer: Uint8Array) =>
  ([length = 0, ...data]: Uint8Array): readonly unknown[] | number => {
    if (length > Math.min(buffer.length, BLOCK_MAX_BYTES)) return -EMSGSIZE;
    buffer.set(data.slice(0, length));
    return [length, buffer];
  };

/** `(command, length, buffer)` of a block to write or to read. */
const planBlock =
  (plan: (command: number, length: number, buffer: Uint8Array) => Plan): Planner =>
  ([command, length, buffer]) =>
    isInteger(command) && isInteger(length) && buffer instanceof Uint8Array && length >= 0
      ? length <= Math.min(BLOCK_MAX_BYTES, buffer.length)
        ? plan(command, length, buffer)
        : null
      : null;

const writeBlockOf = (kind: SmbusCall["kind"]): Planner =>
  planBlock((command, length, buffer) =>
    smbus({ read: false, command, kind, data: [length, ...buffer.subarray(0, length)] }, () => [length, buffer]),
  );

/** `(command)`, `(byte)` or `(bit)`: one number. */
const planOne =
  (plan: (value: number) => Plan): Planner =>
  ([value]) =>
    isInteger(value) ? plan(value) : null;

/** `(command, value)`. */
const planTwo =
  (plan: (command: number, value: number) => Plan): Planner =>
  ([command, value]) =>
    isInteger(command) && isInteger(value) ? plan(command, value) : null;

const planners: Readonly<Record<string, Planner>> = {
  setAddr: ([address, force]) =>
    isInteger(address) && typeof force === "boolean"
      ? { request: force ? REQUEST.slaveForce : REQUEST.slave, argument: address, onBus: false, results: nothing }
      : null,
  i2cFuncs: () => ({
    request: REQUEST.functions,
    argument: encodeFunctions(),
    onBus: false,
    results: (bytes) => [decodeFunctions(bytes)],
  }),
  deviceId: planOne((address) => ({
    request: REQUEST.rdwr,
    argument: encodeDeviceId(address),
    onBus: true,
    results: (bytes) => [decodeDeviceId(bytes)],
  })),
  receiveByte: () => smbus({ read: true, command: 0, kind: SMBUS.byte, data: [] }, ([byte]) => [byte]),
  readByte: planOne((command) => smbus({ read: true, command, kind: SMBUS.byteData, data: [] }, ([byte]) => [byte])),
  readWord: planOne((command) =>
    smbus({ read: true, command, kind: SMBUS.wordData, data: [] }, ([low, high]) => [word(low, high)]),
  ),
  readBlock: ([command, buffer]) =>
    isInteger(command) && buffer instanceof Uint8Array && buffer.length > 0
      ? smbus({ read: true, command, kind: SMBUS.blockData, data: [] }, intoBuffer(buffer))
      : null,
  readI2cBlock: planBlock((command, length, buffer) =>
    smbus({ read: true, command, kind: SMBUS.i2cBlockData, data: [length] }, intoBuffer(buffer)),
  ),
  sendByte: planOne((byte) => smbus({ read: false, command: byte, kind: SMBUS.byte, data: null })),
  writeByte: planTwo((command, byte) => smbus({ read: false, command, kind: SMBUS.byteData, data: [byte] })),
  writeWord: planTwo((command, value) =>
    smbus({ read: false, command, kind: SMBUS.wordData, data: [value & 0xff, value >> 8] }),
  ),
  writeQuick: planOne((bit) => smbus({ read: bit === 1, command: 0, kind: SMBUS.quick, data: null })),
  writeBlock: writeBlockOf(SMBUS.blockData),
  writeI2cBlock: writeBlockOf(SMBUS.i2cBlockData),
};

const NO_BYTES = new Uint8Array();

const prepare = (planner: Planner, syscall: string, [fd, ...values]: readonly unknown[]): [number, Plan] => {
  const plan = isInteger(fd) ? planner(values) : null;
  if (!isInteger(fd) || plan === null) throw systemError(EINVAL, syscall);
  return [fd, plan];
};

/** Runs it here. Gives the results, or a negative errno. */
const runPlan = (fd: number, { request, argument, results }: Plan): readonly unknown[] | number => {
  const value = typeof argument === "number" ? ioctl(fd, request, argument) : runIoctl(fd, request, argument);
  if (value < 0) return value;
  return results(typeof argument === "number" ? NO_BYTES : argument.bytes);
};

const callNow =
  (planner: Planner, syscall: string) =>
  (...values: readonly unknown[]): unknown => {
    const [fd, plan] = prepare(planner, syscall, values);
    const outcome = runPlan(fd, plan);
    if (typeof outcome === "number") throw systemError(-outcome, syscall);
    return outcome[0];
  };

const callLater =
  (planner: Planner, syscall: string) =>
  (...values: readonly unknown[]): void => {
    const callback = values.at(-1);
    if (typeof callback !== "function") throw systemError(EINVAL, syscall);
    const [fd, plan] = prepare(planner, syscall, values.slice(0, -1));
    const tell = (outcome: readonly unknown[] | number): void =>
      typeof outcome === "number" ? callback(systemError(-outcome, syscall)) : callback(null, ...outcome);
    const { argument, request, results } = plan;
    if (typeof argument === "number" || !plan.onBus) {
      const outcome = runPlan(fd, plan);
      setImmediate(() => tell(outcome));
      return;
    }
    queueIoctl(fd, request, argument, (done) => {
      if (done instanceof Error) callback(done);
      else tell(done.value < 0 ? done.value : results(done.bytes));
    });
  };

/** Everything that `i2c.node` exports. */
export const i2c: Readonly<Record<string, unknown>> = {
  ...FUNCTIONS,
  ...Object.fromEntries(
    Object.entries(planners).flatMap(([name, planner]) => [
      [`${name}Sync`, callNow(planner, `${name}Sync`)],
      [`${name}Async`, callLater(planner, name)],
    ]),
  ),
};
