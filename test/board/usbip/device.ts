/** What a model of a USB device is, its descriptors, and the requests that all devices answer alike (USB 2.0, chapter 9). Pure. */
import type { DeviceRecord, Setup } from "./protocol.ts";

/** How a model answers a control request: with bytes, or by a stall, which is USB's "no such thing". */
export type Answer = Uint8Array | "stall";

/** A model. The server calls; nothing here waits. */
export interface UsbDevice {
  readonly descriptors: Descriptors;
  /** A control request that is not one of the standard ones that `answerStandard` knows. */
  control(setup: Setup, body: Uint8Array): Answer;
  /** Data for an interrupt OUT endpoint. */
  receive?(endpoint: number, body: Uint8Array): void;
  /** The host waits for data of an interrupt IN endpoint: `deliver` is called once, now or later; what is returned ends the wait. */
  awaitData?(endpoint: number, deliver: (data: Uint8Array) => void): () => void;
  /** The host let go of the device, or it was unplugged. */
  reset?(): void;
}

/** What a device says of itself, in bytes. */
export interface Descriptors {
  readonly device: Uint8Array;
  readonly configuration: Uint8Array;
  /** By their index; the first is the list of languages. */
  readonly strings: readonly Uint8Array[];
  /** Of an interface, by type: HID's report descriptor. */
  readonly ofInterface?: ReadonlyMap<number, Uint8Array>;
}

/** An interface and its endpoints. */
export interface InterfaceFacts {
  readonly classCodes: readonly [number, number, number];
  /** Descriptors of the interface's class, which stand before the endpoints. */
  readonly classDescriptors?: Uint8Array;
  /** Address, packet size, interval in ms; all are interrupt endpoints. */
  readonly endpoints?: readonly (readonly [address: number, packetBytes: number, intervalMs: number])[];
}

/** What a device's descriptors are rendered from. */
export interface DeviceFacts {
  readonly vendorId: number;
  readonly productId: number;
  /** Version of the device, in BCD. */
  readonly release: number;
  /** Version of USB, in BCD. */
  readonly usb: number;
  readonly classCodes: readonly [number, number, number];
  readonly controlPacketBytes: number;
  readonly maker: string;
  readonly product: string;
  readonly serial: string;
  readonly interfaces: readonly InterfaceFacts[];
}

/** Types of descriptors (USB 2.0, table 9-5). */
const TYPE = { device: 1, configuration: 2, text: 3, interface: 4, endpoint: 5 } as const;
const ENGLISH = [0x09, 0x04];
const INTERRUPT = 3;
/** Bus-powered; bit 7 is always set. */
const ATTRIBUTES = 0x80;
/** In units of 2 mA. */
const MAX_POWER = 50;

const low = (value: number): number => value & 0xff;
const high = (value: number): number => (value >> 8) & 0xff;

const renderString = (text: string): Uint8Array => {
  const data = Buffer.from(text, "utf16le");
  return Uint8Array.of(2 + data.length, TYPE.text, ...data);
};

const renderInterface = (facts: InterfaceFacts, number: number): readonly number[] => {
  const endpoints = facts.endpoints ?? [];
  return [
    ...[9, TYPE.interface, number, 0, endpoints.length, ...facts.classCodes, 0],
    ...(facts.classDescriptors ?? []),
    ...endpoints.flatMap(([address, size, interval]) => [
      7,
      TYPE.endpoint,
      address,
      INTERRUPT,
      low(size),
      high(size),
      interval,
    ]),
  ];
};

/** Renders what a device says of itself. */
export const renderDescriptors = (facts: DeviceFacts): Descriptors => {
  const words = [facts.vendorId, facts.productId, facts.release].flatMap((value) => [low(value), high(value)]);
  const interfaces = facts.interfaces.flatMap(renderInterface);
  const total = 9 + interfaces.length;
  return {
    device: Uint8Array.of(
      ...[18, TYPE.device, low(facts.usb), high(facts.usb), ...facts.classCodes, facts.controlPacketBytes],
      ...words,
      ...[1, 2, 3, 1],
    ),
    configuration: Uint8Array.of(
      ...[9, TYPE.configuration, low(total), high(total), facts.interfaces.length, 1, 0, ATTRIBUTES, MAX_POWER],
      ...interfaces,
    ),
    strings: [Uint8Array.of(4, TYPE.text, ...ENGLISH), ...[facts.maker, facts.product, facts.serial].map(renderString)],
  };
};

/** How the protocol's lists describe a device. */
export const recordOf = (
  facts: DeviceFacts,
  place: Pick<DeviceRecord, "busId" | "busNumber" | "deviceNumber" | "speed">,
): DeviceRecord => ({
  ...place,
  vendorId: facts.vendorId,
  productId: facts.productId,
  release: facts.release,
  classCodes: facts.classCodes,
  configurations: 1,
  interfaces: facts.interfaces.map(({ classCodes }) => classCodes),
});

const GET_STATUS = 0;
const GET_DESCRIPTOR = 6;
/** CLEAR_FEATURE, SET_FEATURE, SET_CONFIGURATION, SET_INTERFACE: there is one of everything, so all of them are as they should be. */
const SETTERS: readonly number[] = [1, 3, 9, 11];
/** bmRequestType without its direction: standard, to the device, an interface or an endpoint. */
const isStandard = ({ type }: Setup): boolean => (type & 0x60) === 0;
const isIn = ({ type }: Setup): boolean => (type & 0x80) !== 0;

const findDescriptor = (descriptors: Descriptors, setup: Setup): Uint8Array | undefined => {
  const [type, index] = [high(setup.value), low(setup.value)];
  if ((setup.type & 0x1f) === 1) return descriptors.ofInterface?.get(type);
  if (type === TYPE.text) return descriptors.strings[index];
  if (index !== 0) return undefined;
  return type === TYPE.device
    ? descriptors.device
    : type === TYPE.configuration
      ? descriptors.configuration
      : undefined;
};

/** The answer to a standard request, or null when it is none: then the model is asked. */
export const answerStandard = (descriptors: Descriptors, setup: Setup): Answer | null => {
  if (!isStandard(setup)) return null;
  if (isIn(setup) && setup.request === GET_DESCRIPTOR) return findDescriptor(descriptors, setup) ?? "stall";
  if (isIn(setup) && setup.request === GET_STATUS) return Uint8Array.of(0, 0);
  return !isIn(setup) && SETTERS.includes(setup.request) ? new Uint8Array() : "stall";
};
