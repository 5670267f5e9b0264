/**
 * An iSCSI target with one unit, as far as QEMU's initiator (libiscsi) asks: login without secrets or digests, commands, data both ways,
 * task management that says yes.
 */
import { encodePdu, FINAL, OP, openPduReader, opOf, type Pdu, taskOf } from "./pdu.ts";
import type { Execute } from "./reply.ts";
import { openSequence, openTransfers, SEGMENT_BYTES, type Send } from "./transfer.ts";

/** A stage of login (11.12.3): go on to the full feature phase. */
const TRANSIT = 0x80;
const STAGES = 0x0f;
/** No transfer's tag. */
const NO_TAG = 0xffffffff;
/** A message that takes no number. */
const IMMEDIATE = 0x40;
const isImmediate = ({ header }: Pdu): boolean => (header.readUInt8(0) & IMMEDIATE) !== 0;

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

/** Opens a session: takes bytes, sends bytes. */
export const openSession = (execute: Execute, send: Send): ((bytes: Uint8Array) => void) => {
  const read = openPduReader();
  const sequence = openSequence();
  const { takeCommand, takeData } = openTransfers(execute, sequence, send);
  const login = (pdu: Pdu): void => {
    const flags = pdu.header.readUInt8(1) & (TRANSIT | STAGES);
    // The initiator's session, and the number that it gets here.
    const session = { 8: pdu.header.readUInt32BE(8), 12: (pdu.header.readUInt16BE(12) << 16) | 1 };
    const words = { ...session, 16: taskOf(pdu), ...sequence.status() };
    send(encodePdu(OP.loginResponse, flags, words, Buffer.from(negotiate(pdu.data.toString()))));
  };
  const answerWith =
    (op: number) =>
    (pdu: Pdu): void => {
      const words = { 16: taskOf(pdu), 20: NO_TAG, ...sequence.status() };
      send(encodePdu(op, FINAL, words, op === OP.nopIn ? pdu.data : undefined));
    };
  const handlers: Readonly<Record<number, (pdu: Pdu) => void>> = {
    [OP.login]: login,
    [OP.command]: takeCommand,
    [OP.dataOut]: takeData,
    [OP.nopOut]: answerWith(OP.nopIn),
    [OP.task]: answerWith(OP.taskResponse),
    [OP.text]: answerWith(OP.textResponse),
    [OP.logout]: answerWith(OP.logoutResponse),
  };
  return (bytes) => {
    for (const pdu of read(bytes)) {
      const op = opOf(pdu);
      const number = pdu.header.readUInt32BE(24);
      if (op === OP.login) sequence.expectedCommand = number;
      else if (op !== OP.dataOut && !isImmediate(pdu)) sequence.expectedCommand = number + 1;
      (handlers[op] ?? answerWith(OP.reject))(pdu);
    }
  };
};
