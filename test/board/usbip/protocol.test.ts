import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  type DeviceRecord,
  decodeCommand,
  decodeImportReply,
  decodeOperation,
  renderImportReply,
  renderImportRequest,
  renderListReply,
  renderListRequest,
  renderSubmitReply,
  renderUnlinkReply,
} from "./protocol.ts";

/** Bytes of hex, spaces allowed; `00*3` is three times 00. */
const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.fromHex(
    text
      .replace(/([0-9a-f]{2})\*(\d+)/g, (_, byte: string, times: string) => byte.repeat(Number(times)))
      .replace(/\s/g, ""),
  );

const DEVICE: DeviceRecord = {
  busId: "1-2",
  busNumber: 1,
  deviceNumber: 3,
  speed: 2,
  vendorId: 0x10c4,
  productId: 0xea90,
  release: 0x0100,
  classCodes: [0, 0, 0],
  configurations: 1,
  interfaces: [[3, 0, 0]],
};
/** "/sys/devices/models/usb1/1-2" in 256 bytes, "1-2" in 32, and the numbers. */
const RECORD = bytes(
  `2f7379732f646576696365732f6d6f64656c732f757362312f312d32 00*228  312d32 00*29
   00000001 00000003 00000002  10c4 ea90 0100  00 00 00  00 01 01`,
);
/** GET_DESCRIPTOR of the device, 18 bytes: sequence 13, device 1-3, IN, endpoint 0. */
const GET_DESCRIPTOR = bytes(
  "00000001 0000000d 00010003 00000001 00000000  00000200 00000012 00000000 ffffffff 00000000  8006 0001 0000 1200",
);
/** Five bytes for endpoint 2. */
const OUT = bytes(
  "00000001 0000000e 00010003 00000000 00000002  00000000 00000005 00000000 00000000 00000001  00*8  1415161718",
);

test("decodeOperation reads a list's and an import's request, and nothing of half of one", () => {
  expect(decodeOperation(bytes("0111 8005 00000000 ff"))).toEqual({
    kind: "message",
    message: { kind: "list" },
    takenBytes: 8,
  });
  const request = bytes("0111 8003 00000000 312d32 00*29");
  expect(decodeOperation(request)).toEqual({
    kind: "message",
    message: { kind: "import", busId: "1-2" },
    takenBytes: 40,
  });
  for (const size of [0, 7, 39]) expect(decodeOperation(request.subarray(0, size))).toEqual({ kind: "more" });
  expect(renderImportRequest("1-2")).toEqual(Buffer.from(request));
  expect(renderListRequest()).toEqual(bytes("0111 8005 00000000"));
});

test.each([
  ["another version", "0106 8003 00*36", "version 0x106"],
  ["another operation", "0111 8001 00*36", "operation 0x8001"],
  ["a bus id that fills its field", "0111 8003 00000000 31*32", "a bus id without an end"],
])("decodeOperation refuses %s", (_name, text, why) => {
  expect(decodeOperation(bytes(text))).toEqual({ kind: "malformed", why });
});

test("decodeCommand reads a control request: the setup packet is little-endian", () => {
  expect(decodeCommand(GET_DESCRIPTOR)).toEqual({
    kind: "message",
    message: {
      kind: "submit",
      ...{ sequence: 13, endpoint: 0, isIn: true, sizeBytes: 18, body: new Uint8Array() },
      setup: { type: 0x80, request: 6, value: 0x0100, index: 0, length: 18 },
    },
    takenBytes: 48,
  });
});

test("decodeCommand reads data for an endpoint once it is whole", () => {
  expect(decodeCommand(OUT.subarray(0, 52))).toEqual({ kind: "more" });
  expect(decodeCommand(OUT)).toMatchObject({
    message: { sequence: 14, endpoint: 2, isIn: false, sizeBytes: 5, body: bytes("1415161718") },
    takenBytes: 53,
  });
});

test("decodeCommand reads an unlink", () => {
  const unlink = bytes("00000002 00000010 00010003 00000000 00000000  0000000d 00*24");
  expect(decodeCommand(unlink)).toEqual({
    kind: "message",
    message: { kind: "unlink", sequence: 16, unlinked: 13 },
    takenBytes: 48,
  });
});

const changed = (at: number, ...values: readonly number[]): Uint8Array => {
  const copy = GET_DESCRIPTOR.slice();
  copy.set(values, at);
  return copy;
};
test.each([
  ["a command that is an answer", changed(3, 3), "command 3"],
  ["a third direction", changed(15, 2), "direction 2"],
  ["a 17th endpoint", changed(19, 16), "endpoint 16"],
  ["a gigabyte", changed(24, 0x40), "a transfer of 1073741842 bytes"],
  ["an isochronous transfer", changed(32, 0, 0, 0, 8), "an isochronous transfer"],
])("decodeCommand refuses %s", (_name, command, why) => {
  expect(decodeCommand(command)).toEqual({ kind: "malformed", why });
});

test("decodeCommand, decodeOperation, decodeImportReply: whatever comes, they take no more than came", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
      for (const decoded of [decodeCommand(noise), decodeOperation(noise), decodeImportReply(noise)])
        if (decoded.kind === "message") expect(decoded.takenBytes).toBeLessThanOrEqual(noise.length);
    }),
  );
});

test("renderListReply tells each device and then its interfaces", () => {
  const head = bytes("0111 0005 00000000 00000001");
  expect(renderListReply([DEVICE])).toEqual(Buffer.concat([head, RECORD, bytes("03 00 00 00")]));
});

test("renderImportReply tells the device or why not; decodeImportReply reads both", () => {
  const reply = renderImportReply(DEVICE);
  expect(reply).toEqual(Buffer.concat([bytes("0111 0003 00000000"), RECORD]));
  expect(decodeImportReply(reply)).toEqual({
    kind: "message",
    message: { deviceId: 0x10003, speed: 2 },
    takenBytes: 320,
  });
  expect(decodeImportReply(reply.subarray(0, 319))).toEqual({ kind: "more" });
  expect(renderImportReply("absent")).toEqual(bytes("0111 0003 00000004"));
  expect(decodeImportReply(renderImportReply("busy"))).toEqual({ kind: "message", message: null, takenBytes: 8 });
  expect(decodeImportReply(GET_DESCRIPTOR).kind).toBe("malformed");
});

test("renderSubmitReply and renderUnlinkReply have 48 bytes, and data after them", () => {
  expect(renderSubmitReply(13, 0, 2, bytes("1201"))).toEqual(
    Buffer.from(bytes("00000003 0000000d 00*12  00000000 00000002 00*20  1201")),
  );
  expect(renderSubmitReply(14, -32, 0)).toEqual(Buffer.from(bytes("00000003 0000000e 00*12  ffffffe0 00*24")));
  expect(renderUnlinkReply(16, -104)).toEqual(bytes("00000004 00000010 00*12  ffffff98 00*24"));
});
