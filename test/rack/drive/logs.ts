/** What a SCSI drive says of its health: LOG SENSE, REQUEST SENSE, READ DEFECT DATA (SPC-4, 7.3; SBC-3, 5.13). Pure. */
import { bigEndian, encodeSense, good, INVALID_FIELD, KEY, type ScsiReply } from "./reply.ts";
import type { DriveState, SelfTestEnd, SelfTestOutcome } from "./state.ts";

/** A parameter: its code, and its value. */
type Parameter = readonly [code: number, value: Buffer];

const MINUTES_PER_HOUR = 60;
const PROGRESS_WHOLE = 0xffff;
/** "Failure prediction threshold exceeded: drive error rate too high". */
const FAILURE_PREDICTED = { asc: 0x5d, ascq: 0x32 };
const SELF_TEST_RUNS = { key: KEY.notReady, asc: 0x04, ascq: 0x09 };

const number8 = (value: number): Buffer => bigEndian(8, [[0, value, 8]]);
/** Counters of errors (7.3.7): what was corrected and how, and, as number 6, what was not. */
const counters = (uncorrected: number): readonly Parameter[] =>
  [0, 0, 0, 0, 0, 123_456_789, uncorrected].map((value, code) => [code, number8(value)]);

/** Results of self-tests (7.3.22). */
const RESULTS: Readonly<Record<SelfTestOutcome, number>> = {
  passed: 0x0,
  aborted: 0x1,
  "unknown-failure": 0x3,
  "handling-damage": 0x4,
  "electrical-failure": 0x5,
  "servo-failure": 0x6,
  "read-failure": 0x7,
};
const RUNNING = 0xf;
const CODES = { short: 1, long: 2 } as const;
const NO_SECTOR = 0xffffffffffffffffn;
const RESULT_BYTES = 16;
const RESULT_COUNT = 20;

const encodeEnd = ({ kind, outcome, atHours, failingSector }: SelfTestEnd): Buffer => {
  const failed = outcome === "read-failure";
  const bytes = bigEndian(RESULT_BYTES, [
    ...([
      [0, (CODES[kind] << 5) | RESULTS[outcome], 1],
      [2, atHours & 0xffff, 2],
    ] as const),
    ...([
      [12, failed ? KEY.medium : 0, 1],
      [13, failed ? 0x11 : 0, 1],
    ] as const),
  ]);
  bytes.writeBigUInt64BE(failingSector === null ? NO_SECTOR : BigInt(failingSector), 4);
  return bytes;
};

/** Twenty results, the last one first; a test that runs stands before them. */
const selfTests = (drive: DriveState): readonly Parameter[] => {
  const running = drive.running();
  const now = running === null ? [] : [bigEndian(RESULT_BYTES, [[0, (CODES[running.kind] << 5) | RUNNING, 1]])];
  const entries = [...now, ...drive.ended().map(encodeEnd)].slice(0, RESULT_COUNT);
  return Array.from({ length: RESULT_COUNT }, (_, i) => [i + 1, entries[i] ?? Buffer.alloc(RESULT_BYTES)]);
};

/** Pages by number. */
const PAGES: Readonly<Record<number, (drive: DriveState) => readonly Parameter[]>> = {
  2: (drive) => counters(drive.health().writeErrors),
  3: (drive) => counters(drive.health().readErrors),
  5: (drive) => counters(drive.health().verifyErrors),
  6: (drive) => [[0, number8(drive.health().nonMediumErrors)]],
  13: (drive) => [
    [0, Buffer.from([0, drive.health().temperatureC])],
    [1, Buffer.from([0, 60])], // the temperature that it should not exceed
  ],
  16: selfTests,
  17: (drive) => [[1, Buffer.from([0, 0, 0, drive.health().percentUsed])]],
  // Time under power, in minutes; scanning in the background is off.
  21: (drive) => [[0, bigEndian(12, [[0, drive.health().powerOnHours * MINUTES_PER_HOUR, 4]])]],
  47: (drive) => {
    const { asc, ascq } = drive.health().failing ? FAILURE_PREDICTED : { asc: 0, ascq: 0 };
    return [[0, Buffer.from([asc, ascq, drive.health().temperatureC, 60])]];
  },
};
/** Wear is a matter of flash. */
const WEAR_PAGE = 0x11;
const hasPage = (drive: DriveState, page: number): boolean => page !== WEAR_PAGE || drive.disk.rotational !== true;

const encodePage = (page: number, body: Buffer): Buffer =>
  Buffer.concat([
    bigEndian(4, [
      [0, page, 1],
      [2, body.length, 2],
    ]),
    body,
  ]);

/** LOG SENSE. A parameter's third byte says that it is kept and comes as a list. */
export const answerLogs = (drive: DriveState, cdb: Buffer): ScsiReply => {
  const [page, subpage, room] = [cdb.readUInt8(2) & 0x3f, cdb.readUInt8(3), cdb.readUInt16BE(7)];
  const pages = Object.keys(PAGES)
    .map(Number)
    .filter((known) => hasPage(drive, known));
  if (subpage !== 0) return INVALID_FIELD;
  if (page === 0) return good(encodePage(0, Buffer.from([0, ...pages])), room);
  const parameters = pages.includes(page) ? PAGES[page]?.(drive) : undefined;
  if (parameters === undefined) return INVALID_FIELD;
  const body = parameters.map(([code, value]) =>
    Buffer.concat([
      bigEndian(4, [
        [0, code, 2],
        [2, 0x03, 1],
        [3, value.length, 1],
      ]),
      value,
    ]),
  );
  return good(encodePage(page, Buffer.concat(body)), room);
};

/** REQUEST SENSE: how far a self-test is, or that failure is predicted, or nothing. */
export const answerSense = (drive: DriveState, cdb: Buffer): ScsiReply => {
  const running = drive.running();
  const nothing = { key: KEY.none, asc: 0, ascq: 0 };
  const problem =
    running !== null
      ? { ...SELF_TEST_RUNS, progress: Math.round((1 - running.remaining) * PROGRESS_WHOLE) }
      : drive.health().failing
        ? { ...nothing, ...FAILURE_PREDICTED }
        : nothing;
  return good(encodeSense(problem), cdb.readUInt8(4));
};

/** SEND DIAGNOSTIC: the drive's own test, in the background. The default test finds nothing. */
export const answerDiagnostic = (drive: DriveState, cdb: Buffer): ScsiReply => {
  const codes: Readonly<Record<number, () => void>> = {
    0: () => undefined,
    1: () => drive.startSelfTest("short"),
    2: () => drive.startSelfTest("long"),
    4: () => drive.abortSelfTest(),
  };
  const act = codes[cdb.readUInt8(1) >> 5];
  if (act === undefined) return INVALID_FIELD;
  act();
  return good();
};

const DEFECT_BYTES = 8;
/** Defects by physical sector, those of the factory left out, those that have grown in. */
const GROWN = 0x08;
const BY_SECTOR = 0x05;
const MAX_SHORT_LIST = 0xfff8;

/** The list's length tells how many there are; where they are nobody asks. */
const encodeDefects = (drive: DriveState, head: (length: number) => Buffer, flags: number, room: number): ScsiReply => {
  const length = (flags & GROWN) === 0 ? 0 : drive.health().grownDefects * DEFECT_BYTES;
  const list = Buffer.alloc(Math.min(length, Math.max(0, room)));
  return good(Buffer.concat([head(length), list]), room);
};

/** READ DEFECT DATA (10). */
export const answerDefects = (drive: DriveState, cdb: Buffer): ScsiReply => {
  const flags = cdb.readUInt8(2);
  const head = (length: number) =>
    bigEndian(4, [
      [1, (flags & 0x18) | BY_SECTOR, 1],
      [2, Math.min(length, MAX_SHORT_LIST), 2],
    ]);
  return encodeDefects(drive, head, flags, cdb.readUInt16BE(7));
};

/** READ DEFECT DATA (12). */
export const answerLongDefects = (drive: DriveState, cdb: Buffer): ScsiReply => {
  const flags = cdb.readUInt8(1);
  const head = (length: number) =>
    bigEndian(8, [
      [1, (flags & 0x18) | BY_SECTOR, 1],
      [4, length, 4],
    ]);
  return encodeDefects(drive, head, flags, cdb.readUInt32BE(6));
};
