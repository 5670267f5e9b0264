/** A drive's answers to SCSI commands. */
import type { FileHandle } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { answerAta } from "./ata.ts";
import { answerCapacity, answerInquiry, answerLongCapacity, answerLongModes, answerModes } from "./inquiry.ts";
import { answerDefects, answerDiagnostic, answerLogs, answerLongDefects, answerSense } from "./logs.ts";
import {
  bigEndian,
  check,
  type Execute,
  good,
  INVALID_FIELD,
  KEY,
  OUT_OF_RANGE,
  type ScsiReply,
  UNKNOWN_COMMAND,
} from "./reply.ts";
import { type DriveState, SECTOR_BYTES } from "./state.ts";

/** "Unrecovered read error". */
const unreadable = (sector: number): ScsiReply => check({ key: KEY.medium, asc: 0x11, ascq: 0x00, sector });

/** Sector and count of a command with 10 and with 16 bytes. */
const extent10 = (cdb: Buffer) => ({ sector: cdb.readUInt32BE(2), count: cdb.readUInt16BE(7) });
const extent16 = (cdb: Buffer) => ({ sector: Number(cdb.readBigUInt64BE(2)), count: cdb.readUInt32BE(10) });
type Extent = ReturnType<typeof extent10>;

/** A disk's one unit. */
const LUNS = bigEndian(16, [[0, 8, 4]]);
const MAINTENANCE_IN = 0xa3;

/** Opens the drive upon its image. */
export const openScsi = (drive: DriveState, image: FileHandle): Execute => {
  /** Looks where it is, waits as long as the drive is slow, and acts. */
  const transfer = async ({ sector, count }: Extent, act: () => Promise<ScsiReply>): Promise<ScsiReply> => {
    if (sector + count > drive.sectors) return OUT_OF_RANGE;
    const { delayMs } = drive.health();
    if (delayMs > 0) await wait(delayMs);
    return act();
  };
  const read = (extent: Extent): Promise<ScsiReply> =>
    transfer(extent, async () => {
      const bad = drive.findBad(extent.sector, extent.count);
      if (bad !== null) return unreadable(bad);
      const data = Buffer.alloc(extent.count * SECTOR_BYTES);
      await image.read(data, 0, data.length, extent.sector * SECTOR_BYTES);
      return good(data);
    });
  const write = (extent: Extent, data: Buffer): Promise<ScsiReply> =>
    transfer(extent, async () => {
      if (data.length < extent.count * SECTOR_BYTES) return INVALID_FIELD;
      await image.write(data, 0, extent.count * SECTOR_BYTES, extent.sector * SECTOR_BYTES);
      drive.replaceBad(extent.sector, extent.count);
      return good();
    });
  const verify = (extent: Extent): Promise<ScsiReply> =>
    transfer(extent, async () => {
      const bad = drive.findBad(extent.sector, extent.count);
      return bad === null ? good() : unreadable(bad);
    });
  const commands: Readonly<Record<number, (cdb: Buffer, data: Buffer) => ScsiReply | Promise<ScsiReply>>> = {
    0: () => good(), // TEST UNIT READY
    3: (cdb) => answerSense(drive, cdb),
    18: (cdb) => answerInquiry(drive, cdb),
    26: answerModes,
    27: () => good(), // START STOP UNIT
    29: (cdb) => answerDiagnostic(drive, cdb),
    37: () => answerCapacity(drive),
    40: (cdb) => read(extent10(cdb)),
    42: (cdb, data) => write(extent10(cdb), data),
    47: (cdb) => verify(extent10(cdb)),
    53: () => good(), // SYNCHRONIZE CACHE
    55: (cdb) => answerDefects(drive, cdb),
    77: (cdb) => answerLogs(drive, cdb),
    90: answerLongModes,
    133: (cdb) => answerAta(drive, cdb),
    136: (cdb) => read(extent16(cdb)),
    138: (cdb, data) => write(extent16(cdb), data),
    143: (cdb) => verify(extent16(cdb)),
    145: () => good(),
    158: (cdb) => ((cdb.readUInt8(1) & 0x1f) === 0x10 ? answerLongCapacity(drive, cdb) : INVALID_FIELD),
    160: (cdb) => good(LUNS, cdb.readUInt32BE(6)),
    161: (cdb) => answerAta(drive, cdb),
    [MAINTENANCE_IN]: () => UNKNOWN_COMMAND,
    183: (cdb) => answerLongDefects(drive, cdb),
  };
  /** What an ATA drive behind a controller does not have of SCSI: its health is told by SMART alone. */
  const hidden = drive.isAta ? [0x1d, 0x37, 0x4d, 0xb7] : [0x85, 0xa1];
  return async (cdb, data) => {
    const code = cdb.readUInt8(0);
    const command = hidden.includes(code) ? undefined : commands[code];
    return command === undefined ? UNKNOWN_COMMAND : command(cdb, data);
  };
};
