/** A model of a CP2112: an I²C bus and eight lines behind one USB device, which the kernel's hid-cp2112 drives as an adapter and a GPIO chip. */
import {
  type BusRequest,
  decodeRequest,
  FEATURE,
  renderData,
  renderReportDescriptor,
  renderStatus,
  type StatusName,
} from "./cp2112-reports.ts";
import { type Answer, type DeviceFacts, renderDescriptors, type UsbDevice } from "./device.ts";
import type { I2cWires } from "./i2c-wires.ts";
import type { Setup } from "./protocol.ts";

/** Lines of the chip. */
export const LINES = 8;

const REPORT_DESCRIPTOR = renderReportDescriptor();
const HID_DESCRIPTOR = 0x21;
const HID_REPORT_DESCRIPTOR = 0x22;
/** HID 1.11, one report descriptor for no country. */
const HID = Uint8Array.of(
  9,
  HID_DESCRIPTOR,
  0x11,
  0x01,
  0,
  1,
  HID_REPORT_DESCRIPTOR,
  REPORT_DESCRIPTOR.length & 0xff,
  REPORT_DESCRIPTOR.length >> 8,
);
const ENDPOINT_IN = 1;

/** What the device says of itself. */
export const CP2112: DeviceFacts = {
  vendorId: 0x10c4,
  productId: 0xea90,
  release: 0x0100,
  usb: 0x0200,
  classCodes: [0, 0, 0],
  controlPacketBytes: 64,
  maker: "Vetbox",
  product: "CP2112 (model)",
  serial: "MODEL1",
  interfaces: [
    {
      classCodes: [3, 0, 0],
      classDescriptors: HID,
      endpoints: [
        [0x80 | ENDPOINT_IN, 64, 1],
        [0x02, 64, 1],
      ],
    },
  ],
};

/** A model, and the hand that pulls at its lines. */
export interface Cp2112 extends UsbDevice {
  /** Puts a level on a line from outside; an output does not care. */
  setLine(line: number, level: 0 | 1): void;
  /** The level of a line as a meter would show it. */
  line(line: number): 0 | 1;
}

interface Lines {
  /** Bits that are outputs. */
  outputs: number;
  pushPull: number;
  special: number;
  clockDivider: number;
  latch: number;
  /** From outside; pulled up where nobody pulls. */
  inputs: number;
}

const levelsOf = ({ inputs, outputs, latch }: Lines): number => (inputs & ~outputs & 0xff) | (latch & outputs);

/** The I²C half: what a transfer left to be fetched. */
const openBus = (wires: I2cWires, send: (report: Uint8Array) => void): ((request: BusRequest) => void) => {
  let status: StatusName = "idle";
  let moved = 0;
  let unread: Uint8Array = new Uint8Array();
  const done = (data: Uint8Array | null): void => {
    status = data === null ? "refused" : "complete";
    moved = data?.length ?? 0;
  };
  const fetched = (data: Uint8Array | null): void => {
    unread = data ?? new Uint8Array();
    done(data);
  };
  const actions: { readonly [K in BusRequest["kind"]]: (request: Extract<BusRequest, { kind: K }>) => void } = {
    write: ({ address, data }) => done(wires.write(address, data) ? data : null),
    read: ({ address, sizeBytes }) => fetched(wires.read(address, sizeBytes)),
    "write-read": ({ address, data, sizeBytes }) =>
      fetched(wires.write(address, data) ? wires.read(address, sizeBytes) : null),
    "send-data": ({ sizeBytes }) => {
      const part = unread.subarray(0, sizeBytes);
      unread = unread.subarray(part.length);
      send(renderData(status, part));
    },
    "ask-status": () => send(renderStatus(status, moved)),
    cancel: () => {
      status = "idle";
      moved = 0;
      unread = new Uint8Array();
    },
  };
  return <K extends BusRequest["kind"]>(request: Extract<BusRequest, { kind: K }>): void =>
    actions[request.kind as K](request);
};

/** Reports wait until the host asks for them, and the host until there is one. */
const openReports = () => {
  const unsent: Uint8Array[] = [];
  const waiting: ((data: Uint8Array) => void)[] = [];
  return {
    send: (report: Uint8Array): void => {
      const next = waiting.shift();
      if (next === undefined) unsent.push(report);
      else next(report);
    },
    awaitOne: (deliver: (data: Uint8Array) => void): (() => void) => {
      const next = unsent.shift();
      if (next === undefined) waiting.push(deliver);
      else deliver(next);
      return () => {
        const at = waiting.indexOf(deliver);
        if (at >= 0) waiting.splice(at, 1);
      };
    },
    clear: (): void => {
      unsent.length = 0;
      waiting.length = 0;
    },
  };
};

const NEW_LINES: Lines = { outputs: 0, pushPull: 0, special: 0, clockDivider: 0, latch: 0, inputs: 0xff };
/** Report, part number 12, version 2. */
const VERSION = Uint8Array.of(FEATURE.version, 12, 2);
/** 100 kHz, own address 1, no time-outs, one try: AN495's defaults, but for the number of tries. */
const BUS_CONFIG = [FEATURE.busConfig, 0x00, 0x01, 0x86, 0xa0, 0x02, 0, 0, 0, 0, 0, 0, 0, 1];
/** Nothing of the chip's memory is locked. */
const LOCK = Uint8Array.of(FEATURE.lock, 0xff);

const FEATURE_TYPE = 3;
const OUTPUT_TYPE = 2;
/** bmRequestType and bRequest of HID's own requests (HID 1.11, 7.2). */
const HID_REQUEST = { getReport: 0xa101, setReport: 0x2109, setIdle: 0x210a } as const;

/** Opens a model with these wires behind it. */
export const openCp2112 = (wires: I2cWires): Cp2112 => {
  const lines = { ...NEW_LINES };
  const reports = openReports();
  let busConfig = Uint8Array.from(BUS_CONFIG);
  let bus = openBus(wires, reports.send);

  const getFeature = (id: number): Answer => {
    if (id === FEATURE.lineConfig)
      return Uint8Array.of(id, lines.outputs, lines.pushPull, lines.special, lines.clockDivider);
    if (id === FEATURE.lines) return Uint8Array.of(id, levelsOf(lines));
    if (id === FEATURE.version) return VERSION;
    if (id === FEATURE.busConfig) return busConfig;
    return id === FEATURE.lock ? LOCK : "stall";
  };
  const setFeature = (report: Uint8Array): Answer => {
    const [id, first = 0, second = 0, third = 0, fourth = 0] = report;
    if (id === FEATURE.lineConfig && report.length >= 5)
      Object.assign(lines, { outputs: first, pushPull: second, special: third, clockDivider: fourth });
    else if (id === FEATURE.setLines && report.length >= 3) lines.latch = (lines.latch & ~second) | (first & second);
    else if (id === FEATURE.busConfig && report.length === BUS_CONFIG.length) busConfig = report.slice();
    else return "stall";
    return new Uint8Array();
  };
  const receive = (report: Uint8Array): void => {
    const request = decodeRequest(report);
    if (request !== null) bus(request);
  };
  const control = (setup: Setup, body: Uint8Array): Answer => {
    const request = (setup.type << 8) | setup.request;
    const [type, id] = [setup.value >> 8, setup.value & 0xff];
    if (request === HID_REQUEST.getReport) return type === FEATURE_TYPE ? getFeature(id) : "stall";
    if (request === HID_REQUEST.setReport && type === FEATURE_TYPE) return setFeature(body);
    if (request === HID_REQUEST.setReport && type === OUTPUT_TYPE) receive(body);
    else if (request !== HID_REQUEST.setIdle) return "stall";
    return new Uint8Array();
  };
  return {
    descriptors: {
      ...renderDescriptors(CP2112),
      ofInterface: new Map([
        [HID_DESCRIPTOR, HID],
        [HID_REPORT_DESCRIPTOR, REPORT_DESCRIPTOR],
      ]),
    },
    control,
    receive: (_endpoint, body) => receive(body),
    awaitData: (_endpoint, deliver) => reports.awaitOne(deliver),
    reset: () => {
      reports.clear();
      bus = openBus(wires, reports.send);
      // without power the chip forgets; what is soldered to its lines does not
      Object.assign(lines, { ...NEW_LINES, inputs: lines.inputs });
      busConfig = Uint8Array.from(BUS_CONFIG);
    },
    setLine: (line, level) => {
      lines.inputs = level === 1 ? lines.inputs | (1 << line) : lines.inputs & ~(1 << line);
    },
    line: (line) => (((levelsOf(lines) >> line) & 1) === 1 ? 1 : 0),
  };
};
