/**
 * Lines by the GPIO character device: for kernels without /sys/class/gpio. It sets the pull-ups by itself, stamps each edge in the interrupt, and says
 * when some were lost.
 *
 * The descriptor is read by the runtime's own event loop: no thread, and nothing runs while no button moves.
 */
import { ptr } from "bun:ffi";
import { closeSync, openSync, readdirSync } from "node:fs";
import { ioctl, systemError } from "../native/libc.ts";
import {
  allocate,
  GET_CHIP_INFO,
  GET_LINE,
  GET_VALUES,
  type LineEvent,
  parseChipInfo,
  parseEvents,
  parseLineDescriptor,
  parseValue,
  renderLineRequest,
  renderValuesRequest,
  SIZES,
} from "./chardev-abi.ts";
import { monotonicNs, setNonBlocking } from "./libc.ts";
import { ChipMissing, type GpioPort, type GpioRequest, type OpenGpioPort } from "./port.ts";

/** Where the chips are, and who answers for them. */
export interface GpioDevices {
  readonly folder: string;
  /** `ioctl(2)`: its value, or a negative errno. */
  readonly ioctl: (fd: number, request: number, argument: DataView<ArrayBuffer>) => number;
}

/** Those of the kernel. */
export const KERNEL_DEVICES: GpioDevices = {
  folder: "/dev",
  ioctl: (fd, request, argument) => ioctl(fd, request, ptr(argument.buffer)),
};

const CONSUMER = "vetbox";

const runIoctl = (devices: GpioDevices, fd: number, request: number, argument: DataView<ArrayBuffer>): void => {
  const value = devices.ioctl(fd, request, argument);
  if (value < 0) throw systemError(-value, "ioctl");
};

/** Opens the first chip that has one of the labels. */
const openChip = (devices: GpioDevices, labels: readonly string[]): number => {
  const names = readdirSync(devices.folder).filter((name) => /^gpiochip\d+$/.test(name));
  for (const name of names.sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)))) {
    const fd = openSync(`${devices.folder}/${name}`, "r+");
    const info = allocate(SIZES.chipInfo);
    if (devices.ioctl(fd, GET_CHIP_INFO, info) >= 0 && labels.includes(parseChipInfo(info).label)) return fd;
    closeSync(fd);
  }
  throw new ChipMissing(labels);
};

const requestLines = (devices: GpioDevices, chip: number, offsets: readonly number[]): number => {
  const request = renderLineRequest(offsets, CONSUMER);
  runIoctl(devices, chip, GET_LINE, request);
  const fd = parseLineDescriptor(request);
  setNonBlocking(fd); // else the runtime takes it for a file, and no pollable one
  return fd;
};

/** Tells events as movements, in the caller's time, and the gaps between them. */
const openTeller = ({ monoMs, onMove, onMissed }: GpioRequest) => {
  const lastSeqno = new Map<number, number>();
  return (events: readonly LineEvent[]): void => {
    const nowNs = monotonicNs();
    const nowMonoMs = monoMs();
    for (const { offset, down, lineSeqno, timestampNs } of events) {
      const missed = lineSeqno - (lastSeqno.get(offset) ?? 0) - 1;
      lastSeqno.set(offset, lineSeqno);
      if (missed > 0) onMissed(offset, missed);
      onMove({ offset, down, atMonoMs: nowMonoMs - Math.max(0, Number(nowNs - timestampNs) / 1e6) });
    }
  };
};

/** Follows the descriptor until it is closed, or until the kernel ends it. */
const followEvents = async (
  reader: ReadableStreamDefaultReader<Uint8Array>,
  tell: (events: readonly LineEvent[]) => void,
): Promise<void> => {
  let rest: Uint8Array = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parsed = parseEvents(Buffer.concat([rest, value]));
    rest = parsed.rest;
    tell(parsed.events);
  }
};

/** Takes the lines by the character device. */
export const openChardevPort =
  (devices: GpioDevices): OpenGpioPort =>
  async (request: GpioRequest): Promise<GpioPort> => {
    const chip = openChip(devices, request.chipLabels);
    let fd: number;
    try {
      fd = requestLines(devices, chip, request.offsets);
    } finally {
      closeSync(chip); // the lines are held by their own descriptor
    }
    const reader = Bun.file(fd).stream().getReader();
    let closed = false;
    const lose = (error: unknown): void => {
      if (!closed) request.onLost(error);
    };
    const followed = followEvents(reader, openTeller(request)).then(
      () => lose(new Error("the kernel released the lines")),
      lose,
    );
    return {
      isDown: (offset) => {
        const index = request.offsets.indexOf(offset);
        const values = renderValuesRequest(index);
        runIoctl(devices, fd, GET_VALUES, values);
        return parseValue(values, index);
      },
      [Symbol.asyncDispose]: async () => {
        closed = true;
        await reader.cancel();
        await followed;
        closeSync(fd);
      },
    };
  };
