/**
 * Runs in the switch's namespace and tells which magic packets came by, and how: `raw MAC`, `udp7 MAC`, `udp9 MAC`, one a line.
 *
 * Usage: bun test/pxe/frames-main.ts INTERFACE COUNT. The first line is `listening`; it ends after COUNT packets.
 */
import { writeSync } from "node:fs";
import { openPacketSocket } from "../../agent/system/packet-socket.ts";
import { parseMagicFrame } from "../rack/magic-packet.ts";

const WAKE_ON_LAN = 0x0842;
/** Destination port of UDP in IPv4 without options, in an untagged frame. */
const UDP_PORT_AT = 14 + 20 + 2;

using socket = openPacketSocket(process.argv[2] ?? "", { receives: true });
writeSync(1, "listening\n");
for (let left = Number(process.argv[3]); left > 0; ) {
  const frame = socket.receive();
  const mac = parseMagicFrame(frame);
  if (mac === null) continue;
  const view = new DataView(frame.buffer, frame.byteOffset);
  const how = view.getUint16(12) === WAKE_ON_LAN ? "raw" : `udp${view.getUint16(UDP_PORT_AT)}`;
  writeSync(1, `${how} ${mac}\n`);
  left -= 1;
}
