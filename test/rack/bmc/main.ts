/**
 * The management controller of a virtual server, as a process beside QEMU: it answers by the declaration and ends with the server.
 *
 * Usage: bun test/rack/bmc/main.ts DECLARATION SOCKET. Says `bmc: connected` on stderr when the server can ask.
 */
import { readFile } from "node:fs/promises";
import { decodeServer } from "../declaration.ts";
import { openBmc } from "./commands.ts";
import { encodeAnswer, openFrameReader } from "./frame.ts";

const [declaration = "", path = ""] = process.argv.slice(2);
const spec = decodeServer(JSON.parse(await readFile(declaration, "utf8")));
if (spec.bmc === undefined) throw new Error(`${spec.name} has no management controller`);
const answer = openBmc(spec, spec.bmc);
const readFrames = openFrameReader();
await Bun.connect({
  unix: path,
  socket: {
    data: (socket, bytes) => {
      for (const request of readFrames(bytes)) socket.write(encodeAnswer(request, answer(request)));
    },
    close: () => process.exit(),
  },
});
process.stderr.write("bmc: connected\n");
