/**
 * Runs in the switch's namespace and tells, one MAC a line, which magic packets came by. A process of its own, since its receive blocks.
 *
 * Usage: bun test/rack/wake-listener.ts INTERFACE. The first line is `listening`.
 */
import { writeSync } from "node:fs";
import { openPacketSocket } from "../../agent/system/packet-socket.ts";
import { parseMagicFrame } from "./magic-packet.ts";

using socket = openPacketSocket(process.argv[2] ?? "", { receives: true });
writeSync(1, "listening\n");
for (;;) {
  const mac = parseMagicFrame(socket.receive());
  if (mac !== null) writeSync(1, `${mac}\n`);
}
