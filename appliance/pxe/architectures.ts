/**
 * Which loader a server's firmware gets: one row for each client architecture that a server's network boot can announce (DHCP option 93).
 *
 * Numbers and names are those of the IANA registry "Processor Architecture Types" (RFC 5970 §3.3, which took over the list of RFC 4578 §2.1).
 * Where RFC 4578 and real firmware disagree, firmware wins and the row says so.
 */

/** The loaders of the box, as files. */
export const LOADERS = ["undionly.kpxe", "ipxe.pxe", "snponly.efi", "ipxe.efi", "ipxe-arm64.efi"] as const;
/** A loader's file name. */
export type Loader = (typeof LOADERS)[number];

/** How the firmware fetches its loader. */
export type Via = "tftp" | "http";

/** The two loaders of a kind of firmware: the second is for a host that failed to boot with the first. */
export interface LoaderPair {
  readonly first: Loader;
  readonly alternate: Loader;
}

/** One client architecture. */
export interface Architecture {
  /** Number in DHCP option 93. */
  readonly number: number;
  /** Tag in the dnsmasq configuration. */
  readonly tag: string;
  /** For people: in the timeline and in the boot doctor's words. */
  readonly title: string;
  readonly via: Via;
  /** Null where the box has no loader; `title` then goes into the reason. */
  readonly loaders: LoaderPair | null;
  readonly source: string;
}

/**
 * Loaders that use the firmware's own network driver (UNDI, SNP) come first: iPXE's native drivers stall with large initrds on some NICs
 * (ipxe issues 1023, 1545, 288). The native ones are the way out where the firmware's driver is what is broken.
 */
const BIOS: LoaderPair = { first: "undionly.kpxe", alternate: "ipxe.pxe" };
const EFI_X64: LoaderPair = { first: "snponly.efi", alternate: "ipxe.efi" };
const EFI_ARM64: LoaderPair = { first: "ipxe-arm64.efi", alternate: "ipxe-arm64.efi" };

const IANA = "IANA Processor Architecture Types";

/** Every architecture that the box knows, answered or not. */
export const ARCHITECTURES: readonly Architecture[] = [
  { number: 0, tag: "bios", title: "BIOS", via: "tftp", loaders: BIOS, source: `${IANA} 0x0000; RFC 4578 §2.1` },
  { number: 6, tag: "efi-ia32", title: "32-bit UEFI", via: "tftp", loaders: null, source: `${IANA} 0x0006` },
  { number: 7, tag: "efi-x64", title: "UEFI x86-64", via: "tftp", loaders: EFI_X64, source: `${IANA} 0x0007; EDK2` },
  {
    number: 9,
    tag: "efi-bc",
    title: "UEFI x86-64, announced as EBC",
    via: "tftp",
    loaders: EFI_X64,
    // RFC 4578 swapped 7 and 9 (its erratum 4625), so older x86-64 firmware says 9.
    source: `${IANA} 0x0009; RFC 4578 erratum 4625`,
  },
  { number: 10, tag: "efi-arm32", title: "32-bit ARM UEFI", via: "tftp", loaders: null, source: `${IANA} 0x000a` },
  { number: 11, tag: "efi-arm64", title: "UEFI arm64", via: "tftp", loaders: EFI_ARM64, source: `${IANA} 0x000b` },
  { number: 15, tag: "http-ia32", title: "32-bit UEFI HTTP", via: "http", loaders: null, source: `${IANA} 0x000f` },
  { number: 16, tag: "http-x64", title: "UEFI HTTP x86-64", via: "http", loaders: EFI_X64, source: `${IANA} 0x0010` },
  {
    number: 17,
    tag: "http-bc",
    title: "UEFI HTTP x86-64, announced as EBC",
    via: "http",
    loaders: EFI_X64,
    source: `${IANA} 0x0011`,
  },
  {
    number: 18,
    tag: "http-arm32",
    title: "32-bit ARM UEFI HTTP",
    via: "http",
    loaders: null,
    source: `${IANA} 0x0012`,
  },
  {
    number: 19,
    tag: "http-arm64",
    title: "UEFI HTTP arm64",
    via: "http",
    loaders: EFI_ARM64,
    source: `${IANA} 0x0013`,
  },
  { number: 20, tag: "http-bios", title: "BIOS HTTP", via: "http", loaders: BIOS, source: `${IANA} 0x0014` },
];

/** The row of a number, or null for one that is not in the table. */
export const architectureOf = (number: number): Architecture | null =>
  ARCHITECTURES.find((row) => row.number === number) ?? null;
