/**
 * Carries a BMC into the box's network: run inside its namespace, it listens on loopback and joins each connection to the socket on which the BMC serves.
 *
 * Usage: bun test/rack/redfish/main.ts SOCKET. Says `redfish: URL` on stdout when it listens; runs until it is killed.
 */
import { openForward } from "../../demo/forward.ts";

const forward = await openForward(process.argv[2] ?? "", 0);
process.stdout.write(`redfish: ${forward.url}\n`);
