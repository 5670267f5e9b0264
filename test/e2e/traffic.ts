/** Watches what the servers of a segment send to anybody but the box (N9). */
import { BOX_ADDRESS, BRIDGE, type Segment } from "../rack/segment.ts";
import { needPackages } from "../setup/packages.ts";

/** A watch over a segment. */
export interface Traffic {
  /** What was sent to others than the box, what asked it for names, and what told its own by LLDP, as nftables lists it. */
  outside(): Promise<readonly string[]>;
}

/**
 * Addresses that a server may send to: the box, and what stays on the segment by definition (broadcast, and the multicast of neighbour discovery).
 * Names are asked of nobody, not even of the box. LLDP (88cc) is heard, and not spoken.
 */
const RULES = `
table bridge vetbox {
  set outside4 { type ether_addr . ipv4_addr; flags dynamic; }
  set outside6 { type ether_addr . ipv6_addr; flags dynamic; }
  set names { type ether_addr; flags dynamic; }
  set neighbours { type ether_addr; flags dynamic; }
  chain watch {
    type filter hook prerouting priority 0; policy accept;
    ether saddr & ff:ff:ff:00:00:00 != 52:54:00:00:00:00 accept
    ether type 0x88cc add @neighbours { ether saddr }
    udp dport 53 add @names { ether saddr }
    tcp dport 53 add @names { ether saddr }
    ip daddr != { ${BOX_ADDRESS}, 10.77.0.255, 255.255.255.255, 224.0.0.0/24 } add @outside4 { ether saddr . ip daddr }
    ip6 daddr != { fd77::1, fe80::/10, ff02::/16 } add @outside6 { ether saddr . ip6 daddr }
  }
}`;

/** Begins to watch. It ends with the segment. */
export const watchTraffic = async (segment: Segment): Promise<Traffic> => {
  await needPackages(["nftables"]);
  // A bridge keeps LLDP to itself, and its filters do not see it, unless it is told to pass it on (bit 14: 01:80:c2:00:00:0e).
  await segment.switch.run(["ip", "link", "set", BRIDGE, "type", "bridge", "group_fwd_mask", "0x4000"]);
  const loaded = await segment.switch.run(["nft", "-f", "-"], RULES);
  if (loaded.exitCode !== 0) throw new Error(`nft: ${loaded.stderr}`);
  return {
    outside: async () => {
      const lists = await Promise.all(
        ["outside4", "outside6", "names", "neighbours"].map((name) =>
          segment.switch.run(["nft", "list", "set", "bridge", "vetbox", name]),
        ),
      );
      return lists.flatMap(({ stdout }) =>
        [...stdout.matchAll(/elements = \{([^}]*)\}/g)].map(([, found]) => found ?? ""),
      );
    },
  };
};
