import { expect, test } from "bun:test";
import type { DeviceFacts } from "./device.ts";
import { type InterfaceFacts, renderDescriptors, type UsbDevice } from "./device.ts";
import { renderImportRequest, renderListRequest } from "./protocol.ts";
import { openSession, type Served } from "./session.ts";

const ENDPOINTS: InterfaceFacts = { classCodes: [0xff, 0, 0], endpoints: [[0x81, 8, 1]] };
const FACTS: DeviceFacts = {
  ...{ vendorId: 0x1234, productId: 0x5678, release: 0x0102, usb: 0x0110, classCodes: [0xff, 1, 2] },
  ...{ controlPacketBytes: 8, maker: "M", product: "Pü", serial: "S", interfaces: [ENDPOINTS] },
};

/** A device that keeps what it was told, and whose data the test delivers. */
const openEcho = () => {
  const received: string[] = [];
  const waiting: ((data: Uint8Array) => void)[] = [];
  const device: UsbDevice = {
    descriptors: renderDescriptors(FACTS),
    control: ({ request }, body) => (request === 0x77 ? Uint8Array.of(request, body.length, 3, 4) : "stall"),
    receive: (endpoint, body) => void received.push(`${endpoint}: ${body.toHex()}`),
    awaitData: (_endpoint, deliver) => {
      waiting.push(deliver);
      return () => void waiting.splice(waiting.indexOf(deliver), 1);
    },
    reset: () => void received.push("reset"),
  };
  return { device, received, waiting };
};

const openDesk = () => {
  const echo = openEcho();
  const served: Served = { busId: "1-1", deviceNumber: 2, speed: 2, facts: FACTS, device: echo.device };
  const desk = { sent: [] as string[], ended: 0, owned: false };
  const session = openSession({
    plugged: () => [served],
    claim: () => !desk.owned,
    send: (bytes) => void desk.sent.push(bytes.toHex()),
    end: () => {
      desk.ended += 1;
    },
  });
  return { ...echo, session, desk };
};

const hex = (value: number): string => value.toString(16).padStart(8, "0");
const submit = (sequence: number, endpoint: number, isIn: boolean, sizeBytes: number, rest = "") =>
  Uint8Array.fromHex(
    [1, sequence, 0x10002, isIn ? 1 : 0, endpoint, 0, sizeBytes, 0, 0xffffffff, 0].map(hex).join("") +
      rest.padEnd(16, "0"),
  );
const unlink = (sequence: number, unlinked: number) =>
  Uint8Array.fromHex([2, sequence, 0x10002, 0, 0, unlinked, 0, 0, 0, 0, 0, 0].map(hex).join(""));
const reply = (sequence: number, status: number, actual: number, data = ""): string =>
  [3, sequence, 0, 0, 0, status >>> 0, actual, 0, 0, 0, 0, 0].map(hex).join("") + data;

const openImported = () => {
  const desk = openDesk();
  desk.session.take(renderImportRequest("1-1"));
  desk.desk.sent.length = 0;
  return desk;
};

test("openSession answers a stream that is cut at every byte as it answers a whole one", () => {
  const stream = Buffer.concat([
    renderListRequest(),
    renderImportRequest("1-1"),
    submit(1, 0, true, 18, "8006000100001200"),
    Buffer.concat([submit(2, 2, false, 3), Uint8Array.of(7, 8, 9)]),
  ]);
  const [whole, cut] = [openDesk(), openDesk()];
  whole.session.take(stream);
  for (const byte of stream) cut.session.take(Uint8Array.of(byte));
  expect(whole.desk.sent).toHaveLength(4);
  expect(cut.desk.sent).toEqual(whole.desk.sent);
  expect(cut.received).toEqual(["2: 070809"]);
});

test("openSession imports a device once: absent and busy are told, and the client may ask again", () => {
  const { session, desk } = openDesk();
  session.take(renderImportRequest("9-9"));
  desk.owned = true;
  session.take(renderImportRequest("1-1"));
  desk.owned = false;
  session.take(renderImportRequest("1-1"));
  expect(desk.sent.map((text) => text.slice(0, 16))).toEqual([
    "0111000300000004",
    "0111000300000002",
    "0111000300000000",
  ]);
  expect(session.close()).toBe("1-1");
});

test("openSession ends the connection at the first message that is none, and reads nothing after it", () => {
  const { session, desk } = openImported();
  session.take(Buffer.concat([renderListRequest(), Buffer.alloc(40), submit(1, 0, true, 18, "8006000100001200")]));
  expect([desk.ended, desk.sent, session.fault]).toEqual([1, [], "command 17924101"]);
  session.take(submit(2, 0, true, 18, "8006000100001200"));
  expect([desk.ended, desk.sent]).toEqual([1, []]);
});

test.each([
  [
    "the device's descriptor, of which the host wants 8 bytes",
    "8006000100000800",
    8,
    reply(1, 0, 8, "12011001ff010208"),
  ],
  ["a string", "800602030904ff00", 255, reply(1, 0, 6, "06035000fc00")],
  ["a string that is none", "800609030904ff00", 255, reply(1, -32, 0)],
  ["the device's status", "8000000000000200", 2, reply(1, 0, 2, "0000")],
  ["a configuration to set", "0009010000000000", 0, reply(1, 0, 0)],
  ["a request of the model's own", "c077000000000300", 3, reply(1, 0, 3, "770003")],
  ["a request that nobody knows", "c078000000000300", 3, reply(1, -32, 0)],
])("openSession answers %s", (_name, setup, sizeBytes, answer) => {
  const { session, desk } = openImported();
  session.take(submit(1, 0, (Number.parseInt(setup.slice(0, 2), 16) & 0x80) !== 0, sizeBytes, setup));
  expect(desk.sent).toEqual([answer]);
});

test("openSession: the configuration's descriptor holds the interface and its endpoint, and its own length", () => {
  const { session, desk } = openImported();
  session.take(submit(1, 0, true, 255, "800600020000ff00"));
  const configuration = "0902190001010080320904000001ff0000000705810308 0001".replace(" ", "");
  expect(desk.sent).toEqual([reply(1, 0, 25, configuration)]);
});

test("openSession delivers data to whom it was asked by first, cut to what fits", () => {
  const { session, desk, waiting } = openImported();
  session.take(submit(5, 1, true, 2));
  session.take(submit(6, 1, true, 8));
  expect(desk.sent).toEqual([]);
  for (const deliver of [...waiting]) deliver(Uint8Array.of(1, 2, 3));
  expect(desk.sent).toEqual([reply(5, 0, 2, "0102"), reply(6, 0, 3, "010203")]);
});

test("openSession unlinks what waits with ECONNRESET, and says 0 for what was answered", () => {
  const { session, desk, waiting } = openImported();
  session.take(submit(5, 1, true, 8));
  session.take(unlink(6, 5));
  session.take(unlink(7, 5));
  expect(waiting).toEqual([]);
  expect(desk.sent.map((text) => [text.slice(0, 16), text.slice(40, 48)])).toEqual([
    ["0000000400000006", "ffffff98"],
    ["0000000400000007", "00000000"],
  ]);
});

test("openSession.close ends what waits and resets the device", () => {
  const { session, waiting, received } = openImported();
  session.take(submit(5, 1, true, 8));
  expect(waiting).toHaveLength(1);
  expect(session.close()).toBe("1-1");
  expect([waiting, received]).toEqual([[], ["reset"]]);
});
