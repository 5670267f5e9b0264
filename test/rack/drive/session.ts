/**
 * An iSCSI target with one unit, as far as QEMU's initiator (libiscsi) asks: login without secrets or digests, commands, data both ways,
 * task management that says yes.
 */
import { encodePdu, FINAL, OP, openPduReader, opOf, type Pdu, taskOf, type Words } from "./pdu.ts";
import type { Execute, ScsiReply } from "./reply.ts";

/** Longest data segment and burst, each way; both sides agree on it. */
const SEGMENT_BYTES = 262_144;
/** Commands that the initiator may have on the way. */
const WINDOW = 128;
const OVERFLOW = 0x04;
const UNDERFLOW = 0x02;
/** A stage of login (11.12.3): go on to the full feature phase. */
const TRANSIT = 0x80;
const READS = 0x40;
const WRITES = 0x20;

/** What the target answers to the initiator's wishes; others are declared by it alone or not understood. */
const TERMS: Readonly<Record<string, string>> = {
  HeaderDigest: "None",
  DataDigest: "None",
  InitialR2T: "Yes",
  ImmediateData: "Yes",
  MaxBurstLength: String(SEGMENT_BYTES),
  FirstBurstLength: String(SEGMENT_BYTES),
  MaxConnections: "1",
  MaxOutstandingR2T: "1",
  DefaultTime2Wait: "2",
  DefaultTime2Retain: "0",
  ErrorRecoveryLevel: "0",
  DataPDUInOrder: "Yes",
  DataSequenceInOrder: "Yes",
  AuthMethod: "None",
};
/** Told unasked. */
const OWN_TERMS = { MaxRecvDataSegmentLength: String(SEGMENT_BYTES), TargetPortalGroupTag: "1" };
const DECLARED_ALONE = ["InitiatorName", "InitiatorAlias", "TargetName", "SessionType", "MaxRecvDataSegmentLength"];

/** The answer to the initiator's `key=value` list. */
export const negotiate = (asked: string): string => {
  const keys = asked.split("\0").flatMap((line) => (line.includes("=") ? [line.slice(0, line.indexOf("="))] : []));
  const terms = keys
    .filter((key) => !DECLARED_ALONE.includes(key))
    .map((key) => `${key}=${TERMS[key] ?? "NotUnderstood"}`);
  return [...terms, ...Object.entries(OWN_TERMS).map(([key, value]) => `${key}=${value}`)]
    .map((line) => `${line}\0`)
    .join("");
};

/** A write whose data are not all there. */
interface Pending {
  readonly pdu: Pdu;
  readonly data: Buffer;
  received: number;
}

/** Opens a session: takes bytes, sends bytes. */
export const openSession = (execute: Execute, send: (bytes: Uint8Array) => void): ((bytes: Uint8Array) => void) => {
  const read = openPduReader();
  const pending = new Map<number, Pending>();
  let [expectedCommand, statusNumber] = [0, 1];
  const window = (): Words => ({ 28: expectedCommand, 32: expectedCommand + WINDOW });
  const status = (): Words => ({ 24: statusNumber++, ...window() });

  const sendReply = (pdu: Pdu, reply: ScsiReply): void => {
    const task = { 16: taskOf(pdu) };
    const expected = pdu.header.readUInt32BE(20);
    const data = reply.data.subarray(0, expected);
    for (let at = 0; at < data.length; at += SEGMENT_BYTES) {
      const piece = data.subarray(at, at + SEGMENT_BYTES);
      const isLast = at + piece.length === data.length;
      const words = { ...task, 20: 0xffffffff, ...window(), 36: at / SEGMENT_BYTES, 40: at };
      send(encodePdu(OP.dataIn, isLast ? FINAL : 0, words, piece));
    }
    const isRead = (pdu.header.readUInt8(1) & READS) !== 0;
    const missing = isRead ? expected - reply.data.length : 0;
    const residue = missing > 0 ? UNDERFLOW : missing < 0 ? OVERFLOW : 0;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(reply.sense.length);
    const sense = reply.sense.length === 0 ? new Uint8Array() : Buffer.concat([length, reply.sense]);
    // The status is the fourth byte of the header's first word.
    send(
      encodePdu(OP.response, FINAL | residue, { 0: reply.status, ...task, ...status(), 44: Math.abs(missing) }, sense),
    );
  };

  const run = (pdu: Pdu, data: Buffer): void =>
    void execute(pdu.header.subarray(32, 48), data).then((reply) => sendReply(pdu, reply));

  const startCommand = (pdu: Pdu): void => {
    const expected = pdu.header.readUInt32BE(20);
    const isWrite = (pdu.header.readUInt8(1) & WRITES) !== 0;
    if (!isWrite || pdu.data.length >= expected) {
      run(pdu, pdu.data);
      return;
    }
    const task = taskOf(pdu);
    const waiting: Pending = { pdu, data: Buffer.alloc(expected), received: pdu.data.length };
    waiting.data.set(pdu.data);
    pending.set(task, waiting);
    askForMore(task, waiting);
  };

  /** One burst more. The transfer's tag is the task's. */
  const askForMore = (task: number, { received, data }: Pending): void => {
    const words = { 16: task, 20: task, 24: statusNumber, ...window(), 36: 0, 40: received };
    send(encodePdu(OP.readyToTransfer, FINAL, { ...words, 44: Math.min(SEGMENT_BYTES, data.length - received) }));
  };

  const takeData = (pdu: Pdu): void => {
    const task = taskOf(pdu);
    const waiting = pending.get(task);
    if (waiting === undefined) return;
    waiting.data.set(pdu.data, pdu.header.readUInt32BE(40));
    waiting.received += pdu.data.length;
    if (waiting.received >= waiting.data.length) {
      pending.delete(task);
      run(waiting.pdu, waiting.data);
    } else if ((pdu.header.readUInt8(1) & FINAL) !== 0) askForMore(task, waiting);
  };

  const login = (pdu: Pdu): void => {
    const flags = pdu.header.readUInt8(1) & (TRANSIT | 0x0f);
    const words = {
      8: pdu.header.readUInt32BE(8),
      12: (pdu.header.readUInt16BE(12) << 16) | 1,
      16: taskOf(pdu),
      ...status(),
    };
    send(encodePdu(OP.loginResponse, flags, words, Buffer.from(negotiate(pdu.data.toString()))));
  };

  const answer =
    (op: number, words: Words = {}) =>
    (pdu: Pdu): void =>
      send(
        encodePdu(
          op,
          FINAL,
          { 16: taskOf(pdu), 20: 0xffffffff, ...status(), ...words },
          op === OP.nopIn ? pdu.data : undefined,
        ),
      );
  const handlers: Readonly<Record<number, (pdu: Pdu) => void>> = {
    [OP.login]: login,
    [OP.command]: startCommand,
    [OP.dataOut]: takeData,
    [OP.nopOut]: answer(OP.nopIn),
    [OP.task]: answer(OP.taskResponse),
    [OP.text]: answer(OP.textResponse),
    [OP.logout]: answer(OP.logoutResponse),
  };
  const isImmediate = ({ header }: Pdu): boolean => (header.readUInt8(0) & 0x40) !== 0;
  return (bytes) => {
    for (const pdu of read(bytes)) {
      const op = opOf(pdu);
      if (op === OP.login) expectedCommand = pdu.header.readUInt32BE(24);
      else if (op !== OP.dataOut && !isImmediate(pdu)) expectedCommand = pdu.header.readUInt32BE(24) + 1;
      (handlers[op] ?? answer(OP.reject))(pdu);
    }
  };
};
