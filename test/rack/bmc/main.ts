/**
 * The management controller of a virtual server, as a process beside QEMU: it answers by the declaration and ends with the server.
 * On a socket of its own it takes faults, one a connection.
 *
 * Usage: bun test/rack/bmc/main.ts DECLARATION SOCKET CONTROL-SOCKET. Says `bmc: connected` on stderr when the server can ask.
 */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { decodeServer } from "../declaration.ts";
import { FAULT_SCHEMAS } from "../declared-faults.ts";
import { listenForOrders } from "../orders.ts";
import { openBmc } from "./commands.ts";
import { encodeAnswer, openFrameReader } from "./frame.ts";

const FaultSchema = v.variant("kind", [FAULT_SCHEMAS.sel, FAULT_SCHEMAS.sensor, FAULT_SCHEMAS.psu]);

const [declaration = "", path = "", controlPath = ""] = process.argv.slice(2);
const spec = decodeServer(JSON.parse(await readFile(declaration, "utf8")));
if (spec.bmc === undefined) throw new Error(`${spec.name} has no management controller`);
const bmc = openBmc(spec, spec.bmc);
const readFrames = openFrameReader();
listenForOrders(controlPath, (order) => bmc.state.change(v.parse(FaultSchema, order)));
await Bun.connect({
  unix: path,
  socket: {
    data: (socket, bytes) => {
      for (const request of readFrames(bytes)) socket.write(encodeAnswer(request, bmc.answer(request)));
    },
    close: () => process.exit(),
  },
});
process.stderr.write("bmc: connected\n");
