/** Answers to SCSI commands. Pure. */

/** The end of a command. */
export interface ScsiReply {
  /** 0 is good, 2 is "check condition": there is sense. */
  readonly status: number;
  readonly data: Buffer;
  readonly sense: Buffer;
}
/** Runs a command with the data that came with it. */
export type Execute = (cdb: Buffer, data: Buffer) => Promise<ScsiReply>;

const NONE = Buffer.alloc(0);
const CHECK_CONDITION = 2;
const CURRENT_FIXED = 0x70;
const VALID = 0x80;
const SENSE_BYTES = 18;

/** Sense keys (SPC-4, table 28). */
export const KEY = { none: 0x0, recovered: 0x1, notReady: 0x2, medium: 0x3, illegal: 0x5 } as const;

/** What went wrong: sense key, additional code and its qualifier, and the sector that it was about. */
export interface Problem {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
  readonly sector?: number;
  /** Share of an operation that is done, of 65536. */
  readonly progress?: number;
}

/** Sense data in the fixed format (SPC-4, 4.5.3). */
export const encodeSense = ({ key, asc, ascq, sector, progress }: Problem): Buffer => {
  const sense = Buffer.alloc(SENSE_BYTES);
  sense.writeUInt8(CURRENT_FIXED | (sector === undefined ? 0 : VALID), 0);
  sense.writeUInt8(key, 2);
  if (sector !== undefined) sense.writeUInt32BE(sector % 2 ** 32, 3);
  sense.writeUInt8(SENSE_BYTES - 8, 7);
  sense.writeUInt8(asc, 12);
  sense.writeUInt8(ascq, 13);
  if (progress !== undefined) {
    sense.writeUInt8(0x80, 15); // the two bytes behind it tell something
    sense.writeUInt16BE(progress, 16);
  }
  return sense;
};

/** A command that succeeded, with its data, cut to what the initiator has room for. */
export const good = (data: Buffer = NONE, room = data.length): ScsiReply => ({
  status: 0,
  data: data.subarray(0, room),
  sense: NONE,
});
/** A command that failed, or has something to say. */
export const check = (problem: Problem | Buffer): ScsiReply => ({
  status: CHECK_CONDITION,
  data: NONE,
  sense: Buffer.isBuffer(problem) ? problem : encodeSense(problem),
});

/** The command does not exist here. */
export const UNKNOWN_COMMAND = check({ key: KEY.illegal, asc: 0x20, ascq: 0x00 });
/** A field of the command is not right. */
export const INVALID_FIELD = check({ key: KEY.illegal, asc: 0x24, ascq: 0x00 });
/** The part of the disk does not exist. */
export const OUT_OF_RANGE = check({ key: KEY.illegal, asc: 0x21, ascq: 0x00 });

/** A buffer of this length, with numbers of so many bytes at their places, the greatest byte first. */
export const bigEndian = (
  length: number,
  fields: readonly (readonly [at: number, value: number, width: number])[],
): Buffer => {
  const bytes = Buffer.alloc(length);
  for (const [at, value, width] of fields) {
    if (width === 8) bytes.writeBigUInt64BE(BigInt(value), at);
    else bytes.writeUIntBE(value, at, width);
  }
  return bytes;
};

/** Text in a field: filled up with blanks. */
export const padded = (text: string, length: number): Buffer => Buffer.from(text.slice(0, length).padEnd(length));
