/** Attributes of sysfs and procfs to facts: network interfaces, memory that the kernel sees. Pure and total. */
import type { NicFacts } from "../../wire/hardware/network.ts";
import { cleanLabel, cleanText, leadingCount, present } from "../label.ts";

/** What sysfs says about one network interface; null where it says nothing. */
export interface NicAttributes {
  readonly name: string;
  readonly address: string | null;
  /** The address burnt in, while a bond has given the interface another one. */
  readonly bondedAddress: string | null;
  /** Where `device` leads. */
  readonly devicePath: string | null;
  /** Where `device/driver` leads. */
  readonly driverPath: string | null;
  /** Where `device/subsystem` leads: the bus. */
  readonly busPath: string | null;
  /** Where `device/physfn` leads: the interface is a share of that function (SR-IOV). */
  readonly physicalFunctionPath: string | null;
  readonly operstate: string | null;
  readonly speed: string | null;
  readonly duplex: string | null;
  readonly devPort: string | null;
  readonly physPortName: string | null;
  /** What a USB device calls itself. */
  readonly usbManufacturer: string | null;
  readonly usbProduct: string | null;
}

/** One interface as sysfs shows it. */
export interface NicSeen
  extends Pick<
    NicFacts,
    | "name"
    | "mac"
    | "vendor"
    | "model"
    | "driver"
    | "bus"
    | "virtualFunction"
    | "pciAddress"
    | "linkUp"
    | "speedMbps"
    | "duplex"
  > {
  /** The address in use, which a bond may have set. */
  readonly currentMac?: string;
  /** Port by the driver's own word, where it gives one. */
  readonly namedPort?: number;
  /** Port among those that share one PCI function. */
  readonly devPort?: number;
}

const MAC = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/;

/** The kernel's MAC for an interface that has none is all zeros. */
const macOf = (raw: string | null): string | undefined => {
  const mac = raw?.toLowerCase() ?? "";
  return MAC.test(mac) && mac !== "00:00:00:00:00:00" ? mac : undefined;
};

/** The last PCI address on the way to a device. A virtio NIC hangs one level below its PCI function. */
const pciAddressOf = (devicePath: string | null): string | undefined =>
  devicePath
    ?.split("/")
    .filter((part) => /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(part))
    .at(-1);

/** `up` and `down` are known; `unknown`, `dormant` and the like are not. */
const linkOf = (operstate: string | null): boolean | undefined =>
  operstate === "up" ? true : operstate === "down" || operstate === "lowerlayerdown" ? false : undefined;

/** `4294967295` is how drivers write -1, unknown, into an unsigned number. */
const speedOf = (raw: string | null): number | undefined => {
  const speed = leadingCount(raw ?? undefined); // -1 while the link is down
  return speed === 0 || speed === 4_294_967_295 ? undefined : speed;
};

/** Reads one interface's attributes. */
export const parseNic = (nic: NicAttributes): NicSeen => {
  const currentMac = macOf(nic.address);
  const bus = cleanLabel(nic.busPath?.split("/").at(-1));
  return {
    name: cleanText(nic.name, 64),
    ...present({
      mac: macOf(nic.bondedAddress) ?? currentMac,
      currentMac,
      vendor: cleanLabel(nic.usbManufacturer),
      model: cleanLabel(nic.usbProduct),
      driver: cleanLabel(nic.driverPath?.split("/").at(-1)),
      bus,
      virtualFunction: nic.physicalFunctionPath === null ? undefined : true,
      // A USB device hangs below its controller's PCI function, which is not its own.
      pciAddress: bus === "usb" ? undefined : pciAddressOf(nic.devicePath),
      linkUp: linkOf(nic.operstate),
      speedMbps: speedOf(nic.speed),
      duplex: cleanLabel(nic.duplex),
      namedPort: leadingCount(/^p(\d{1,3})$/.exec(nic.physPortName ?? "")?.[1]),
      devPort: leadingCount(nic.devPort ?? undefined),
    }),
  };
};

const meminfoBytes = (value: string | undefined): number | undefined => {
  const kib = leadingCount(value);
  return kib === undefined ? undefined : kib * 1024;
};

/** `MemTotal` of `/proc/meminfo`, in bytes. */
export const parseMemTotal = (meminfo: string): number | undefined =>
  meminfoBytes(/^MemTotal:(.{0,40})/m.exec(meminfo)?.[1]);

/** `MemAvailable` of `/proc/meminfo`, in bytes: what can be had without pushing anything out. */
export const parseMemAvailable = (meminfo: string): number | undefined =>
  meminfoBytes(/^MemAvailable:(.{0,40})/m.exec(meminfo)?.[1]);
