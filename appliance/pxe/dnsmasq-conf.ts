/**
 * dnsmasq's configuration, rendered. Nothing of a host goes into it but its MAC, and that is checked here once more.
 *
 * Registered hosts stand in a file of their own, which dnsmasq reads again on SIGHUP without losing a lease. Its lines hold the MAC alone: a line
 * with a `set:` tag makes dnsmasq 2.90 free a tag that it does not own at the next SIGHUP, and it dies (seen here; the same is known of 2.86). The
 * tag `known`, which dnsmasq gives to every host of that file by itself, does the same work.
 */
import { ARCHITECTURES, type Architecture, type Loader } from "./architectures.ts";

/** The whole configuration's input. Addresses are IPv4 unless the name says otherwise. */
export interface DnsmasqOptions {
  /** The one interface that is served. */
  readonly interface: string;
  /** The box's address on it. */
  readonly address: string;
  readonly netmask: string;
  /** Port of `GET /ipxe/{mac}`. */
  readonly scriptPort: number;
  /** Port of the boot file process, for UEFI HTTP boot. */
  readonly filesPort: number;
  readonly mode: DhcpMode;
  /** Loaders that lie in `tftpRoot`; an architecture whose loader is missing is not answered with one. */
  readonly loaders: readonly Loader[];
  /** Registered hosts that get the alternate loader because the first one failed them. */
  readonly alternateMacs: readonly string[];
  /** Unprivileged user that dnsmasq becomes after it has bound its ports, and that owns the boot files. */
  readonly user: string;
  readonly group: string;
  readonly tftpRoot: string;
  readonly hostsFile: string;
  readonly leaseFile: string;
}

/** Alone on an isolated segment, or beside a DHCP server of the site. */
export type DhcpMode =
  | {
      readonly kind: "authoritative";
      readonly rangeFrom: string;
      readonly rangeTo: string;
      readonly leaseSeconds: number;
      /**
       * An IPv6 prefix of the interface to advertise (`fd77::`), or null. iPXE waits for a router advertisement where there is none: 13 to 15 s of every
       * boot (measured).
       */
      readonly ipv6Prefix: string | null;
    }
  | { readonly kind: "proxy" };

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const IPV6_PREFIX = /^[0-9a-f:]{2,39}$/;
const INTERFACE = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,14}$/;
const ACCOUNT = /^[a-z_][a-z0-9_-]{0,31}$/;
const PATH = /^\/[\w./+-]+$/;
/** RFC 2131: the `file` field, into which ProxyDHCP answers go, is 128 bytes with its final NUL. */
const BOOT_FILE_BYTES = 127;

/** The URL from which iPXE fetches a host's script. iPXE fills in what stands in braces. */
export const scriptUrl = (address: string, scriptPort: number): string =>
  `http://${address}:${scriptPort}/ipxe/${"${netX/mac}?platform=${platform}&buildarch=${buildarch}&version=${version}"}`;

/** The whole configuration file. Throws on a value that dnsmasq could read as anything else. */
export const renderDnsmasqConf = (options: DnsmasqOptions): string => {
  assertPlain(options);
  const url = scriptUrl(options.address, options.scriptPort);
  if (url.length > BOOT_FILE_BYTES) throw new RangeError(`script URL is longer than ${BOOT_FILE_BYTES} bytes: ${url}`);
  const lines = [
    ...baseLines(options),
    ...(options.mode.kind === "proxy" ? proxyLines(options, url) : authoritativeLines(options, options.mode, url)),
  ];
  return `${lines.join("\n")}\n`;
};

/** The file of registered hosts. */
export const renderHostsFile = (macs: readonly string[]): string => {
  const unique = [...new Set(macs.map(checkedMac))].sort();
  return unique.map((mac) => `${mac}\n`).join("");
};

const baseLines = (options: DnsmasqOptions): readonly string[] => [
  "port=0", // no DNS
  `interface=${options.interface}`,
  "bind-interfaces",
  "no-resolv",
  "no-hosts",
  "keep-in-foreground",
  "log-facility=-", // stderr, read by the supervisor
  "log-dhcp",
  `user=${options.user}`,
  `group=${options.group}`,
  "pid-file=", // the supervisor keeps its own
  `dhcp-leasefile=${options.leaseFile}`,
  `dhcp-hostsfile=${options.hostsFile}`,
  "dhcp-ignore=tag:!known", // the allowlist: no offer, no boot file
  ...options.alternateMacs.map((mac) => `dhcp-mac=set:alternate,${checkedMac(mac)}`),
  "enable-tftp",
  "tftp-secure", // only files that belong to `user`
  `tftp-root=${options.tftpRoot}`,
  "dhcp-userclass=set:ipxe,iPXE", // our own loader, or a NIC's: it gets the script and no loader again
  ...ARCHITECTURES.map((row) => `dhcp-match=set:${row.tag},option:client-arch,${row.number}`),
];

const authoritativeLines = (
  options: DnsmasqOptions,
  mode: Extract<DhcpMode, { kind: "authoritative" }>,
  url: string,
): readonly string[] => [
  "dhcp-authoritative",
  "no-ping", // 3 s for every lease; the segment is ours
  "dhcp-option=option:router", // the box routes nowhere
  "dhcp-option=option:dns-server",
  `dhcp-range=${mode.rangeFrom},${mode.rangeTo},${options.netmask},${mode.leaseSeconds}`,
  ...(mode.ipv6Prefix === null
    ? []
    : // lifetime 0: it is heard by iPXE and makes nobody route through the box
      ["enable-ra", `dhcp-range=${mode.ipv6Prefix},ra-only,64,10m`, `ra-param=${options.interface},4,0`]),
  `dhcp-boot=tag:ipxe,${url}`,
  ...answered(options).flatMap((row) => bootLines(row, options)),
];

/** The loader of one architecture over TFTP, or by URL where the firmware speaks HTTP. */
const bootLines = (row: Answered, options: DnsmasqOptions): readonly string[] => {
  const where = (loader: Loader) =>
    row.via === "http" ? `http://${options.address}:${options.filesPort}/loaders/${loader}` : loader;
  return [
    `dhcp-boot=tag:!ipxe,tag:${row.tag},tag:!alternate,${where(row.loaders.first)}`,
    `dhcp-boot=tag:!ipxe,tag:${row.tag},tag:alternate,${where(row.loaders.alternate)}`,
    // UEFI HTTP boot takes only offers that give its vendor class back (UEFI 2.10 §24.7.2).
    ...(row.via === "http" ? [`dhcp-option-force=tag:!ipxe,tag:${row.tag},60,HTTPClient`] : []),
  ];
};

/** UEFI HTTP boot is not answered here: dnsmasq's proxy mode serves PXE clients only. */
const proxyLines = (options: DnsmasqOptions, url: string): readonly string[] => [
  `dhcp-range=${options.address},proxy,${options.netmask}`,
  `dhcp-boot=tag:ipxe,${url}`,
  ...answered(options).flatMap((row) => [
    // UEFI's iPXE takes this address; a BIOS iPXE needs it as a PXE service too, else it finds "Nothing to boot" (measured).
    ...(row.tag === "bios" ? [`pxe-service=tag:ipxe,${row.number},"Vetbox",${url}`] : []),
    ...(row.via === "http"
      ? []
      : [
          `pxe-service=tag:!ipxe,tag:!alternate,${row.number},"Vetbox",${row.loaders.first}`,
          `pxe-service=tag:!ipxe,tag:alternate,${row.number},"Vetbox",${row.loaders.alternate}`,
        ]),
  ]),
];

interface Answered extends Architecture {
  readonly loaders: NonNullable<Architecture["loaders"]>;
}

/** Rows whose first loader is there; an absent alternate falls back to the first. */
const answered = (options: DnsmasqOptions): readonly Answered[] =>
  ARCHITECTURES.flatMap((row) => {
    if (row.loaders === null || !options.loaders.includes(row.loaders.first)) return [];
    const { first, alternate } = row.loaders;
    return [{ ...row, loaders: { first, alternate: options.loaders.includes(alternate) ? alternate : first } }];
  });

const checkedMac = (mac: string): string => {
  if (!MAC.test(mac)) throw new RangeError(`not a MAC address in lower case: ${JSON.stringify(mac)}`);
  return mac;
};

const assertPlain = (options: DnsmasqOptions): void => {
  const { mode } = options;
  const fields: readonly (readonly [name: string, value: string, form: RegExp])[] = [
    ["interface", options.interface, INTERFACE],
    ["address", options.address, IPV4],
    ["netmask", options.netmask, IPV4],
    ["user", options.user, ACCOUNT],
    ["group", options.group, ACCOUNT],
    ["tftpRoot", options.tftpRoot, PATH],
    ["hostsFile", options.hostsFile, PATH],
    ["leaseFile", options.leaseFile, PATH],
    ...(mode.kind === "proxy"
      ? []
      : ([
          ["rangeFrom", mode.rangeFrom, IPV4],
          ["rangeTo", mode.rangeTo, IPV4],
          ["ipv6Prefix", mode.ipv6Prefix ?? "::", IPV6_PREFIX],
          ["leaseSeconds", String(mode.leaseSeconds), /^[1-9]\d{2,6}$/],
        ] as const)),
  ];
  for (const [name, value, form] of fields)
    if (!form.test(value)) throw new RangeError(`dnsmasq option ${name} has an odd value: ${JSON.stringify(value)}`);
};
