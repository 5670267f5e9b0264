/** DHCP packets (RFC 2131, options RFC 2132) as a network card's boot ROM sends and reads them. Pure. */

/** What a ROM says. */
export interface RomQuestion {
  readonly type: "discover" | "request";
  readonly mac: string;
  readonly transaction: number;
  /** Option 60, `PXEClient:Arch:00007:UNDI:003001`. */
  readonly vendorClass: string | null;
  /** Option 93. */
  readonly architecture: number | null;
  /** Option 77, `iPXE`. */
  readonly userClass: string | null;
  /** Options 50 and 54 of a request. */
  readonly wanted: { readonly address: string; readonly server: string } | null;
  /** PXE boot server type, from the offer, that option 43 asks for. */
  readonly bootServer: number | null;
  /** `ciaddr`, of a host that has an address already and asks a ProxyDHCP server for its boot file. */
  readonly own: string | null;
}

/** What a server answers. */
export interface RomAnswer {
  readonly type: number;
  readonly mac: string;
  readonly transaction: number;
  readonly address: string;
  readonly server: string;
  readonly bootFile: string;
  readonly vendorClass: string;
  /** Type of the first PXE boot server of the offer (option 43, tag 8: PXE 2.1 §2.2.3). */
  readonly bootServer: number | null;
}

const TYPE = { discover: 1, request: 3 } as const;
const MAGIC = [0x63, 0x82, 0x53, 0x63];
const OPTIONS_AT = 240;
const FILE_AT = 108;
const FILE_BYTES = 128;
/** Flags with the broadcast bit: the ROM has no address that an answer could be sent to. */
const BROADCAST = 0x8000;
/** Subnet mask, root path, vendor options, vendor class, TFTP server, boot file. */
const WISHES = [1, 17, 43, 60, 66, 67];

const ascii = (text: string): readonly number[] => [...new TextEncoder().encode(text)];
const quad = (address: string): readonly number[] => address.split(".").map(Number);
const option = (code: number, bytes: readonly number[]): readonly number[] => [code, bytes.length, ...bytes];

/** The packet of a question. */
export const renderQuestion = (question: RomQuestion): Uint8Array => {
  const head = new Uint8Array(OPTIONS_AT);
  const view = new DataView(head.buffer);
  head.set([1, 1, 6, 0]); // BOOTREQUEST, Ethernet, 6-byte addresses
  view.setUint32(4, question.transaction);
  view.setUint16(10, question.own === null ? BROADCAST : 0);
  if (question.own !== null) head.set(quad(question.own), 12);
  head.set(
    question.mac.split(":").map((pair) => Number.parseInt(pair, 16)),
    28,
  );
  head.set(MAGIC, OPTIONS_AT - MAGIC.length);
  return Uint8Array.from([
    ...head,
    ...option(53, [TYPE[question.type]]),
    ...(question.wanted === null
      ? []
      : [...option(50, quad(question.wanted.address)), ...option(54, quad(question.wanted.server))]),
    ...option(55, WISHES),
    ...(question.bootServer === null
      ? []
      : option(43, [71, 4, question.bootServer >> 8, question.bootServer & 0xff, 0, 0, 255])),
    ...(question.vendorClass === null ? [] : option(60, ascii(question.vendorClass))),
    ...(question.userClass === null ? [] : option(77, ascii(question.userClass))),
    ...(question.architecture === null ? [] : option(93, [question.architecture >> 8, question.architecture & 0xff])),
    ...option(97, [0, ...new Array<number>(16).fill(7)]),
    255,
  ]);
};

/** A server's packet; null when it is none. */
export const parseAnswer = (packet: Uint8Array): RomAnswer | null => {
  if (packet.length < OPTIONS_AT || packet[0] !== 2) return null;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll("\0", "");
  const address = (bytes: Uint8Array) => [...bytes].join(".");
  const options = parseOptions(packet.subarray(OPTIONS_AT));
  const [high, low] = parseOptions(options.get(43) ?? new Uint8Array()).get(8) ?? [];
  const file = options.get(67) ?? packet.subarray(FILE_AT, FILE_AT + FILE_BYTES);
  return {
    type: options.get(53)?.[0] ?? 0,
    mac: Array.from(packet.subarray(28, 34), (byte) => byte.toString(16).padStart(2, "0")).join(":"),
    transaction: new DataView(packet.buffer, packet.byteOffset).getUint32(4),
    address: address(packet.subarray(16, 20)),
    server: address(options.get(54) ?? new Uint8Array(4)),
    bootFile: text(file),
    vendorClass: text(options.get(60) ?? new Uint8Array()),
    bootServer: high === undefined || low === undefined ? null : high * 256 + low,
  };
};

const parseOptions = (bytes: Uint8Array): ReadonlyMap<number, Uint8Array> => {
  const options = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length && bytes[at] !== 255; ) {
    const [code = 0, size = 0] = bytes.subarray(at, at + 2);
    if (code !== 0) options.set(code, bytes.subarray(at + 2, at + 2 + size));
    at += code === 0 ? 1 : 2 + size;
  }
  return options;
};
