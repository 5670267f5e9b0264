/** iSCSI's messages (RFC 7143, 11): a header of 48 bytes, and a data segment that is filled up to four. Pure. */

const HEADER_BYTES = 48;

/** A message. */
export interface Pdu {
  readonly header: Buffer;
  readonly data: Buffer;
}

/** Operation codes (11.2.1.2). */
export const OP = {
  nopOut: 0x00,
  command: 0x01,
  task: 0x02,
  login: 0x03,
  text: 0x04,
  dataOut: 0x05,
  logout: 0x06,
  nopIn: 0x20,
  response: 0x21,
  taskResponse: 0x22,
  loginResponse: 0x23,
  textResponse: 0x24,
  dataIn: 0x25,
  logoutResponse: 0x26,
  readyToTransfer: 0x31,
  reject: 0x3f,
} as const;
const OP_MASK = 0x3f;
/** The last of its sequence. */
export const FINAL = 0x80;

/** What a message is. */
export const opOf = ({ header }: Pdu): number => header.readUInt8(0) & OP_MASK;
/** The initiator's name for a task; an answer carries it, too. */
export const taskOf = ({ header }: Pdu): number => header.readUInt32BE(16);

/** Fields of 4 bytes in a header, by their offset. */
export type Words = Readonly<Record<number, number>>;

/** A message as bytes. */
export const encodePdu = (op: number, flags: number, words: Words, data: Uint8Array = new Uint8Array()): Buffer => {
  const bytes = Buffer.alloc(HEADER_BYTES + data.length + (-data.length & 3));
  for (const [at, value] of Object.entries(words)) bytes.writeUInt32BE(value >>> 0, Number(at));
  bytes.writeUInt8(op, 0);
  bytes.writeUInt8(flags, 1);
  bytes.writeUIntBE(data.length, 5, 3);
  bytes.set(data, HEADER_BYTES);
  return bytes;
};

/** Takes the stream in pieces of any length and answers with the messages that they complete. */
export const openPduReader = (): ((bytes: Uint8Array) => readonly Pdu[]) => {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const pdus: Pdu[] = [];
    while (rest.length >= HEADER_BYTES) {
      const dataAt = HEADER_BYTES + rest.readUInt8(4) * 4;
      const length = rest.readUIntBE(5, 3);
      const end = dataAt + length + (-length & 3);
      if (rest.length < end) break;
      pdus.push({ header: rest.subarray(0, HEADER_BYTES), data: rest.subarray(dataAt, dataAt + length) });
      rest = rest.subarray(end);
    }
    return pdus;
  };
};
