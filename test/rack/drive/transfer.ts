/** Commands of an iSCSI session with their data, both ways (RFC 7143, 11.3 to 11.8). */
import { encodePdu, FINAL, OP, type Pdu, taskOf, type Words } from "./pdu.ts";
import type { Execute, ScsiReply } from "./reply.ts";

/** Longest data segment and burst, each way; both sides agree on it at login. */
export const SEGMENT_BYTES = 262_144;
/** Commands that the initiator may have on the way. */
const WINDOW = 128;
/** Flags of a command, and of its end. */
const READS = 0x40;
const WRITES = 0x20;
const OVERFLOW = 0x04;
const UNDERFLOW = 0x02;
/** No transfer's tag. */
const NO_TAG = 0xffffffff;

/** Sends bytes to the initiator. */
export type Send = (bytes: Uint8Array) => void;

/** The session's sequence numbers. */
export interface Sequence {
  /** The number that the initiator's next command has. */
  expectedCommand: number;
  /** Of a message that ends nothing. */
  window(): Words;
  /** Of a message that ends something: it has a number of its own. */
  status(): Words;
  /** The number that the next end has. */
  readonly nextStatus: number;
}

/** Opens the numbers. */
export const openSequence = (): Sequence => {
  let nextStatus = 1;
  const sequence: Sequence = {
    expectedCommand: 0,
    get nextStatus() {
      return nextStatus;
    },
    window: () => ({ 28: sequence.expectedCommand, 32: sequence.expectedCommand + WINDOW }),
    status: () => {
      const number = nextStatus;
      nextStatus += 1;
      return { 24: number, ...sequence.window() };
    },
  };
  return sequence;
};

const expectedBytes = ({ header }: Pdu): number => header.readUInt32BE(20);
const hasFlag = ({ header }: Pdu, flag: number): boolean => (header.readUInt8(1) & flag) !== 0;

/** Sends a command's data and its end. */
const sendReply = (pdu: Pdu, reply: ScsiReply, sequence: Sequence, send: Send): void => {
  const task = { 16: taskOf(pdu) };
  const data = reply.data.subarray(0, expectedBytes(pdu));
  for (let at = 0; at < data.length; at += SEGMENT_BYTES) {
    const piece = data.subarray(at, at + SEGMENT_BYTES);
    const words = { ...task, 20: NO_TAG, ...sequence.window(), 36: at / SEGMENT_BYTES, 40: at };
    send(encodePdu(OP.dataIn, at + piece.length === data.length ? FINAL : 0, words, piece));
  }
  const missing = hasFlag(pdu, READS) ? expectedBytes(pdu) - reply.data.length : 0;
  const residue = missing > 0 ? UNDERFLOW : missing < 0 ? OVERFLOW : 0;
  const length = Buffer.alloc(2);
  length.writeUInt16BE(reply.sense.length);
  const sense = reply.sense.length === 0 ? new Uint8Array() : Buffer.concat([length, reply.sense]);
  // The status is the fourth byte of the header's first word.
  const words = { 0: reply.status, ...task, ...sequence.status(), 44: Math.abs(missing) };
  send(encodePdu(OP.response, FINAL | residue, words, sense));
};

/** A write whose data are not all there. */
interface Pending {
  readonly pdu: Pdu;
  readonly data: Buffer;
  received: number;
}

/** Takes commands, and the data that come after them. */
export interface Transfers {
  takeCommand(pdu: Pdu): void;
  takeData(pdu: Pdu): void;
}

/** Opens a session's transfers. */
export const openTransfers = (execute: Execute, sequence: Sequence, send: Send): Transfers => {
  const pending = new Map<number, Pending>();
  const run = (pdu: Pdu, data: Buffer): void =>
    void execute(pdu.header.subarray(32, 48), data).then((reply) => sendReply(pdu, reply, sequence, send));
  /** One burst more. The transfer's tag is the task's. */
  const askForMore = (task: number, { received, data }: Pending): void => {
    const place = { 36: 0, 40: received, 44: Math.min(SEGMENT_BYTES, data.length - received) };
    const words = { 16: task, 20: task, 24: sequence.nextStatus, ...sequence.window(), ...place };
    send(encodePdu(OP.readyToTransfer, FINAL, words));
  };
  return {
    takeCommand: (pdu) => {
      if (!hasFlag(pdu, WRITES) || pdu.data.length >= expectedBytes(pdu)) {
        run(pdu, pdu.data);
        return;
      }
      const waiting: Pending = { pdu, data: Buffer.alloc(expectedBytes(pdu)), received: pdu.data.length };
      waiting.data.set(pdu.data);
      pending.set(taskOf(pdu), waiting);
      askForMore(taskOf(pdu), waiting);
    },
    takeData: (pdu) => {
      const task = taskOf(pdu);
      const waiting = pending.get(task);
      if (waiting === undefined) return;
      waiting.data.set(pdu.data, pdu.header.readUInt32BE(40));
      waiting.received += pdu.data.length;
      if (waiting.received >= waiting.data.length) {
        pending.delete(task);
        run(waiting.pdu, waiting.data);
      } else if (hasFlag(pdu, FINAL)) askForMore(task, waiting);
    },
  };
};
