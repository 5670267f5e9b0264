/** Wake-on-LAN's magic packet, bare and as an Ethernet frame. Pure. */
import { macBytes } from "../../agent/system/mac.ts";

const SYNC_BYTES = 6;
const REPEATS = 16;
/** EtherType that the IEEE lists for Wake-on-LAN. */
const ETHERTYPE = [0x08, 0x42];
const BROADCAST = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/** Six times FF, then the MAC sixteen times (AMD, Magic Packet Technology, 1995): 102 bytes. */
export const renderMagicPacket = (mac: string): Uint8Array<ArrayBuffer> => {
  const target = macBytes(mac);
  return Uint8Array.from([
    ...new Array<number>(SYNC_BYTES).fill(0xff),
    ...Array.from({ length: REPEATS }, () => target).flat(),
  ]);
};

/** The packet in a frame of its own. To all: a switch has forgotten on which port a server that is off was. */
export const renderWakeFrame = (mac: string, source: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([...BROADCAST, ...macBytes(source), ...ETHERTYPE, ...renderMagicPacket(mac)]);
