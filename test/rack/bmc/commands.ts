/** A management controller's answers (IPMI 2.0), made of its server's declaration and its state; commands that it does not know are refused, as the standard says. */
import { macBytes } from "../../../agent/system/mac.ts";
import type { ServerSpec } from "../declaration.ts";
import type { BmcSpec } from "../declared-bmc.ts";
import type { PsuSpec } from "../declared-smbios.ts";
import { serverUuid } from "../qemu-argv.ts";
import type { IpmiRequest } from "./frame.ts";
import { encodeFru } from "./fru.ts";
import { littleEndian, type SelLog } from "./log.ts";
import { encodePsuLocator, openSensors } from "./sdr.ts";
import { type BmcState, openBmcState } from "./state.ts";

/** Completion code, then data. */
type Answer = readonly number[];
type Command = (data: Uint8Array) => Answer;

/** Completion codes (5.2). */
const OK = 0x00;
const NO_SUCH_PARAMETER = 0x80;
const UNKNOWN_COMMAND = 0xc1;
const WRONG_LENGTH = 0xc7;
const OUT_OF_RANGE = 0xc9;
const NOT_THERE = 0xcb;
const INVALID_FIELD = 0xcc;

/** Network functions (5.1). */
const CHASSIS = 0x00;
const SENSOR = 0x04;
const APP = 0x06;
const STORAGE = 0x0a;
const TRANSPORT = 0x0c;

const word = (value: number): Answer => [value & 0xff, (value >> 8) & 0xff];
const wordAt = (data: Uint8Array, at: number): number => (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8);
const bcd = (value: number): number => (Math.floor(value / 10) << 4) | (value % 10);

/** A UUID as SMBIOS and most controllers send it: the first three parts with the least byte first. */
const uuidBytes = (uuid: string): Answer => {
  const bytes = [...Buffer.from(uuid.replaceAll("-", ""), "hex")];
  return [
    ...bytes.slice(0, 4).reverse(),
    ...bytes.slice(4, 6).reverse(),
    ...bytes.slice(6, 8).reverse(),
    ...bytes.slice(8),
  ];
};

/** Identity (20): firmware, maker, what it has: sensors, their repository, an event log, FRUs, a chassis. */
const deviceId = ({ firmware, manufacturerId, productId }: BmcSpec): Answer => {
  const [major = 0, minor = 0] = firmware.split(".").map(Number);
  const hasAll = 0x8f;
  const head = [OK, 0x20, 0x81, major, bcd(minor), 0x02, hasAll];
  return [...head, ...word(manufacturerId), manufacturerId >> 16, ...word(productId), 0, 0, 0, 0];
};

/** Channels (6.3): the network is 1, the server's own bus 15. */
const LAN_CHANNEL = 1;
const SYSTEM_CHANNEL = 15;
const THIS_CHANNEL = 0x0e;
const IPMI_FORUM = [0xf2, 0x1b, 0x00];
const channelInfo = (asked: number, hasLan: boolean): Answer => {
  const channel = asked === THIS_CHANNEL ? SYSTEM_CHANNEL : asked;
  if (channel === LAN_CHANNEL && hasLan) return [OK, channel, 0x04, 0x01, 0x80, ...IPMI_FORUM, 0, 0];
  if (channel === SYSTEM_CHANNEL) return [OK, channel, 0x0c, 0x05, 0x00, ...IPMI_FORUM, 0, 0];
  return [INVALID_FIELD];
};

/** Identity, messages and channels (20, 22). */
const appCommands = (bmc: BmcSpec, uuid: string): Readonly<Record<number, Command>> => ({
  1: () => deviceId(bmc),
  4: () => [OK, 0x55, 0x00], // self-test: no error
  8: () => [OK, ...uuidBytes(uuid)],
  46: () => [OK],
  47: () => [OK, 0x09], // the event log is on, and the message queue's interrupt
  48: () => [OK],
  49: () => [OK, 0x00], // no message waits
  51: () => [NO_SUCH_PARAMETER], // the queue is empty
  53: () => [NO_SUCH_PARAMETER],
  55: () => [OK, ...uuidBytes(uuid)],
  66: ([channel = 0]) => channelInfo(channel & 0x0f, bmc.lan !== undefined),
});

/** FRUs (34): whole bytes, read in pieces. */
const fruCommands = (storages: () => readonly Uint8Array[]): Readonly<Record<number, Command>> => ({
  16: ([id = 0]) => {
    const storage = storages()[id];
    return storage === undefined ? [NOT_THERE] : [OK, ...word(storage.length), 0x00];
  },
  17: (data) => {
    const [id = 0, , , count = 0] = data;
    const storage = storages()[id];
    if (storage === undefined) return [NOT_THERE];
    const offset = wordAt(data, 1);
    if (offset >= storage.length) return [OUT_OF_RANGE];
    const piece = storage.subarray(offset, offset + count);
    return [OK, piece.length, ...piece];
  },
});

const LAST_RECORD = 0xffff;
const RESERVATION = word(1);
const NEVER = [0, 0, 0, 0];
/** Sensor data records (33). */
const recordCommands = (records: readonly (readonly number[])[]): Readonly<Record<number, Command>> => ({
  32: () => [OK, 0x51, ...word(records.length), ...word(0xffff), ...NEVER, ...NEVER, 0x02],
  34: () => [OK, ...RESERVATION],
  35: (data) => {
    const id = wordAt(data, 2);
    const index = id === LAST_RECORD ? records.length - 1 : id;
    const record = records[index];
    if (record === undefined) return [NOT_THERE];
    const [offset = 0, count = 0] = data.subarray(4);
    const next = index + 1 < records.length ? index + 1 : LAST_RECORD;
    return [OK, ...word(next), ...[...word(index), ...record].slice(offset, offset + count)];
  },
});

const LOG_FREE_BYTES = 8192;
const ENTRY_BYTES = 16;
const CLEAR_NOW = 0xaa;
/** The word that clears the log, and the answer that it is done (31.9). */
const CLEAR_WORD = [0x43, 0x4c, 0x52];
const CLEARED = 0x01;
/** The event log (31). */
const logCommands = (log: SelLog, now: () => number): Readonly<Record<number, Command>> => ({
  64: () => {
    const { added, erased } = log.changedS;
    const times = [...littleEndian(added, 4), ...littleEndian(erased, 4)];
    return [OK, 0x51, ...word(log.count), ...word(LOG_FREE_BYTES), ...times, 0x02];
  },
  66: () => [OK, ...RESERVATION],
  67: (data) => {
    const found = log.read(wordAt(data, 2));
    const [offset = 0, count = 0xff] = data.subarray(4);
    return found === null ? [NOT_THERE] : [OK, ...word(found.next), ...found.entry.slice(offset, offset + count)];
  },
  68: (data) => (data.length === ENTRY_BYTES ? [OK, ...word(log.add([...data]))] : [WRONG_LENGTH]),
  71: (data) => {
    if (!CLEAR_WORD.every((byte, i) => data[2 + i] === byte)) return [INVALID_FIELD];
    if (data[5] === CLEAR_NOW) log.clear();
    return [OK, CLEARED];
  },
  72: () => [OK, ...littleEndian(Math.floor(now() / 1000), 4)],
});

/** Sensors (35). */
const sensorCommands = (sensors: ReturnType<typeof openSensors>): Readonly<Record<number, Command>> => {
  const find = (number: number | undefined) => sensors.find((sensor) => sensor.number === number);
  return {
    39: ([number]) => {
      const thresholds = find(number)?.thresholds ?? null;
      return thresholds === null ? [NOT_THERE] : [OK, ...thresholds];
    },
    45: ([number]) => {
      const sensor = find(number);
      return sensor === undefined ? [NOT_THERE] : [OK, ...sensor.read()];
    },
  };
};

const PARAMETER_REVISION = 0x11;
const SOURCES = { static: 0x01, dhcp: 0x02 } as const;
const NETMASK = [255, 255, 255, 0];
/** The network's settings (23.2): address, where it comes from, MAC, netmask. */
const lanCommands = ({ lan }: BmcSpec): Readonly<Record<number, Command>> => ({
  2: ([channel = 0, parameter = 0]) => {
    if (lan === undefined || (channel & 0x0f) !== LAN_CHANNEL) return [INVALID_FIELD];
    const values: Readonly<Record<number, Answer>> = {
      0: [0x00], // no setting is going on
      3: lan.address.split(".").map(Number),
      4: [SOURCES[lan.source]],
      5: macBytes(lan.mac),
      6: NETMASK,
    };
    const value = values[parameter];
    return value === undefined ? [NO_SUCH_PARAMETER] : [OK, PARAMETER_REVISION, ...value];
  },
});

/** A controller. */
export interface Bmc {
  /** Answers a request; refuses nothing that QEMU may send. */
  answer(request: IpmiRequest): Answer;
  readonly state: BmcState;
}

/** Opens a server's controller, at power-on. */
export const openBmc = (spec: ServerSpec, bmc: BmcSpec, now: () => number = Date.now): Bmc => {
  const state = openBmcState(spec, bmc, now);
  const sensors = openSensors(bmc.sensors, spec.psus, state);
  const psuFru = (psu: PsuSpec): Uint8Array => {
    const { manufacturer, part, serial } = psu;
    return encodeFru(state.faultOf(psu) === "absent" ? {} : { product: { manufacturer, part, serial } });
  };
  const storages = (): readonly Uint8Array[] => [encodeFru(bmc.fru), ...spec.psus.map(psuFru)];
  const commands: Readonly<Record<number, Readonly<Record<number, Command>>>> = {
    [CHASSIS]: { 1: () => [OK, 0x01, 0x00, 0x00] }, // power is on
    [SENSOR]: sensorCommands(sensors),
    [APP]: appCommands(bmc, serverUuid(spec)),
    [STORAGE]: {
      ...fruCommands(storages),
      ...recordCommands([...sensors.map(({ record }) => record), ...spec.psus.map(encodePsuLocator)]),
      ...logCommands(state.log, now),
    },
    [TRANSPORT]: lanCommands(bmc),
  };
  return {
    answer: ({ netFn, command, data }) => commands[netFn]?.[command]?.(data) ?? [UNKNOWN_COMMAND],
    state,
  };
};
