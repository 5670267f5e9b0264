/** Wakes one host from inside a namespace: `bun test/pxe/wake-main.ts MAC INTERFACE ADDRESS BROADCAST`. Writes what was sent as JSON. */
import { writeSync } from "node:fs";
import { pino } from "pino";
import { systemClock } from "../../agent/system/clock.ts";
import { wakeHost } from "../../appliance/power/wake.ts";

const [mac = "", interfaceName = "", address = "", broadcast = ""] = process.argv.slice(2);
const request = { mac, interface: interfaceName, address, broadcast };
writeSync(1, `${JSON.stringify(await wakeHost(request, systemClock, pino(pino.destination(2))))}\n`);
