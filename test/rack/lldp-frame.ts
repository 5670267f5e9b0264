/** What a switch says to its neighbours (LLDP, IEEE 802.1AB-2016). Pure. */
import { macBytes } from "../../agent/system/mac.ts";
import type { NeighbourSpec } from "./declared-nic.ts";

/** "Nearest bridge": no bridge passes it on (7.1, table 7-1). */
const DESTINATION = "01:80:c2:00:00:0e";
const ETHERTYPE = 0x88cc;
/** Kinds of values (8.4, table 8-1). */
const TLV = { end: 0, chassis: 1, port: 2, ttl: 3, portDescription: 4, systemName: 5, organisation: 127 } as const;
/** A chassis by its MAC (8.5.2), a port by its interface's name (8.5.3). */
const CHASSIS_BY_MAC = 4;
const PORT_BY_INTERFACE = 5;
/** The port's own VLAN (IEEE 802.1Q, D.2.1). */
const PORT_VLAN = [0x00, 0x80, 0xc2, 0x01];
/** How long a neighbour is remembered: four times the usual 30 s. */
const TTL_SECONDS = 120;
const LEAST_FRAME_BYTES = 60;

const textBytes = (text: string): readonly number[] => [...Buffer.from(text, "latin1")];
const word = (value: number): readonly number[] => [value >> 8, value & 0xff];
/** Seven bits of kind, nine of length, the value. */
const tlv = (kind: number, value: readonly number[]): readonly number[] => [
  ...word((kind << 9) | value.length),
  ...value,
];

/** The frame that tells of a switch port. */
export const encodeLldpFrame = (neighbour: NeighbourSpec): Uint8Array => {
  const { chassisMac, port, system, portDescription, vlanId } = neighbour;
  const frame = [
    ...[...macBytes(DESTINATION), ...macBytes(chassisMac), ...word(ETHERTYPE)],
    ...tlv(TLV.chassis, [CHASSIS_BY_MAC, ...macBytes(chassisMac)]),
    ...tlv(TLV.port, [PORT_BY_INTERFACE, ...textBytes(port)]),
    ...tlv(TLV.ttl, word(TTL_SECONDS)),
    ...(portDescription === undefined ? [] : tlv(TLV.portDescription, textBytes(portDescription))),
    ...tlv(TLV.systemName, textBytes(system)),
    ...(vlanId === undefined ? [] : tlv(TLV.organisation, [...PORT_VLAN, ...word(vlanId)])),
    ...tlv(TLV.end, []),
  ];
  const bytes = new Uint8Array(Math.max(frame.length, LEAST_FRAME_BYTES));
  bytes.set(frame);
  return bytes;
};
