/**
 * dnsmasq's log lines as facts. Forms seen with dnsmasq 2.90 and `log-dhcp`; what is not known is `other` and does no harm.
 *
 * DHCP lines hold a MAC, TFTP lines an address only, and what kind of client asks stands on a line of its own before the request. So a reader keeps two
 * small tables: address → MAC from the leases it saw, transaction → what its client said of itself.
 */
import type { BootEvent, BootStep } from "../core/boot.ts";
import type { Asker } from "../core/boot-attempt.ts";
import { architectureOf } from "./architectures.ts";

/** What a line says. */
export type LogFact =
  /** A step of a registered host's boot. */
  | { readonly kind: "boot"; readonly event: BootEvent }
  /** A host that is not registered asked, and got no answer. */
  | { readonly kind: "sighting"; readonly event: BootEvent }
  /** Another DHCP server answered a host of ours. */
  | { readonly kind: "foreign-dhcp"; readonly mac: string; readonly atMs: number }
  /** Not about a boot. */
  | { readonly kind: "other" };

/** Reads the lines of one dnsmasq, in order. */
export interface LogReader {
  read(line: string, atMs: number): LogFact;
  /** The MAC that holds an address, if a lease of it was seen or the neighbour table knows it. */
  macOf(address: string): string | null;
}

/** `neighbour` answers for addresses that another server leased (ProxyDHCP) or that were leased before this reader began. */
export interface LogReaderOptions {
  readonly neighbour?: (address: string) => string | null;
}

const OTHER: LogFact = { kind: "other" };
const PREFIX = /^dnsmasq-(dhcp|tftp)\[\d+\]: (.*)$/;
const CLASS_LINE = /^(\d+) (vendor|user) class: (.*)$/;
const DHCP_LINE =
  /^(\d+) (DHCP[A-Z]+|PXE)\([^)]*\) (?:(\d{1,3}(?:\.\d{1,3}){3}) )?((?:[0-9a-f]{2}:){5}[0-9a-f]{2})(?: (.*))?$/;
const TFTP_LINES: readonly (readonly [form: RegExp, complete: boolean, word: string])[] = [
  [/^sent \/(?:\S*\/)?(\S+) to (\d{1,3}(?:\.\d{1,3}){3})$/, true, "sent by TFTP"],
  [/^failed sending \/(?:\S*\/)?(\S+) to (\d{1,3}(?:\.\d{1,3}){3})$/, false, "TFTP transfer broke off"],
  [/^file \/(?:\S*\/)?(\S+) not found for (\d{1,3}(?:\.\d{1,3}){3})$/, false, "not found"],
];
/** iPXE asks for this by itself and goes on without it. */
const OPTIONAL_FILE = "autoexec.ipxe";
/** RFC 4578 §3.1 and UEFI 2.10 §24.7.2: the vendor class of a firmware names its architecture. */
const FIRMWARE_CLASS = /^(PXE|HTTP)Client(?::Arch:(\d{5}))?/;
const MAX_LEASES = 1024;
const MAX_TRANSACTIONS = 256;
const MAX_DETAIL_CHARS = 120;

interface Client {
  vendor?: string;
  user?: string;
}
interface DhcpLine {
  readonly address: string | null;
  readonly mac: string;
  readonly tail: string;
  readonly client: Client;
  readonly atMs: number;
}

/** Opens a reader with empty tables. */
export const createLogReader = (options: LogReaderOptions = {}): LogReader => {
  const macs = new Map<string, string>();
  const clients = new Map<string, Client>();
  const macOf = (address: string) => macs.get(address) ?? options.neighbour?.(address) ?? null;

  const readDhcp = (text: string, atMs: number): LogFact => {
    const about = CLASS_LINE.exec(text);
    if (about !== null) {
      const [, transaction = "", which = "vendor", value = ""] = about;
      bounded(clients, transaction, { ...clients.get(transaction), [which]: value }, MAX_TRANSACTIONS);
      return OTHER;
    }
    const [line, transaction = "", message = "", address, mac = "", tail = ""] = DHCP_LINE.exec(text) ?? [];
    if (line === undefined) return OTHER;
    const fact = DHCP_MESSAGES[message];
    const known = { address: address ?? null, mac, tail: tail.trim(), client: clients.get(transaction) ?? {}, atMs };
    const bindsAddress = message === "DHCPACK" || (message === "PXE" && known.address !== null);
    if (bindsAddress && known.address !== null) bounded(macs, known.address, mac, MAX_LEASES);
    return fact?.(known) ?? OTHER;
  };

  const readTftp = (text: string, atMs: number): LogFact => {
    for (const [form, complete, word] of TFTP_LINES) {
      const [line, file = "", address = ""] = form.exec(text) ?? [];
      if (line === undefined) continue;
      const mac = macOf(address);
      if (mac === null || file === OPTIONAL_FILE) return OTHER;
      return { kind: "boot", event: { mac, step: "loader", atMs, detail: detailOf(`${file} ${word}`), complete } };
    }
    return OTHER;
  };

  return {
    macOf,
    read(line, atMs) {
      const [, source, text = ""] = PREFIX.exec(line.trimEnd()) ?? [];
      if (source === undefined) return OTHER;
      return source === "dhcp" ? readDhcp(text, atMs) : readTftp(text, atMs);
    },
  };
};

const boot = (line: DhcpLine, step: BootStep, complete: boolean, detail: string): LogFact => ({
  kind: "boot",
  event: { mac: line.mac, step, atMs: line.atMs, detail: detailOf(detail), complete },
});

const asked = (line: DhcpLine): LogFact => boot(line, "dhcp-discover", true, describeClient(line.client));

const sighted = (line: DhcpLine): LogFact => ({
  kind: "sighting",
  event: {
    mac: line.mac,
    step: "dhcp-discover",
    atMs: line.atMs,
    detail: detailOf(describeClient(line.client)),
    complete: false,
  },
});

/** What each message of dnsmasq means. The tail after the MAC is dnsmasq's reason, a host name, or in a PXE answer the boot file. */
const DHCP_MESSAGES: Readonly<Record<string, (line: DhcpLine) => LogFact>> = {
  DHCPDISCOVER: (line) => {
    if (line.tail.endsWith("ignored")) return sighted(line);
    return line.tail.endsWith("no address available")
      ? boot(line, "dhcp-lease", false, "no address left")
      : asked(line);
  },
  DHCPOFFER: (line) => boot(line, "dhcp-lease", false, `offered ${line.address ?? "an address"}`),
  DHCPACK: (line) => boot(line, "dhcp-lease", true, line.address ?? ""),
  DHCPNAK: (line) =>
    line.tail.endsWith("wrong server-ID")
      ? { kind: "foreign-dhcp", mac: line.mac, atMs: line.atMs }
      : boot(line, "dhcp-lease", false, `refused: ${line.tail}`),
  DHCPDECLINE: (line) => boot(line, "dhcp-lease", false, `${line.address ?? "the address"} is in use by another host`),
  PXE: (line) => {
    if (line.tail === "proxy-ignored") return sighted(line);
    return line.tail === "proxy" ? asked(line) : boot(line, "dhcp-lease", true, `proxy: ${line.tail}`);
  },
};

const describeClient = (client: Client): string => {
  const asker: Asker = client.user?.includes("iPXE")
    ? "iPXE"
    : FIRMWARE_CLASS.test(client.vendor ?? "")
      ? "firmware"
      : "system";
  const number = FIRMWARE_CLASS.exec(client.vendor ?? "")?.[2];
  if (number === undefined) return client.vendor === undefined ? asker : `${asker}, ${client.vendor}`;
  const row = architectureOf(Number(number));
  if (row === null) return `${asker}, unknown architecture ${Number(number)}`;
  return `${asker}, ${row.title}${row.loaders === null ? " (no loader for it)" : ""}`;
};

/** Vendor classes are the host's own words: printable ASCII only, and not many. */
const detailOf = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, MAX_DETAIL_CHARS);

/** Sets a key as the newest and drops the oldest beyond `max`. */
const bounded = <K, V>(map: Map<K, V>, key: K, value: V, max: number): void => {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
};
