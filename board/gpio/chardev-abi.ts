/**
 * The GPIO character device, version 2, in bytes: `<linux/gpio.h>` of Linux 5.10 and later, the same on every 64-bit machine.
 *
 * Only what buttons need. A test holds it against the kernel's own header.
 */

/** `_IOR(0xB4, 0x01, struct gpiochip_info)`. */
export const GET_CHIP_INFO = 0x8044b401;
/** `_IOWR(0xB4, 0x07, struct gpio_v2_line_request)`. */
export const GET_LINE = 0xc250b407;
/** `_IOWR(0xB4, 0x0E, struct gpio_v2_line_values)`. */
export const GET_VALUES = 0xc010b40e;

/** Bytes of the structures. */
export const SIZES = { chipInfo: 68, lineRequest: 592, lineValues: 16, lineEvent: 48 } as const;

const NAME_BYTES = 32;
const REQUEST = { offsets: 0, consumer: 256, flags: 288, numLines: 560, fd: 588 } as const;
const INFO = { label: 32, lines: 64 } as const;
const EVENT = { timestampNs: 0, id: 8, offset: 12, lineSeqno: 20 } as const;
const VALUES = { bits: 0, mask: 8 } as const;

const ACTIVE_LOW = 1 << 1;
const INPUT = 1 << 2;
const EDGE_RISING = 1 << 4;
const EDGE_FALLING = 1 << 5;
const BIAS_PULL_UP = 1 << 8;
/** Rising is to "active", which is low here: the button went down. */
const RISING_EDGE = 1;

/** What the lines are asked for: inputs that rest high by the chip's own pull-up, both edges told. A chip that has no pull-ups ignores that flag. */
const FLAGS = INPUT | ACTIVE_LOW | EDGE_RISING | EDGE_FALLING | BIAS_PULL_UP;

/** Memory for an ioctl. A buffer by itself: a view into a larger one may move while the kernel has its address. */
export const allocate = (bytes: number): DataView<ArrayBuffer> => new DataView(new ArrayBuffer(bytes));

const readName = (view: DataView<ArrayBuffer>, at: number): string => {
  const bytes = new Uint8Array(view.buffer, at, NAME_BYTES);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** A chip's name, as its driver gave it, and how many lines it has. */
export const parseChipInfo = (view: DataView<ArrayBuffer>): { readonly label: string; readonly lines: number } => ({
  label: readName(view, INFO.label),
  lines: view.getUint32(INFO.lines, true),
});

/** Asks for lines. The consumer is what `gpioinfo` shows. */
export const renderLineRequest = (offsets: readonly number[], consumer: string): DataView<ArrayBuffer> => {
  const view = allocate(SIZES.lineRequest);
  for (const [index, offset] of offsets.entries()) view.setUint32(REQUEST.offsets + 4 * index, offset, true);
  new TextEncoder().encodeInto(consumer, new Uint8Array(view.buffer, REQUEST.consumer, NAME_BYTES - 1));
  view.setBigUint64(REQUEST.flags, BigInt(FLAGS), true);
  view.setUint32(REQUEST.numLines, offsets.length, true);
  return view;
};

/** The descriptor that the kernel put into the request. */
export const parseLineDescriptor = (view: DataView<ArrayBuffer>): number => view.getInt32(REQUEST.fd, true);

/** Asks for the value of the line that was requested as number `index`. */
export const renderValuesRequest = (index: number): DataView<ArrayBuffer> => {
  const view = allocate(SIZES.lineValues);
  view.setBigUint64(VALUES.mask, 1n << BigInt(index), true);
  return view;
};

/** Whether that line is active. */
export const parseValue = (view: DataView<ArrayBuffer>, index: number): boolean =>
  ((view.getBigUint64(VALUES.bits, true) >> BigInt(index)) & 1n) === 1n;

/** An edge as the kernel stamped it. */
export interface LineEvent {
  /** By CLOCK_MONOTONIC. */
  readonly timestampNs: bigint;
  readonly down: boolean;
  readonly offset: number;
  /** Counts the events of this line from 1; a gap is what the kernel's buffer had no room for. */
  readonly lineSeqno: number;
}

/** The whole events in what was read, and the bytes of the one that is not whole yet. */
export const parseEvents = (
  bytes: Uint8Array,
): { readonly events: readonly LineEvent[]; readonly rest: Uint8Array } => {
  const count = Math.floor(bytes.length / SIZES.lineEvent);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events = Array.from({ length: count }, (_, index): LineEvent => {
    const at = index * SIZES.lineEvent;
    return {
      timestampNs: view.getBigUint64(at + EVENT.timestampNs, true),
      down: view.getUint32(at + EVENT.id, true) === RISING_EDGE,
      offset: view.getUint32(at + EVENT.offset, true),
      lineSeqno: view.getUint32(at + EVENT.lineSeqno, true),
    };
  });
  return { events, rest: bytes.slice(count * SIZES.lineEvent) };
};
