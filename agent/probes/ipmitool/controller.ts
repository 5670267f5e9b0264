/** The BMC about itself: `ipmitool mc info`, `mc guid`, `sel info`, `lan print`. Pure and total. */
import { cleanLabel, leadingCount, present } from "../label.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { fieldsOf } from "./fields.ts";

/** `mc info`. */
export interface ControllerFacts {
  readonly manufacturer?: string;
  readonly product?: string;
  readonly firmware?: string;
  readonly ipmiVersion?: string;
}
/** `mc guid`. */
export interface GuidFacts {
  readonly guid?: string;
}
/** `sel info`: how full the event log is. Its entries are not read here. */
export interface SelFacts {
  readonly selEntryCount?: number;
  readonly selUsedPercent?: number;
}
/** `lan print`. */
export interface LanFacts {
  readonly mac?: string;
  readonly address?: string;
  readonly addressSource?: string;
}

/** ipmitool's name for what its tables do not have: `Unknown (0x1234)`. */
const UNLISTED = /^unknown \(0x[0-9a-f]{1,8}\)$/i;
const nameOf = (raw: string | undefined): string | undefined =>
  raw !== undefined && UNLISTED.test(raw) ? undefined : cleanLabel(raw);

/** The answer with these fields; not understood when the one that every such answer has is missing. */
const answer = <Facts>(
  text: string,
  command: string,
  token: string,
  read: (field: (name: string) => string | undefined) => Facts,
): Parsed<Facts> => {
  const fields = fieldsOf(text);
  if (!fields.has(token)) return notUnderstood("line 1", `No "${token}", which ${command} always prints.`);
  return understood(read((name) => fields.get(name)));
};

/** Reads `ipmitool mc info`. */
export const parseController = (text: string): Parsed<ControllerFacts> =>
  answer(text, "mc info", "Firmware Revision", (field) =>
    present({
      manufacturer: nameOf(field("Manufacturer Name")),
      product: nameOf(field("Product Name")),
      firmware: cleanLabel(field("Firmware Revision")),
      ipmiVersion: cleanLabel(field("IPMI Version")),
    }),
  );

/** Reads `ipmitool mc guid`. */
export const parseGuid = (text: string): Parsed<GuidFacts> =>
  answer(text, "mc guid", "System GUID", (field) => present({ guid: cleanLabel(field("System GUID"))?.toLowerCase() }));

/** Reads `ipmitool sel info`. A BMC that does not know how large its log is has `unknown` percent. */
export const parseSelInfo = (text: string): Parsed<SelFacts> =>
  answer(text, "sel info", "Entries", (field) =>
    present({ selEntryCount: leadingCount(field("Entries")), selUsedPercent: leadingCount(field("Percent Used")) }),
  );

const macOf = (raw: string | undefined): string | undefined => {
  const mac = raw?.toLowerCase() ?? "";
  return /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) && !/^(?:00:){5}00$|^(?:ff:){5}ff$/.test(mac) ? mac : undefined;
};

/** Reads `ipmitool lan print`. A BMC without an address says 0.0.0.0. */
export const parseLan = (text: string): Parsed<LanFacts> =>
  answer(text, "lan print", "IP Address Source", (field) => {
    const address = field("IP Address") ?? "";
    return present({
      mac: macOf(field("MAC Address")),
      address: /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) && address !== "0.0.0.0" ? address : undefined,
      addressSource: cleanLabel(field("IP Address Source")),
    });
  });
