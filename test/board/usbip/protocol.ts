/**
 * USB over IP: its messages as bytes and as values. Pure.
 *
 * Layouts are those of the kernel's Documentation/usb/usbip_protocol.rst, version 1.1.1. All numbers are big-endian, but for a setup packet, which is
 * USB's own and little-endian.
 */

/** A device as the lists of the protocol describe it. */
export interface DeviceRecord {
  /** How an import names it: "1-1". At most 31 bytes. */
  readonly busId: string;
  readonly busNumber: number;
  readonly deviceNumber: number;
  /** As Linux counts it: 1 low, 2 full, 3 high. */
  readonly speed: number;
  readonly vendorId: number;
  readonly productId: number;
  readonly release: number;
  /** Class, subclass, protocol. */
  readonly classCodes: readonly [number, number, number];
  readonly configurations: number;
  /** Class, subclass, protocol of each interface. */
  readonly interfaces: readonly (readonly [number, number, number])[];
}

/** A request before a device is imported. */
export type Operation = { readonly kind: "list" } | { readonly kind: "import"; readonly busId: string };

/** USB's setup packet (USB 2.0, table 9-2). */
export interface Setup {
  /** bmRequestType: bit 7 tells the direction, bits 5 and 6 who defined the request. */
  readonly type: number;
  readonly request: number;
  readonly value: number;
  readonly index: number;
  readonly length: number;
}

/** What the kernel asks of an imported device. */
export type Command =
  | {
      readonly kind: "submit";
      readonly sequence: number;
      readonly endpoint: number;
      readonly isIn: boolean;
      /** Room for the answer, or the size of `body`. */
      readonly sizeBytes: number;
      readonly setup: Setup;
      readonly body: Uint8Array;
    }
  | { readonly kind: "unlink"; readonly sequence: number; readonly unlinked: number };

/** A message at the head of a stream, and how many bytes it took; `more` while it is not whole; otherwise why it is none. */
export type Decoded<T> =
  | { readonly kind: "message"; readonly message: T; readonly takenBytes: number }
  | { readonly kind: "more" }
  | { readonly kind: "malformed"; readonly why: string };

const VERSION = 0x0111;
const OP = { importRequest: 0x8003, importReply: 0x0003, listRequest: 0x8005, listReply: 0x0005 } as const;
const COMMAND = { submit: 1, unlink: 2, submitReply: 3, unlinkReply: 4 } as const;
const OP_HEADER_BYTES = 8;
const BUS_ID_BYTES = 32;
const PATH_BYTES = 256;
const RECORD_BYTES = 312;
const COMMAND_BYTES = 48;
/** One request of a bus that carries kilobytes; more is a stream that lost its step. */
const MAX_TRANSFER_BYTES = 1 << 20;
/** What the kernel writes for a transfer that is not isochronous; older ones wrote 0. */
const NO_PACKETS = 0xffff_ffff;

/** Why an import is refused, in USB/IP's own numbers: ST_NODEV, ST_DEV_BUSY. */
const REFUSALS = { absent: 4, busy: 2 } as const;

const MORE = { kind: "more" } as const;
const malformed = (why: string) => ({ kind: "malformed", why }) as const;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const readText = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder("latin1").decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** Reads what a client says before a device is its own. */
export const decodeOperation = (bytes: Uint8Array): Decoded<Operation> => {
  if (bytes.length < OP_HEADER_BYTES) return MORE;
  const view = viewOf(bytes);
  if (view.getUint16(0) !== VERSION) return malformed(`version 0x${view.getUint16(0).toString(16)}`);
  const code = view.getUint16(2);
  if (code === OP.listRequest) return { kind: "message", message: { kind: "list" }, takenBytes: OP_HEADER_BYTES };
  if (code !== OP.importRequest) return malformed(`operation 0x${code.toString(16)}`);
  const takenBytes = OP_HEADER_BYTES + BUS_ID_BYTES;
  if (bytes.length < takenBytes) return MORE;
  const name = bytes.subarray(OP_HEADER_BYTES, takenBytes);
  if (!name.includes(0)) return malformed("a bus id without an end");
  return { kind: "message", message: { kind: "import", busId: readText(name) }, takenBytes };
};

const decodeSetup = (view: DataView, at: number): Setup => ({
  type: view.getUint8(at),
  request: view.getUint8(at + 1),
  value: view.getUint16(at + 2, true),
  index: view.getUint16(at + 4, true),
  length: view.getUint16(at + 6, true),
});

/** Reads what the kernel asks of an imported device. */
export const decodeCommand = (bytes: Uint8Array): Decoded<Command> => {
  if (bytes.length < COMMAND_BYTES) return MORE;
  const view = viewOf(bytes);
  const [command, sequence, direction, endpoint] = [0, 4, 12, 16].map((at) => view.getUint32(at));
  if (sequence === undefined || endpoint === undefined) return MORE;
  if (command === COMMAND.unlink) {
    const message = { kind: "unlink", sequence, unlinked: view.getUint32(20) } as const;
    return { kind: "message", message, takenBytes: COMMAND_BYTES };
  }
  if (command !== COMMAND.submit) return malformed(`command ${command}`);
  if (direction !== 0 && direction !== 1) return malformed(`direction ${direction}`);
  if (endpoint > 15) return malformed(`endpoint ${endpoint}`);
  const sizeBytes = view.getUint32(24);
  if (sizeBytes > MAX_TRANSFER_BYTES) return malformed(`a transfer of ${sizeBytes} bytes`);
  const packets = view.getUint32(32);
  if (packets !== 0 && packets !== NO_PACKETS) return malformed("an isochronous transfer");
  const takenBytes = COMMAND_BYTES + (direction === 1 ? 0 : sizeBytes);
  if (bytes.length < takenBytes) return MORE;
  const message = {
    kind: "submit",
    sequence,
    endpoint,
    isIn: direction === 1,
    sizeBytes,
    setup: decodeSetup(view, 40),
    body: bytes.slice(COMMAND_BYTES, takenBytes), // a copy: the stream's buffer moves on
  } as const;
  return { kind: "message", message, takenBytes };
};

const renderRecord = (device: DeviceRecord): Uint8Array => {
  const bytes = new Uint8Array(RECORD_BYTES);
  const view = viewOf(bytes);
  const text = new TextEncoder();
  if (text.encode(device.busId).length >= BUS_ID_BYTES)
    throw new Error(`a bus id has at most ${BUS_ID_BYTES - 1} bytes`);
  bytes.set(text.encode(`/sys/devices/models/usb${device.busNumber}/${device.busId}`));
  bytes.set(text.encode(device.busId), PATH_BYTES);
  const numbers = PATH_BYTES + BUS_ID_BYTES;
  for (const [index, value] of [device.busNumber, device.deviceNumber, device.speed].entries())
    view.setUint32(numbers + 4 * index, value);
  for (const [index, value] of [device.vendorId, device.productId, device.release].entries())
    view.setUint16(numbers + 12 + 2 * index, value);
  // the value of the configuration that is set: vhci sets it anew
  bytes.set([...device.classCodes, 0, device.configurations, device.interfaces.length], numbers + 18);
  return bytes;
};

const renderOpHeader = (code: number, status: number): Uint8Array => {
  const bytes = new Uint8Array(OP_HEADER_BYTES);
  const view = viewOf(bytes);
  view.setUint16(0, VERSION);
  view.setUint16(2, code);
  view.setUint32(4, status);
  return bytes;
};

/** OP_REP_DEVLIST: every device with its interfaces. */
export const renderListReply = (devices: readonly DeviceRecord[]): Uint8Array => {
  const count = new Uint8Array(4);
  viewOf(count).setUint32(0, devices.length);
  const records = devices.flatMap((device) => [
    renderRecord(device),
    ...device.interfaces.map((codes) => Uint8Array.of(...codes, 0)),
  ]);
  return Buffer.concat([renderOpHeader(OP.listReply, 0), count, ...records]);
};

/** OP_REP_IMPORT: the device, or why not. */
export const renderImportReply = (device: DeviceRecord | keyof typeof REFUSALS): Uint8Array =>
  typeof device === "string"
    ? renderOpHeader(OP.importReply, REFUSALS[device])
    : Buffer.concat([renderOpHeader(OP.importReply, 0), renderRecord(device)]);

const renderReplyHeader = (code: number, sequence: number, numbers: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(COMMAND_BYTES);
  const view = viewOf(bytes);
  view.setUint32(0, code);
  view.setUint32(4, sequence);
  for (const [index, value] of numbers.entries()) view.setInt32(20 + 4 * index, value);
  return bytes;
};

/** USBIP_RET_SUBMIT. `status` is 0 or a negative errno; `actualBytes` counts what moved, in either direction. */
export const renderSubmitReply = (
  sequence: number,
  status: number,
  actualBytes: number,
  data: Uint8Array = new Uint8Array(),
): Uint8Array => Buffer.concat([renderReplyHeader(COMMAND.submitReply, sequence, [status, actualBytes]), data]);

/** USBIP_RET_UNLINK. */
export const renderUnlinkReply = (sequence: number, status: number): Uint8Array =>
  renderReplyHeader(COMMAND.unlinkReply, sequence, [status]);

/** OP_REQ_DEVLIST, as a client sends it. */
export const renderListRequest = (): Uint8Array => renderOpHeader(OP.listRequest, 0);

/** OP_REQ_IMPORT, as a client sends it. */
export const renderImportRequest = (busId: string): Uint8Array => {
  const name = new Uint8Array(BUS_ID_BYTES);
  name.set(new TextEncoder().encode(busId).subarray(0, BUS_ID_BYTES - 1));
  return Buffer.concat([renderOpHeader(OP.importRequest, 0), name]);
};

/** What a client needs of OP_REP_IMPORT. */
export interface Imported {
  /** As vhci's `attach` wants it: bus number in the upper half, device number in the lower. */
  readonly deviceId: number;
  readonly speed: number;
}

/** Reads OP_REP_IMPORT; the message is null when the import was refused. */
export const decodeImportReply = (bytes: Uint8Array): Decoded<Imported | null> => {
  if (bytes.length < OP_HEADER_BYTES) return MORE;
  const view = viewOf(bytes);
  if (view.getUint16(0) !== VERSION || view.getUint16(2) !== OP.importReply) return malformed("no answer to an import");
  if (view.getUint32(4) !== 0) return { kind: "message", message: null, takenBytes: OP_HEADER_BYTES };
  const takenBytes = OP_HEADER_BYTES + RECORD_BYTES;
  if (bytes.length < takenBytes) return MORE;
  const numbers = OP_HEADER_BYTES + PATH_BYTES + BUS_ID_BYTES;
  const [bus, device, speed] = [0, 4, 8].map((at) => view.getUint32(numbers + at));
  if (bus === undefined || device === undefined || speed === undefined) return MORE;
  return { kind: "message", message: { deviceId: bus * 0x1_0000 + device, speed }, takenBytes };
};
