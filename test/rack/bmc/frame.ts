/**
 * Frames between QEMU's `ipmi-bmc-extern` and a management controller: the "VM" protocol, which OpenIPMI's simulator and QEMU's
 * ipmi_bmc_extern.c share. Pure.
 */

/** Ends a message; ends an operation of QEMU's own; announces a byte with bit 4 set, that is one of these three. */
const MESSAGE_END = 0xa0;
const OPERATION_END = 0xa1;
const ESCAPE = 0xaa;
const ESCAPED_BIT = 0x10;
/** Sequence number, network function, command and checksum. */
const LEAST_BYTES = 4;

/** A request of the server's. */
export interface IpmiRequest {
  readonly sequence: number;
  readonly netFn: number;
  readonly lun: number;
  readonly command: number;
  readonly data: Uint8Array;
}

/** The byte that makes a sum of bytes zero. */
export const checksum = (bytes: Iterable<number>): number => {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
};

const decodeRequest = (bytes: readonly number[]): IpmiRequest | null => {
  const [sequence, target, command, ...rest] = bytes;
  if (sequence === undefined || target === undefined || command === undefined) return null;
  if (bytes.length < LEAST_BYTES || checksum(bytes) !== 0) return null;
  return { sequence, netFn: target >> 2, lun: target & 3, command, data: Uint8Array.from(rest.slice(0, -1)) };
};

/**
 * Takes the stream in pieces of any length and answers with the requests that they complete. QEMU's own operations (its version, what it can
 * do, that the server was reset) are left out, and so are broken messages: QEMU asks again, or gives the server a timeout.
 */
export const openFrameReader = (): ((bytes: Uint8Array) => readonly IpmiRequest[]) => {
  let frame: number[] = [];
  let isEscaped = false;
  return (bytes) => {
    const requests: IpmiRequest[] = [];
    for (const byte of bytes) {
      if (byte === MESSAGE_END) {
        const request = decodeRequest(frame);
        if (request !== null) requests.push(request);
      }
      if (byte === MESSAGE_END || byte === OPERATION_END) frame = [];
      else if (byte !== ESCAPE) frame.push(isEscaped ? byte & ~ESCAPED_BIT : byte);
      isEscaped = byte === ESCAPE;
    }
    return requests;
  };
};

/** An answer: completion code (0 is success), then data. */
export const encodeAnswer = ({ sequence, netFn, lun, command }: IpmiRequest, answer: readonly number[]): Uint8Array => {
  // An answer has the next, odd network function (IPMI 2.0, 5.1).
  const message = [sequence, ((netFn | 1) << 2) | lun, command, ...answer];
  const escaped = [...message, checksum(message)].flatMap((byte) =>
    byte === MESSAGE_END || byte === OPERATION_END || byte === ESCAPE ? [ESCAPE, byte | ESCAPED_BIT] : [byte],
  );
  return Uint8Array.from([...escaped, MESSAGE_END]);
};
