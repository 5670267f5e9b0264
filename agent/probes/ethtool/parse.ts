/**
 * What ethtool prints about one interface: `ethtool -i`, `ethtool`, `ethtool -P` and `ethtool -m`, each alone or one behind the other. Pure,
 * total, one pass.
 *
 * It is the text that is read: `-i` and `-P` have no JSON in any version, and `-m` has one only in the newest ones, while the text has
 * kept its names for ten years.
 */
import type { TransceiverFacts } from "../../wire/hardware/network.ts";
import { cleanLabel, present } from "../label.ts";
import { linesOf } from "../lines.ts";
import { notUnderstood, type Parsed, understood } from "../parsed.ts";
import { emptyModule, takeModuleLine, transceiverOf } from "./transceiver.ts";

/** What ethtool knows of one interface. */
export interface EthtoolFacts {
  readonly driver?: string;
  readonly driverVersion?: string;
  readonly firmware?: string;
  /** `0000:01:00.0`, or what the driver calls its place on another bus. */
  readonly busAddress?: string;
  readonly permanentMac?: string;
  readonly linkUp?: boolean;
  readonly speedMbps?: number;
  /** The fastest of the supported link modes. */
  readonly maxSpeedMbps?: number;
  /** The fastest mode that the other end of the link says it has. */
  readonly partnerMaxSpeedMbps?: number;
  readonly duplex?: string;
  readonly medium?: string;
  readonly transceiver?: TransceiverFacts;
}

type Reader = (value: string) => Partial<EthtoolFacts>;

/** `10000baseSR/Full`: the number in front is Mb/s. */
const fastestOf = (modes: string): number | undefined => {
  const speeds = [...modes.matchAll(/\b(\d{2,7})base/g)].map((match) => Number(match[1]));
  return speeds.length === 0 ? undefined : Math.max(...speeds);
};

/** A field whose driver has no answer: `Unknown!`, `Unknown! (255)`, `not set`. */
const told = (value: string): string | undefined =>
  /^(?:Unknown!|not set)/.test(value) ? undefined : cleanLabel(value);

const READERS: Readonly<Record<string, Reader>> = {
  // ethtool -i
  driver: (value) => present({ driver: cleanLabel(value) }),
  version: (value) => present({ driverVersion: cleanLabel(value) }),
  "firmware-version": (value) => present({ firmware: cleanLabel(value) }),
  "bus-info": (value) => present({ busAddress: cleanLabel(value) }),
  // ethtool
  Speed: (value) => {
    const speed = /^(\d{1,7})Mb\/s$/.exec(value)?.[1];
    return present({ speedMbps: speed === undefined || Number(speed) === 0 ? undefined : Number(speed) });
  },
  Duplex: (value) => present({ duplex: told(value)?.toLowerCase() }),
  Port: (value) => present({ medium: told(value) }),
  // Newer versions add why: `no (No cable)`.
  "Link detected": (value) =>
    present({ linkUp: /^yes\b/.test(value) ? true : /^no\b/.test(value) ? false : undefined }),
  // ethtool -P
  "Permanent address": (value) => {
    const mac = value.toLowerCase();
    const real = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac) && /[1-9a-f]/.test(mac);
    return present({ permanentMac: real ? mac : undefined });
  },
};
const READER_BY_KEY: ReadonlyMap<string, Reader> = new Map(Object.entries(READERS));
/** Lists that go on over lines: what the port can do, and what the other end of the link says it can. */
const OWN_MODES = "Supported link modes";
const PARTNER_MODES = "Link partner advertised link modes";
/** A list of modes is cut here: all of Linux's are a few hundred. */
const MAX_MODES_CHARS = 100_000;

/** Reads what ethtool printed about one interface. */
export const parseEthtool = (text: string): Parsed<EthtoolFacts> => {
  const module = emptyModule();
  const modes = new Map<string, string[]>([OWN_MODES, PARTNER_MODES].map((key) => [key, []]));
  let modesChars = 0;
  let facts: EthtoolFacts = {};
  let known = 0;
  let list: string[] | undefined;
  for (const line of linesOf(text)) {
    const at = line.indexOf(":");
    const key = line.slice(0, Math.max(0, Math.min(at, 200))).trim();
    const value = line.slice(at + 1, at + 1_000).trim();
    // Modes go on over lines without a name of their own.
    if (list !== undefined && at === -1 && modesChars < MAX_MODES_CHARS) {
      list.push(value);
      modesChars += value.length;
      continue;
    }
    list = modes.get(key);
    list?.push(value);
    const reader = READER_BY_KEY.get(key);
    if (reader !== undefined) facts = { ...reader(value), ...facts };
    if (
      list !== undefined ||
      reader !== undefined ||
      takeModuleLine(module, key, value) ||
      key.startsWith("Settings for ")
    )
      known += 1;
  }
  if (known === 0) return notUnderstood("line 1", "No field of ethtool, ethtool -i, -P or -m.");
  return understood({
    ...facts,
    ...present({
      maxSpeedMbps: fastestOf(modes.get(OWN_MODES)?.join(" ") ?? ""),
      partnerMaxSpeedMbps: fastestOf(modes.get(PARTNER_MODES)?.join(" ") ?? ""),
      transceiver: transceiverOf(module),
    }),
  });
};
