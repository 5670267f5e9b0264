/** A SATA drive behind a SAS controller: ATA's commands inside SCSI's (SAT-3, 12.2), its identity (ACS-3, 7.12) and its SMART. Pure. */
import { bigEndian, check, good, type ScsiReply } from "./reply.ts";
import { encodeAttributes, encodeLog, encodeThresholds } from "./smart.ts";
import type { DriveState } from "./state.ts";

/** The registers of a command. */
interface AtaCommand {
  readonly features: number;
  readonly lbaLow: number;
  readonly lbaMid: number;
  readonly lbaHigh: number;
  readonly command: number;
  /** The registers are to be told when it has succeeded, too. */
  readonly wantsRegisters: boolean;
}

/** Registers that tell of the command's end. */
interface AtaEnd {
  readonly data?: Buffer;
  readonly isError?: boolean;
  readonly lbaMid?: number;
  readonly lbaHigh?: number;
}

const IDENTIFY_DEVICE = 0xec;
const SMART = 0xb0;
const SMART_MARK = { lbaMid: 0x4f, lbaHigh: 0xc2 } as const;
/** RETURN STATUS of a drive that fails: the mark the other way round (ACS-3, 7.53.8). */
const SMART_FAILS = { lbaMid: 0xf4, lbaHigh: 0x2c } as const;
const SECTOR_BYTES = 512;
const LONG_FORM = 0x85;

const decodeCommand = (cdb: Buffer): AtaCommand => {
  const wantsRegisters = (cdb.readUInt8(2) & 0x20) !== 0;
  const places = cdb.readUInt8(0) === LONG_FORM ? [4, 8, 10, 12, 14] : [3, 5, 6, 7, 9];
  const [features = 0, lbaLow = 0, lbaMid = 0, lbaHigh = 0, command = 0] = places.map((at) => cdb.readUInt8(at));
  return { features, lbaLow, lbaMid, lbaHigh, command, wantsRegisters };
};

/** Sense with ATA's registers (SAT-3, 12.2.6): "ATA pass through information available", or "aborted command". */
const encodeRegisters = ({ lbaLow }: AtaCommand, end: AtaEnd): ScsiReply => {
  const failed = end.isError === true;
  const [key, asc, ascq] = failed ? [0x0b, 0x00, 0x00] : [0x01, 0x00, 0x1d];
  const [error, status] = failed ? [0x04, 0x51] : [0x00, 0x50];
  const lba = [0, lbaLow, 0, end.lbaMid ?? 0, 0, end.lbaHigh ?? 0];
  return check(Buffer.from([0x72, key, asc, ascq, 0, 0, 0, 14, 0x09, 12, 0, error, 0, 0, ...lba, 0, status]));
};

/** Text in ATA's order: the characters of each word are the other way round. */
const ataText = (text: string, length: number): Buffer => Buffer.from(text.slice(0, length).padEnd(length)).swap16();

/** SMART with its error and self-test logs, a WWN, 48-bit addresses: supported, and on. */
const encodeIdentity = ({ disk, sectors }: DriveState): Buffer => {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  const words: Readonly<Record<number, number>> = {
    ...{
      0: 0x0040,
      49: 0x0f00,
      53: 0x0006,
      80: 0x01f0,
      82: 0x0021,
      83: 0x7400,
      84: 0x4103,
      85: 0x0021,
      86: 0x3400,
      87: 0x4103,
    },
    217: disk.rotational === true ? 7200 : 1,
    222: 0x101f, // serial ATA
  };
  for (const [at, value] of Object.entries(words)) bytes.writeUInt16LE(value, Number(at) * 2);
  bytes.set(ataText(disk.serial, 20), 10 * 2);
  bytes.set(ataText(disk.firmware ?? "0001", 8), 23 * 2);
  bytes.set(ataText(disk.model ?? "VB DRIVE", 40), 27 * 2);
  bytes.writeUInt32LE(Math.min(sectors, 0x0fffffff), 60 * 2);
  bytes.writeBigUInt64LE(BigInt(sectors), 100 * 2);
  if (disk.wwn !== undefined) bytes.set(Buffer.from(disk.wwn.slice(2), "hex").swap16(), 108 * 2);
  bytes.writeUInt8(0xa5, SECTOR_BYTES - 2);
  bytes.writeUInt8(-bytes.subarray(0, SECTOR_BYTES - 1).reduce((sum, byte) => sum + byte, 0) & 0xff, SECTOR_BYTES - 1);
  return bytes;
};

const SELF_TESTS: Readonly<Record<number, (drive: DriveState) => void>> = {
  0: () => undefined, // collects data while idle
  1: (drive) => drive.startSelfTest("short"),
  2: (drive) => drive.startSelfTest("long"),
  127: (drive) => drive.abortSelfTest(),
};

/** SMART's own commands, by the features register (ACS-3, 7.53). */
const SMART_COMMANDS: Readonly<Record<number, (drive: DriveState, command: AtaCommand) => AtaEnd>> = {
  208: (drive) => ({ data: encodeAttributes(drive) }),
  209: () => ({ data: encodeThresholds() }),
  210: () => ({}), // saves attributes by itself, or not
  212: (drive, { lbaLow }) => {
    const act = SELF_TESTS[lbaLow];
    act?.(drive);
    return { isError: act === undefined };
  },
  213: (drive, { lbaLow }) => {
    const data = encodeLog(drive, lbaLow);
    return data === null ? { isError: true } : { data };
  },
  216: () => ({}), // is on already
  218: (drive) => (drive.health().failing ? SMART_FAILS : SMART_MARK),
};

const run = (drive: DriveState, command: AtaCommand): AtaEnd => {
  if (command.command === IDENTIFY_DEVICE) return { data: encodeIdentity(drive) };
  const isMarked = command.lbaMid === SMART_MARK.lbaMid && command.lbaHigh === SMART_MARK.lbaHigh;
  const act = command.command === SMART && isMarked ? SMART_COMMANDS[command.features] : undefined;
  return act?.(drive, command) ?? { isError: true };
};

/** ATA PASS-THROUGH (12) and (16). */
export const answerAta = (drive: DriveState, cdb: Buffer): ScsiReply => {
  const command = decodeCommand(cdb);
  const end = run(drive, command);
  if (end.isError === true || command.wantsRegisters) return encodeRegisters(command, end);
  return good(end.data ?? bigEndian(0, []));
};
