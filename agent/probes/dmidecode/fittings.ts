/** What the board has besides: expansion slots, power supplies, the way to the BMC (SMBIOS types 9, 39 and 38). Pure. */
import type { PsuFacts } from "../../wire/hardware/management.ts";
import type { SlotFacts } from "../../wire/hardware/pci.ts";
import { cleanLabel, present } from "../label.ts";
import type { Structure } from "./structures.ts";
import { type Fields, placeNames, wattsOf } from "./values.ts";

/** How the operating system reaches the BMC. */
export interface SmbiosIpmi {
  /** `KCS (Keyboard Control Style)`. */
  readonly interface?: string;
  readonly specVersion?: string;
  readonly i2cAddress?: string;
  readonly baseAddress?: string;
}

/** `In Use` and `Available` are answers; `Unknown` and `Unavailable` are none. */
const USAGES: Readonly<Record<string, boolean>> = { "In Use": true, Available: false };

/** An address of the slot's device. Bus 0xff is SMBIOS's "none" (3.7, 7.10.8), and function 00:00.0 is the host bridge in no slot. */
const addressOf = (raw: string | undefined): string | undefined => {
  const address = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i.test(raw ?? "") ? raw?.toLowerCase() : undefined;
  return address === undefined || /^ffff:|^[0-9a-f]{4}:ff:|:00:00\.0$/.test(address) ? undefined : address;
};

/** Each expansion slot under a name of its own. */
export const expansionSlotsOf = (structures: readonly Structure[]): readonly SlotFacts[] => {
  const found = structures.filter(({ type }) => type === 9);
  const names = placeNames(
    found.map(({ fields }) => ({ locator: cleanLabel(fields.get("Designation"), 240) ?? "slot", bank: "" })),
  );
  return found.map(({ fields }, i) => {
    const occupied = USAGES[fields.get("Current Usage") ?? ""];
    const type = fields.get("Type");
    return {
      name: names[i] ?? "slot",
      ...present({
        type: type?.includes("<OUT OF SPEC>") ? undefined : cleanLabel(type),
        occupied,
        pciAddress: occupied === false ? undefined : addressOf(fields.get("Bus Address")),
      }),
    };
  });
};

/** `Present, OK` and `Not Present`. */
const presenceOf = (status: string | undefined): boolean | undefined =>
  /^Present\b/.test(status ?? "") ? true : /^Not Present\b/.test(status ?? "") ? false : undefined;

/** Where a name is a place, and where it is the model, differs from maker to maker. */
const psuOf = (fields: Fields): Omit<PsuFacts, "name"> & { readonly locator: string | undefined } => {
  const [location, name] = [cleanLabel(fields.get("Location"), 120), cleanLabel(fields.get("Name"), 120)];
  return {
    locator: location ?? name,
    ...present({
      present: presenceOf(fields.get("Status")),
      manufacturer: cleanLabel(fields.get("Manufacturer")),
      model: location === undefined ? undefined : name,
      part: cleanLabel(fields.get("Model Part Number")),
      serial: cleanLabel(fields.get("Serial Number")),
      maxW: wattsOf(fields.get("Max Power Capacity")),
    }),
  };
};

/** A name of its place, and even a power in watts, is left in place in examples. */
const isKnown = ({ manufacturer, part, serial }: Omit<PsuFacts, "name">): boolean =>
  [manufacturer, part, serial].some((value) => value !== undefined);

/** The power supplies. A table that knows none of them leaves the reference firmware's examples in place, and these are no power supplies. */
export const powerSuppliesOf = (structures: readonly Structure[]): readonly PsuFacts[] => {
  const all = structures.filter(({ type }) => type === 39).map(({ fields }) => psuOf(fields));
  const found = all.some(isKnown) ? all : [];
  const names = placeNames(found.map(({ locator }) => ({ locator: locator ?? "PSU", bank: "" })));
  return found.map(({ locator: _locator, ...psu }, i) => ({ name: names[i] ?? "PSU", ...psu }));
};

/** The interface of the BMC; undefined where the table has none. */
export const ipmiOf = (structures: readonly Structure[]): SmbiosIpmi | undefined => {
  const fields = structures.find(({ type }) => type === 38)?.fields;
  if (fields === undefined) return undefined;
  return present({
    interface: cleanLabel(fields.get("Interface Type")),
    specVersion: cleanLabel(fields.get("Specification Version")),
    i2cAddress: cleanLabel(fields.get("I2C Slave Address")),
    baseAddress: cleanLabel(fields.get("Base Address")),
  });
};
