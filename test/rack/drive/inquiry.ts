/** Who a drive says that it is: INQUIRY, its pages of vital product data, capacity, modes (SPC-4, SBC-3). Pure. */
import { bigEndian, good, INVALID_FIELD, padded, type ScsiReply } from "./reply.ts";
import { type DriveState, SECTOR_BYTES } from "./state.ts";

const DEFAULT_MODEL = "VB DRIVE";
const DEFAULT_FIRMWARE = "0001";
const NO_ROTATION = 1;
const RPM = 7200;

/** The name by which the drive goes, and the eight bytes of its WWN, if it has one. */
const wwnOf = ({ disk }: DriveState): Buffer | null =>
  disk.wwn === undefined ? null : Buffer.from(disk.wwn.slice(2), "hex");

/** Vendor, product and revision. A SATA drive behind a SAS controller has "ATA" for a vendor (SAT-3, 8.1.2). */
const encodeStandard = ({ disk, isAta }: DriveState): Buffer => {
  const head = Buffer.from([0, 0, 0x06, 0x12, 91, 0, 0, 0x02]); // a disk, SPC-4, 96 bytes in all, queues commands
  const words = [
    padded(isAta ? "ATA" : (disk.vendor ?? "VETBOX"), 8),
    padded(disk.model ?? DEFAULT_MODEL, 16),
    padded(disk.firmware ?? DEFAULT_FIRMWARE, 4),
  ];
  const versions = bigEndian(38, [
    [22, 0x0460, 2],
    [24, 0x04c0, 2],
  ]); // SPC-4, SBC-3
  return Buffer.concat([head, ...words, versions, Buffer.alloc(22)]);
};

const PAGES: Readonly<Record<number, (drive: DriveState) => Buffer>> = {
  128: ({ disk }) => Buffer.from(disk.serial),
  131: (drive) => {
    const wwn = wwnOf(drive);
    const named = Buffer.concat([padded(drive.isAta ? "ATA" : "VETBOX", 8), Buffer.from(drive.disk.serial)]);
    const vendor = Buffer.concat([Buffer.from([0x02, 0x01, 0, named.length]), named]);
    return wwn === null ? vendor : Buffer.concat([Buffer.from([0x01, 0x03, 0, wwn.length]), wwn, vendor]);
  },
  // One transfer may have 2048 blocks; that is also the best length.
  176: () =>
    bigEndian(60, [
      [4, 2048, 4],
      [8, 2048, 4],
    ]),
  177: ({ disk }) =>
    bigEndian(60, [
      [0, disk.rotational === true ? RPM : NO_ROTATION, 2],
      [3, 0x03, 1],
    ]),
};

const encodePage = (page: number, body: Buffer): Buffer =>
  Buffer.concat([
    bigEndian(4, [
      [1, page, 1],
      [2, body.length, 2],
    ]),
    body,
  ]);

/** INQUIRY. */
export const answerInquiry = (drive: DriveState, cdb: Buffer): ScsiReply => {
  const room = cdb.readUInt16BE(3);
  const page = cdb.readUInt8(2);
  if ((cdb.readUInt8(1) & 1) === 0) return page === 0 ? good(encodeStandard(drive), room) : INVALID_FIELD;
  const pages: typeof PAGES = { ...PAGES, 0: () => Buffer.from([0, ...Object.keys(PAGES).map(Number)]) };
  const body = Object.entries(pages).find(([number]) => Number(number) === page)?.[1](drive);
  return body === undefined ? INVALID_FIELD : good(encodePage(page, body), room);
};

const MAX_SHORT_SECTOR = 0xffffffff;

/** READ CAPACITY (10): the last sector, and the length of one. */
export const answerCapacity = ({ sectors }: DriveState): ScsiReply =>
  good(
    bigEndian(8, [
      [0, Math.min(sectors - 1, MAX_SHORT_SECTOR), 4],
      [4, SECTOR_BYTES, 4],
    ]),
  );

/** READ CAPACITY (16). */
export const answerLongCapacity = ({ sectors }: DriveState, cdb: Buffer): ScsiReply =>
  good(
    bigEndian(32, [
      [0, sectors - 1, 8],
      [8, SECTOR_BYTES, 4],
    ]),
    cdb.readUInt32BE(10),
  );

/** Mode pages: caching (writes are cached), control, informational exceptions (told when asked for). */
const MODES: Readonly<Record<number, readonly number[]>> = {
  8: [0x04, ...Array<number>(17).fill(0)],
  10: [0x02, ...Array<number>(9).fill(0)],
  28: [0x00, 0x06, ...Array<number>(8).fill(0)],
};
const ALL_PAGES = 0x3f;

const encodeModes = (wanted: number): Buffer | null => {
  const pages = Object.entries(MODES).filter(([page]) => wanted === ALL_PAGES || Number(page) === wanted);
  if (pages.length === 0) return null;
  return Buffer.concat(pages.map(([page, bytes]) => Buffer.from([Number(page), bytes.length, ...bytes])));
};

/** MODE SENSE (6), without block descriptors. */
export const answerModes = (cdb: Buffer): ScsiReply => {
  const pages = encodeModes(cdb.readUInt8(2) & ALL_PAGES);
  return pages === null
    ? INVALID_FIELD
    : good(Buffer.concat([Buffer.from([3 + pages.length, 0, 0x10, 0]), pages]), cdb.readUInt8(4));
};

/** MODE SENSE (10). */
export const answerLongModes = (cdb: Buffer): ScsiReply => {
  const pages = encodeModes(cdb.readUInt8(2) & ALL_PAGES);
  if (pages === null) return INVALID_FIELD;
  return good(
    Buffer.concat([
      bigEndian(8, [
        [0, 6 + pages.length, 2],
        [3, 0x10, 1],
      ]),
      pages,
    ]),
    cdb.readUInt16BE(7),
  );
};
