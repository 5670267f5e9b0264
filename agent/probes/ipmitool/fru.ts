/** `ipmitool fru print`: what the factory wrote into the boards' own memories (FRU information). Pure and total. */
import { cleanLabel, cleanText, leadingCount, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { splitField } from "./fields.ts";

/** One FRU device. An empty one has a name alone: nothing is fitted there, or its memory cannot be read. */
export interface FruDevice {
  readonly name: string;
  readonly id?: number;
  readonly chassisSerial?: string;
  readonly boardManufacturer?: string;
  readonly boardProduct?: string;
  readonly boardPart?: string;
  readonly boardSerial?: string;
  readonly productManufacturer?: string;
  readonly productName?: string;
  readonly productPart?: string;
  readonly productSerial?: string;
  /** Of a power supply's own record. */
  readonly capacityW?: number;
}

const HEAD = "FRU Device Description";
/** The device that is the server itself. */
export const BUILTIN_FRU_ID = 0;

/** The BMC of this many FRU devices does not exist; a text of that many is no output of ipmitool. */
const MAX_DEVICES = 500;

const deviceOf = (head: string, fields: ReadonlyMap<string, string>): FruDevice => {
  const label = (name: string) => cleanLabel(fields.get(name));
  const at = head.lastIndexOf("(ID ");
  const capacityW = leadingCount(fields.get("Capacity"));
  return {
    name: cleanText(at === -1 ? head : head.slice(0, at), 256) || "FRU",
    ...present({
      id: at === -1 ? undefined : leadingCount(head.slice(at + "(ID ".length)),
      chassisSerial: label("Chassis Serial"),
      boardManufacturer: label("Board Mfg"),
      boardProduct: label("Board Product"),
      boardPart: label("Board Part Number"),
      boardSerial: label("Board Serial"),
      productManufacturer: label("Product Manufacturer"),
      productName: label("Product Name"),
      productPart: label("Product Part Number"),
      productSerial: label("Product Serial"),
      capacityW: capacityW === 0 ? undefined : capacityW,
    }),
  };
};

/** Reads `ipmitool fru print`. */
export const parseFru = (text: string): Parsed<readonly FruDevice[]> => {
  const devices: FruDevice[] = [];
  let head: string | undefined;
  let fields = new Map<string, string>();
  for (const line of linesOf(text)) {
    const field = splitField(line);
    if (field === undefined) continue;
    const [name, value] = field;
    if (name === HEAD) {
      if (head !== undefined) devices.push(deviceOf(head, fields));
      if (devices.length >= MAX_DEVICES) break;
      head = value;
      fields = new Map();
    } else if (head !== undefined && !fields.has(name)) fields.set(name, value);
  }
  if (head === undefined) return notUnderstood("line 1", `No "${HEAD}", with which each device of fru print starts.`);
  return understood(devices.length >= MAX_DEVICES ? devices : [...devices, deviceOf(head, fields)]);
};
