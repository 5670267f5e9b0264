/** IPv4 addresses and networks as numbers, so that "is it inside" is a comparison. */

/** A box's place on a network: `10.77.0.1/24`. */
export interface Ipv4Place {
  readonly address: string;
  readonly prefixBits: number;
  readonly netmask: string;
  readonly broadcast: string;
}

const OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ADDRESS = new RegExp(`^${OCTET}(\\.${OCTET}){3}$`);

/** The address as a number; null for anything that is not four plain octets. */
export const parseIpv4 = (text: string): number | null =>
  ADDRESS.test(text) ? text.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0) : null;

/** A number as an address. */
export const renderIpv4 = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

/** First and last address of a network, both unusable for hosts. */
export const boundsOf = ({ address, prefixBits }: Pick<Ipv4Place, "address" | "prefixBits">) => {
  const size = 2 ** (32 - prefixBits);
  const first = Math.floor((parseIpv4(address) ?? 0) / size) * size;
  return { first, last: first + size - 1 };
};

/** Reads `address/bits`. The address must be one that a host may have in that network, with room for at least two more. */
export const parsePlace = (text: string): Ipv4Place | null => {
  const [address = "", bits = "", ...rest] = text.split("/");
  const own = parseIpv4(address);
  if (own === null || rest.length > 0 || !/^\d{1,2}$/.test(bits)) return null;
  const prefixBits = Number(bits);
  if (prefixBits < 8 || prefixBits > 29) return null;
  const { first, last } = boundsOf({ address, prefixBits });
  if (own === first || own === last) return null;
  return { address, prefixBits, netmask: renderIpv4(2 ** 32 - 2 ** (32 - prefixBits)), broadcast: renderIpv4(last) };
};
