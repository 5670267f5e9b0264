/**
 * The switch's voice: tells each of a server's ports every second where it hangs, as declared, and ends with the server. A process of its own,
 * since it works inside the switch's namespace. It sends into the taps, past the bridge, which would pass on no such frame.
 *
 * Usage: bun test/rack/lldp-speaker.ts DECLARATION TAPS, where TAPS has the taps of the server's NICs, one a line.
 */
import { readFile } from "node:fs/promises";
import { openPacketSocket } from "../../agent/system/packet-socket.ts";
import { decodeServer } from "./declaration.ts";
import { encodeLldpFrame } from "./lldp-frame.ts";

/** A switch says it every 30 s; a test does not want to wait as long. */
const EVERY_MS = 1000;

const [declaration = "", taps = ""] = process.argv.slice(2);
const spec = decodeServer(JSON.parse(await readFile(declaration, "utf8")));
const names = (await readFile(taps, "utf8")).trim().split("\n");
const ports = spec.nics.flatMap(({ neighbour }, i) =>
  neighbour === undefined ? [] : [{ socket: openPacketSocket(names[i] ?? ""), frame: encodeLldpFrame(neighbour) }],
);
process.stderr.write("lldp: speaking\n");
// A tap that takes nothing any more is gone, and so is the server.
while (ports.every(({ socket, frame }) => socket.send(frame))) await Bun.sleep(EVERY_MS);
process.exit();
