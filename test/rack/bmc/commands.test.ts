import { expect, test } from "bun:test";
import { decodeServer, type ServerDeclaration } from "../declaration.ts";
import { openBmc } from "./commands.ts";
import { checksum } from "./frame.ts";

const declared = {
  name: "s1",
  firmware: "bios",
  smbios: { uuid: "00112233-4455-6677-8899-aabbccddeeff" },
  psus: [
    { name: "PSU1", manufacturer: "Delta", part: "DPS", serial: "P1" },
    { name: "PSU2", fault: "failed" },
    { name: "PSU3", fault: "absent" },
  ],
  bmc: {
    firmware: "2.45",
    manufacturerId: 674,
    productId: 256,
    lan: { mac: "52:54:00:77:00:b1", address: "10.0.0.9", source: "dhcp" },
    fru: { board: { manufacturer: "Vetbox", product: "MB", serial: "7" } },
    sensors: [
      { name: "FAN1", kind: "fan", reading: 400, lowerCritical: 500 },
      {
        name: "VIN",
        kind: "voltage",
        reading: 12.1,
        lowerCritical: 10.8,
        upperCritical: 13.2,
        script: [{ atS: 30, reading: 13.5 }],
      },
    ],
  },
} as const satisfies ServerDeclaration;
const spec = decodeServer(declared);
type SelEvents = NonNullable<NonNullable<ServerDeclaration["bmc"]>["sel"]>;

const ask = (netFn: number, command: number, ...data: readonly number[]): readonly number[] => {
  if (spec.bmc === undefined) throw new Error("no controller is declared");
  return openBmc(spec, spec.bmc).answer({ sequence: 1, netFn, lun: 0, command, data: Uint8Array.from(data) });
};

test("openBmc: Get Device ID says firmware 2.45, IPMI 2.0, maker and product", () => {
  expect(ask(0x06, 0x01)).toEqual([0, 0x20, 0x81, 2, 0x45, 0x02, 0x8f, 0xa2, 0x02, 0x00, 0x00, 0x01, 0, 0, 0, 0]);
});

test("openBmc: the system's GUID is the server's UUID in SMBIOS's order", () => {
  const uuid = [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff];
  expect(ask(0x06, 0x37)).toEqual([0, ...uuid]);
});

test("openBmc: unknown commands, FRUs, sensors, records, channels and parameters are refused with their own code", () => {
  expect([ask(0x06, 0x99), ask(0x2c, 0x00)]).toEqual([[0xc1], [0xc1]]);
  expect([ask(0x0a, 0x10, 9), ask(0x04, 0x2d, 99), ask(0x0a, 0x23, 0, 0, 99, 0, 0, 5)]).toEqual([
    [0xcb],
    [0xcb],
    [0xcb],
  ]);
  expect([ask(0x06, 0x42, 7), ask(0x0c, 0x02, 2, 3), ask(0x0c, 0x02, 1, 99)]).toEqual([[0xcc], [0xcc], [0x80]]);
});

test("openBmc: LAN parameters are those declared", () => {
  expect(ask(0x0c, 0x02, 1, 3, 0, 0)).toEqual([0, 0x11, 10, 0, 0, 9]);
  expect(ask(0x0c, 0x02, 1, 4, 0, 0)).toEqual([0, 0x11, 0x02]);
  expect(ask(0x0c, 0x02, 1, 5, 0, 0)).toEqual([0, 0x11, 0x52, 0x54, 0x00, 0x77, 0x00, 0xb1]);
});

test("openBmc: a FRU is read in pieces, its areas sum to zero, its strings stand in the standard's order", () => {
  const [, low = 0, high = 0] = ask(0x0a, 0x10, 0);
  expect([low, high]).toEqual([8 + 24, 0]);
  const pieces = Array.from({ length: 4 }, (_, i) => ask(0x0a, 0x11, 0, i * 8, 0, 8));
  expect(pieces.every(([code, count]) => code === 0 && count === 8)).toBe(true);
  expect(ask(0x0a, 0x11, 0, 32, 0, 8)).toEqual([0xc9]);
  const bytes = pieces.flatMap((piece) => piece.slice(2));
  expect(bytes.slice(0, 8)).toEqual([1, 0, 0, 1, 0, 0, 0, 0xfe]);
  const board = bytes.slice(8);
  expect(checksum(board)).toBe(0);
  const text = (words: string): number[] => [0xc0 + words.length, ...Buffer.from(words)];
  // version, three times eight bytes, English, no date; a string of one character has a blank more
  const head = [1, 3, 0, 0, 0, 0];
  expect(board.slice(0, 22)).toEqual([...head, ...text("Vetbox"), ...text("MB"), ...text("7 "), 0xc0, 0xc0, 0xc1]);
});

/** Every record, by following each one's word for the next. */
const records = (): number[][] => {
  const list: number[][] = [];
  for (let id = 0; id !== 0xffff; ) {
    const [code, low = 0, high = 0, ...record] = ask(0x0a, 0x23, 1, 0, id & 0xff, id >> 8, 0, 0xff);
    expect(code).toBe(0);
    list.push(record);
    id = low | (high << 8);
  }
  return list;
};

test("openBmc: the repository has two full records, three compact ones and three FRUs, of the lengths that they say", () => {
  const list = records();
  expect(list.map(([, , , type]) => type)).toEqual([1, 1, 2, 2, 2, 0x11, 0x11, 0x11]);
  expect(list.map(([, , , , length]) => length)).toEqual(list.map((record) => record.length - 5));
  expect(list.map(([low]) => low)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(ask(0x0a, 0x20).slice(0, 4)).toEqual([0, 0x51, 8, 0]);
  // a record's name begins at byte 48, 32 and 16 (IPMI 2.0, 43.1, 43.2, 43.8)
  const nameOf = (record: readonly number[], at: number): string => String.fromCharCode(...record.slice(at));
  expect(list.map((record) => nameOf(record, record[3] === 1 ? 48 : record[3] === 2 ? 32 : 16))).toEqual([
    ...["FAN1", "VIN", "PSU1", "PSU2", "PSU3", "PSU1", "PSU2", "PSU3"],
  ]);
});

test("openBmc: a reading times its record's factor is what was declared, and says which limit it is beyond", () => {
  const [fan = [], volts = []] = records();
  const value = (record: readonly number[], raw: number): number =>
    (record[24] ?? 0) * raw * 10 ** (((record[29] ?? 0) << 24) >> 28);
  expect(ask(0x04, 0x2d, 1)).toEqual([0, 4, 0xc0, 0xc2]);
  expect(value(fan, 4)).toBe(400);
  expect(ask(0x04, 0x2d, 2)).toEqual([0, 121, 0xc0, 0xc0]);
  expect(value(volts, 121)).toBeCloseTo(12.1);
  expect(ask(0x04, 0x27, 2)).toEqual([0, 0x12, 0, 108, 0, 0, 132, 0]);
});

test("openBmc: a power supply is present, failed or absent; one that is absent has no FRU to read", () => {
  const states = [3, 4, 5].map((number) => ask(0x04, 0x2d, number));
  expect(states).toEqual([
    [0, 0, 0xc0, 0x01, 0x80],
    [0, 0, 0xc0, 0x03, 0x80],
    [0, 0, 0xc0, 0x00, 0x80],
  ]);
  expect(ask(0x04, 0x27, 3)).toEqual([0xcb]);
  expect(ask(0x0a, 0x10, 3)).toEqual([0, 8, 0, 0]);
});

/** Seconds since 1970 of 2024-03-01T12:00:00Z. */
const NOON_S = 1_709_294_400;

/** A controller with its own clock, asked by network function, command and data. */
const openAt = (startS: number, events: SelEvents = []) => {
  let nowS = startS;
  const server = decodeServer({ ...declared, bmc: { ...declared.bmc, sel: events } });
  if (server.bmc === undefined) throw new Error("no controller is declared");
  const { answer, state } = openBmc(server, server.bmc, () => nowS * 1000);
  return {
    state,
    wait: (seconds: number): void => {
      nowS += seconds;
    },
    ask: (netFn: number, command: number, ...data: readonly number[]) =>
      answer({ sequence: 1, netFn, lun: 0, command, data: Uint8Array.from(data) }),
  };
};

test("openBmc: an empty log has no entries; declared events are entries in their order, with time, sensor and state", () => {
  expect(openAt(NOON_S).ask(0x0a, 0x40)).toEqual([0, 0x51, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
  expect(openAt(NOON_S).ask(0x0a, 0x43, 0, 0, 0, 0, 0, 0xff)).toEqual([0xcb]);
  const { ask } = openAt(NOON_S, [
    { event: "memory-uncorrected-ecc", time: "2024-03-01T11:59:59Z" },
    { event: "psu-failed", sensor: "PSU2" },
    { event: "fan-lower-critical", sensor: "FAN1", deasserted: true },
  ]);
  // number, next; type 2, time, controller, format 4; type, sensor, kind, state; nothing more told
  const noon = [0x40, 0xc3, 0xe1, 0x65];
  expect(ask(0x0a, 0x43, 0, 0, 0, 0, 0, 0xff)).toEqual([
    ...[0, 2, 0, 1, 0, 2, 0x3f, ...noon.slice(1), 0x20, 0, 4, 0x0c, 0, 0x6f, 1, 0xff, 0xff],
  ]);
  expect(ask(0x0a, 0x43, 0, 0, 2, 0, 0, 0xff)).toEqual([
    ...[0, 3, 0, 2, 0, 2, ...noon, 0x20, 0, 4, 0x08, 4, 0x6f, 1, 0xff, 0xff],
  ]);
  expect(ask(0x0a, 0x43, 0, 0, 0xff, 0xff, 0, 0xff)).toEqual([
    ...[0, 0xff, 0xff, 3, 0, 2, ...noon, 0x20, 0, 4, 0x04, 1, 0x81, 2, 0xff, 0xff],
  ]);
  expect(ask(0x0a, 0x40).slice(2, 4)).toEqual([3, 0]);
});

test("openBmc: the server adds an entry, a fault adds one more, and clearing needs the word", () => {
  const { ask, state } = openAt(NOON_S);
  const entry = [0, 0, 2, 9, 9, 9, 9, 0x41, 0, 4, 0x0c, 1, 0x6f, 0, 0xff, 0xff];
  expect(ask(0x0a, 0x44, ...entry)).toEqual([0, 1, 0]);
  expect(ask(0x0a, 0x44, 1, 2)).toEqual([0xc7]);
  state.change({ kind: "sel", event: "drive-failed", deasserted: false });
  expect(ask(0x0a, 0x40).slice(2, 4)).toEqual([2, 0]);
  expect(ask(0x0a, 0x43, 0, 0, 1, 0, 0, 0xff).slice(3, 12)).toEqual([1, 0, 2, 0x40, 0xc3, 0xe1, 0x65, 0x41, 0]);
  expect(ask(0x0a, 0x47, 1, 0, 0, 0, 0, 0xaa)).toEqual([0xcc]);
  expect(ask(0x0a, 0x40).slice(2, 4)).toEqual([2, 0]);
  expect(ask(0x0a, 0x47, 1, 0, 0x43, 0x4c, 0x52, 0xaa)).toEqual([0, 1]);
  expect(ask(0x0a, 0x40).slice(2, 4)).toEqual([0, 0]);
  expect(ask(0x0a, 0x48)).toEqual([0, 0x40, 0xc3, 0xe1, 0x65]);
});

test("openBmc: a reading follows its script, and a fault's value stands above it; a power supply fails and is well again", () => {
  const { ask, state, wait } = openAt(NOON_S);
  expect(ask(0x04, 0x2d, 2)[1]).toBe(121);
  wait(29);
  expect(ask(0x04, 0x2d, 2)[1]).toBe(121);
  wait(1);
  expect(ask(0x04, 0x2d, 2)).toEqual([0, 135, 0xc0, 0xd0]);
  state.change({ kind: "sensor", sensor: "VIN", reading: 10 });
  expect(ask(0x04, 0x2d, 2)).toEqual([0, 100, 0xc0, 0xc2]);
  expect(() => state.change({ kind: "sensor", sensor: "VOUT", reading: 10 })).toThrow("has no VOUT");
  expect(() => state.change({ kind: "sensor", sensor: "VIN", reading: 10.05 })).toThrow("cannot show it");
  expect(ask(0x04, 0x2d, 3)[3]).toBe(0x01);
  state.change({ kind: "psu", psu: "PSU1", fault: "input-lost" });
  expect(ask(0x04, 0x2d, 3)[3]).toBe(0x09);
  state.change({ kind: "psu", psu: "PSU1", fault: "absent" });
  expect([ask(0x04, 0x2d, 3)[3], ask(0x0a, 0x10, 1)]).toEqual([0, [0, 8, 0, 0]]);
  state.change({ kind: "psu", psu: "PSU1", fault: undefined });
  expect(ask(0x04, 0x2d, 3)[3]).toBe(0x01);
});
