/**
 * The lines of `ethtool -m` about a pluggable transceiver. Pure.
 *
 * ethtool writes them for three layouts of the module's memory: SFF-8472 (SFP), SFF-8636 (QSFP) and CMIS (QSFP-DD, OSFP). Names of fields differ
 * a little between them, and from version to version.
 */
import type { TransceiverFacts } from "../../wire/hardware/network.ts";
import { cleanLabel, present } from "../label.ts";

/** What has been read of a module so far. */
export interface ModuleLines {
  readonly fields: Map<string, string>;
  readonly rxDbm: Map<number, number>;
  readonly txDbm: Map<number, number>;
}

const FIELDS = new Set([
  "Identifier",
  "Vendor name",
  "Vendor PN",
  "Vendor SN",
  "Transceiver type",
  "Transmitter technology",
  "Module temperature",
]);

/** Power by direction. A single lane has names of its own; several carry their number, some drivers' from 0. */
const POWER =
  /^(?:(Laser output power|Transmit avg optical power)|(?:Receiver signal|Rcvr signal) (?:average|avg) optical power|Receiver signal OMA)\s?(?:\(Channel (\d{1,2})\))?$/;
/** The least power that a module can tell from none: its steps are of 0.1 µW (SFF-8472). ethtool prints its logarithm as `-inf` where it reads 0. */
const NO_LIGHT_DBM = -40;

const dbmOf = (value: string): number | undefined => {
  const raw = /([-+]?(?:\d{1,3}(?:\.\d{1,4})?|inf)) dBm/.exec(value.slice(0, 100))?.[1];
  if (raw === undefined) return undefined;
  return raw.endsWith("inf") ? NO_LIGHT_DBM : Math.max(NO_LIGHT_DBM, Number(raw));
};

/** Nothing read yet. */
export const emptyModule = (): ModuleLines => ({ fields: new Map(), rxDbm: new Map(), txDbm: new Map() });

/** Takes one line; false when it is none of a module's. */
export const takeModuleLine = (module: ModuleLines, key: string, value: string): boolean => {
  if (FIELDS.has(key)) {
    const known = module.fields.get(key);
    // One module may be good for several kinds of network: its Ethernet is what matters here.
    const better = key === "Transceiver type" && known?.includes("Ethernet") === false && value.includes("Ethernet");
    if (known === undefined || better) module.fields.set(key, value);
    return true;
  }
  const power = key.length < 60 ? POWER.exec(key) : null;
  if (power === null) return false;
  const lanes = power[1] === undefined ? module.rxDbm : module.txDbm;
  const dbm = dbmOf(value);
  const lane = Number(power[2] ?? 0);
  if (dbm !== undefined && !lanes.has(lane)) lanes.set(lane, dbm);
  return true;
};

const insideBrackets = (raw: string | undefined): string | undefined => {
  const from = raw?.indexOf("(") ?? -1;
  return raw === undefined || from === -1 || !raw.endsWith(")") ? undefined : raw.slice(from + 1, -1);
};

/** `0x03 (SFP)` is an SFP; `0xff (reserved or unknown)` and `0x00 (no module present, …)` are none. */
const kindOf = (raw: string | undefined): string | undefined => {
  const kind = insideBrackets(raw);
  return kind === undefined || /unknown|no module/i.test(kind) ? undefined : cleanLabel(kind);
};

const least = (lanes: ReadonlyMap<number, number>): number | undefined =>
  lanes.size === 0 ? undefined : Math.min(...lanes.values());

/** The module; undefined when the lines describe none. */
export const transceiverOf = ({ fields, rxDbm, txDbm }: ModuleLines): TransceiverFacts | undefined => {
  const kind = kindOf(fields.get("Identifier"));
  const part = cleanLabel(fields.get("Vendor PN"));
  if (kind === undefined && part === undefined) return undefined;
  const numbers = [...new Set([...rxDbm.keys(), ...txDbm.keys()])].sort((a, b) => a - b);
  const temperature = /^(-?\d{1,3}(?:\.\d{1,3})?) degrees C/.exec(fields.get("Module temperature") ?? "")?.[1];
  return present({
    kind,
    part,
    vendor: cleanLabel(fields.get("Vendor name")),
    serial: cleanLabel(fields.get("Vendor SN")),
    // CMIS has no such line; the technology tells at least a copper cable from a laser.
    type:
      cleanLabel(fields.get("Transceiver type")) ?? cleanLabel(insideBrackets(fields.get("Transmitter technology"))),
    tempC: temperature === undefined ? undefined : Number(temperature),
    rxPowerDbm: least(rxDbm),
    txPowerDbm: least(txDbm),
    lanes:
      numbers.length < 2
        ? undefined
        : numbers.map((lane) => present({ rxPowerDbm: rxDbm.get(lane), txPowerDbm: txDbm.get(lane) })),
  });
};
