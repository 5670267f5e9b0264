/**
 * The HID reports of a CP2112, an adapter for I²C with eight GPIO lines, as bytes and as values. Pure.
 *
 * Numbers and layouts are those of Silicon Labs' AN495 as far as the kernel's drivers/hid/hid-cp2112.c uses them. The first byte of each report is its
 * number; two-byte fields are big-endian.
 */

/** Reports that are read and set over the control endpoint. */
export const FEATURE = {
  lineConfig: 0x02,
  lines: 0x03,
  setLines: 0x04,
  version: 0x05,
  busConfig: 0x06,
  lock: 0x20,
} as const;
/** Reports that the host sends. */
const OUT = { read: 0x10, writeRead: 0x11, sendData: 0x12, write: 0x14, askStatus: 0x15, cancel: 0x17 } as const;
/** Reports that the device sends. */
const IN = { data: 0x13, status: 0x16 } as const;
const REPORT_BYTES = 64;
/** Payload of a write and of a data report: 64 bytes less the report's head. */
export const MAX_PAYLOAD_BYTES = 61;
/** AN495, 3.5 */
const MAX_READ_BYTES = 512;
const MAX_TARGET_BYTES = 16;

/** What the host asks of the bus. `address` has seven bits. */
export type BusRequest =
  | { readonly kind: "write"; readonly address: number; readonly data: Uint8Array }
  | { readonly kind: "read"; readonly address: number; readonly sizeBytes: number }
  | { readonly kind: "write-read"; readonly address: number; readonly data: Uint8Array; readonly sizeBytes: number }
  | { readonly kind: "send-data"; readonly sizeBytes: number }
  | { readonly kind: "ask-status" }
  | { readonly kind: "cancel" };

/** How the last transfer went: the two status bytes of AN495, 3.10. */
export const STATUS = {
  idle: [0, 0],
  complete: [2, 5],
  /** Nobody acknowledged the address. */
  refused: [3, 0],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;
/** Name of a status. */
export type StatusName = keyof typeof STATUS;

const readSize = (report: Uint8Array, at: number): number => ((report[at] ?? 0) << 8) | (report[at + 1] ?? 0);

const decodeRead = (report: Uint8Array, address: number): BusRequest | null => {
  const sizeBytes = readSize(report, 2);
  if (report.length < 4 || sizeBytes < 1 || sizeBytes > MAX_READ_BYTES) return null;
  return { kind: "read", address, sizeBytes };
};

const decodeWriteRead = (report: Uint8Array, address: number): BusRequest | null => {
  const read = decodeRead(report, address);
  const count = report[4] ?? 0;
  if (read?.kind !== "read" || count < 1 || count > MAX_TARGET_BYTES || report.length < 5 + count) return null;
  return { ...read, kind: "write-read", data: report.slice(5, 5 + count) };
};

const decodeWrite = (report: Uint8Array, address: number): BusRequest | null => {
  const count = report[2] ?? 0;
  if (count < 1 || count > MAX_PAYLOAD_BYTES || report.length < 3 + count) return null;
  return { kind: "write", address, data: report.slice(3, 3 + count) };
};

const decodeSend = (report: Uint8Array): BusRequest | null =>
  report.length < 3 ? null : { kind: "send-data", sizeBytes: Math.min(readSize(report, 1), MAX_PAYLOAD_BYTES) };

const confirmed =
  (request: BusRequest) =>
  (report: Uint8Array): BusRequest | null =>
    report[1] === 1 ? request : null;

const DECODERS: Readonly<Record<number, (report: Uint8Array, address: number) => BusRequest | null>> = {
  [OUT.read]: decodeRead,
  [OUT.writeRead]: decodeWriteRead,
  [OUT.write]: decodeWrite,
  [OUT.sendData]: decodeSend,
  [OUT.askStatus]: confirmed({ kind: "ask-status" }),
  [OUT.cancel]: confirmed({ kind: "cancel" }),
};

/** Reads a report that the host sent; null when the chip would ignore it. */
export const decodeRequest = (report: Uint8Array): BusRequest | null =>
  DECODERS[report[0] ?? 0]?.(report, (report[1] ?? 0) >> 1) ?? null;

/** The answer to `ask-status`. */
export const renderStatus = (status: StatusName, sizeBytes: number): Uint8Array => {
  const report = new Uint8Array(REPORT_BYTES);
  report.set([IN.status, ...STATUS[status], 0, 0, sizeBytes >> 8, sizeBytes & 0xff]);
  return report;
};

/** The answer to `send-data`: at most `MAX_PAYLOAD_BYTES`. */
export const renderData = (status: StatusName, data: Uint8Array): Uint8Array => {
  const report = new Uint8Array(REPORT_BYTES);
  report.set([IN.data, STATUS[status][0], data.length, ...data]);
  return report;
};

/** Payload of each report, without its number. */
const FEATURE_BYTES: readonly (readonly [number, number])[] = [
  [FEATURE.lineConfig, 4],
  [FEATURE.lines, 1],
  [FEATURE.setLines, 2],
  [FEATURE.version, 2],
  [FEATURE.busConfig, 13],
  [FEATURE.lock, 1],
];

/** Items of HID 1.11, 6.2.2: vendor page, one collection; each report an array of bytes. */
export const renderReportDescriptor = (): Uint8Array => {
  const item = { feature: 0xb1, output: 0x91, input: 0x81 } as const;
  const report = (kind: number, id: number, count: number): readonly number[] => [
    ...[0x85, id, 0x09, 0x01, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, count],
    ...[kind, 0x02],
  ];
  return Uint8Array.of(
    ...[0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01],
    ...FEATURE_BYTES.flatMap(([id, count]) => report(item.feature, id, count)),
    ...Object.values(OUT).flatMap((id) => report(item.output, id, REPORT_BYTES - 1)),
    ...Object.values(IN).flatMap((id) => report(item.input, id, REPORT_BYTES - 1)),
    0xc0,
  );
};
