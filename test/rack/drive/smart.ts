/** SMART of an ATA drive: attributes, thresholds, logs (ACS-3, 7.53 and annex A; the attributes' layout is SFF-8035i's). Pure. */
import type { DriveState, Health, SelfTestEnd, SelfTestOutcome } from "./state.ts";

const SECTOR_BYTES = 512;
const ENTRY_BYTES = 12;
const HIGHEST = 100;

/** An attribute: its number, its flags, the limit of its value, and value and raw value of a drive. */
interface Attribute {
  readonly id: number;
  readonly flags: number;
  readonly limit: number;
  value?(health: Health): number;
  raw(health: Health): number;
}

/** Each spare sector that is in use takes a point; a failing drive has none left. */
const spareValue = ({ reallocated, failing }: Health): number => (failing ? 1 : Math.max(11, HIGHEST - reallocated));

const ATTRIBUTES: readonly Attribute[] = [
  { id: 1, flags: 0x2f, limit: 6, raw: ({ readErrors }) => readErrors },
  { id: 5, flags: 0x33, limit: 10, value: spareValue, raw: ({ reallocated }) => reallocated },
  { id: 9, flags: 0x32, limit: 0, raw: ({ powerOnHours }) => powerOnHours },
  { id: 12, flags: 0x32, limit: 0, raw: () => 17 },
  {
    id: 194,
    flags: 0x22,
    limit: 0,
    value: ({ temperatureC }) => Math.max(1, HIGHEST - temperatureC),
    raw: ({ temperatureC }) => temperatureC,
  },
  { id: 197, flags: 0x12, limit: 0, raw: ({ pending }) => pending },
  { id: 198, flags: 0x10, limit: 0, raw: ({ uncorrectable }) => uncorrectable },
  { id: 199, flags: 0x3e, limit: 0, raw: ({ crcErrors }) => crcErrors },
  {
    id: 202,
    flags: 0x30,
    limit: 1,
    value: ({ percentUsed }) => Math.max(0, HIGHEST - percentUsed),
    raw: ({ percentUsed }) => percentUsed,
  },
];

/** Ends of a self-test (table A.26), in the upper half of a byte. */
const RESULTS: Readonly<Record<SelfTestOutcome, number>> = {
  passed: 0x0,
  aborted: 0x1,
  "unknown-failure": 0x3,
  "electrical-failure": 0x5,
  "servo-failure": 0x6,
  "read-failure": 0x7,
  "handling-damage": 0x8,
};
const RUNNING = 0xf;
const TENTHS = 10;
const S_PER_MINUTE = 60;

/** A sector whose bytes sum to zero. */
const sealed = (fill: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.alloc(SECTOR_BYTES);
  fill(bytes);
  bytes.writeUInt8(-bytes.reduce((sum, byte) => sum + byte, 0) & 0xff, SECTOR_BYTES - 1);
  return bytes;
};

/** What the last self-test came to, or how many tenths of the running one are left. */
const selfTestStatus = (drive: DriveState): number => {
  const running = drive.running();
  if (running !== null) return (RUNNING << 4) | Math.min(9, Math.ceil(running.remaining * TENTHS));
  const [last] = drive.ended();
  return last === undefined ? 0 : RESULTS[last.outcome] << 4;
};

const minutes = (seconds: number): number => Math.min(0xfe, Math.max(1, Math.ceil(seconds / S_PER_MINUTE)));

/** SMART READ DATA. */
export const encodeAttributes = (drive: DriveState): Buffer =>
  sealed((bytes) => {
    const health = drive.health();
    bytes.writeUInt16LE(0x10, 0);
    for (const [i, { id, flags, value, raw }] of ATTRIBUTES.entries()) {
      const at = 2 + i * ENTRY_BYTES;
      const now = value?.(health) ?? HIGHEST;
      bytes.writeUInt8(id, at);
      bytes.writeUInt16LE(flags, at + 1);
      bytes.writeUInt8(now, at + 3);
      bytes.writeUInt8(now, at + 4);
      bytes.writeUIntLE(raw(health), at + 5, 6);
    }
    bytes.writeUInt8(selfTestStatus(drive), 363);
    bytes.writeUInt8(0x11, 367); // takes orders while idle; has self-tests
    bytes.writeUInt16LE(0x0003, 368); // saves its attributes
    bytes.writeUInt8(0x01, 370); // has logs
    bytes.writeUInt8(minutes(health.selfTest.shortS), 372);
    bytes.writeUInt8(minutes(health.selfTest.longS), 373);
  });

/** SMART READ THRESHOLDS. */
export const encodeThresholds = (): Buffer =>
  sealed((bytes) => {
    bytes.writeUInt16LE(0x10, 0);
    for (const [i, { id, limit }] of ATTRIBUTES.entries()) bytes.set([id, limit], 2 + i * ENTRY_BYTES);
  });

const DIRECTORY = 0x00;
const ERRORS = 0x01;
const SELF_TESTS = 0x06;
const RESULT_BYTES = 24;
const RESULT_COUNT = 21;
const CODES = { short: 1, long: 2 } as const;

const encodeEnd = ({ kind, outcome, atHours, failingSector }: SelfTestEnd): Buffer => {
  const bytes = Buffer.alloc(RESULT_BYTES);
  bytes.set([CODES[kind], RESULTS[outcome] << 4], 0);
  bytes.writeUInt16LE(atHours & 0xffff, 2);
  bytes.writeUInt32LE(failingSector ?? 0, 5);
  return bytes;
};

/** A ring: the index is that of the newest entry, and older ones go before it. */
const encodeSelfTests = (drive: DriveState): Buffer =>
  sealed((bytes) => {
    const ends = drive.ended().toReversed().slice(-RESULT_COUNT);
    bytes.writeUInt16LE(1, 0);
    for (const [i, end] of ends.entries()) bytes.set(encodeEnd(end), 2 + i * RESULT_BYTES);
    bytes.writeUInt8(ends.length, 508);
  });

/** SMART READ LOG: which logs there are, errors (none), self-tests; null for a log that is not there. */
export const encodeLog = (drive: DriveState, address: number): Buffer | null => {
  if (address === SELF_TESTS) return encodeSelfTests(drive);
  if (address === ERRORS) return sealed((bytes) => void bytes.writeUInt8(1, 0));
  if (address !== DIRECTORY) return null;
  const bytes = Buffer.alloc(SECTOR_BYTES);
  bytes.writeUInt16LE(1, 0);
  for (const log of [ERRORS, SELF_TESTS]) bytes.writeUInt8(1, log * 2);
  return bytes;
};
