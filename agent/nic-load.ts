/**
 * `vetbox-agent nic-load`: sends as much as a port carries for a while, to nobody. Each frame goes from the port's own address to the port's own address: a switch has
 * learned that this address is behind the very cable that the frame came from, and drops it there (IEEE 802.1Q, 8.6.1), so that no other port of it carries any.
 */
import { readdirSync } from "node:fs";
import { defineCommand } from "citty";
import { Fault } from "./system/fault.ts";
import { macBytes } from "./system/mac.ts";
import { interfaceMac, openPacketSocket } from "./system/packet-socket.ts";

/** The longest frame without jumbo and tag, less its checksum. */
const FRAME_BYTES = 1514;
/** For experiments within one's own network (IEEE 802, 9.2.3): no stack takes it for its own. */
const ETHERTYPE = 0x88b5;
/** How many frames are sent between two looks at the clock. */
const ROUND = 256;

/** What was sent. */
export interface NicLoadReport {
  readonly port: string;
  readonly sentFrames: number;
  /** Times that the port took nothing for a while. */
  readonly refusals: number;
}

/** A cable that was pulled must not hold the load up. */
const PATIENCE_MS = 100;

const frameOf = (mac: string): Uint8Array => {
  const frame = crypto.getRandomValues(new Uint8Array(FRAME_BYTES));
  frame.set([...macBytes(mac), ...macBytes(mac), ETHERTYPE >> 8, ETHERTYPE & 0xff]);
  return frame;
};

/** Sends until the time is over. Root is needed. */
export const runNicLoad = (port: string, seconds: number): NicLoadReport => {
  const frame = frameOf(interfaceMac(port));
  using socket = openPacketSocket(port, { patienceMs: PATIENCE_MS });
  const endMs = performance.now() + seconds * 1000;
  let [sentFrames, refusals] = [0, 0];
  while (performance.now() < endMs)
    for (let i = 0; i < ROUND; i += 1)
      if (socket.send(frame)) sentFrames += 1;
      else {
        refusals += 1;
        break;
      }
  return { port, sentFrames, refusals };
};

/** The command. */
export const nicLoadCommand = defineCommand({
  meta: {
    name: "nic-load",
    description:
      "Send as many frames as a port carries, to its own address, and print how many as JSON. Exit codes: 0 done; 2 wrong or missing word.",
  },
  args: {
    port: { type: "string", description: "Kernel name of the port", required: true },
    seconds: { type: "string", description: "How long", required: true },
  },
  run: ({ args }) => {
    if (!readdirSync("/sys/class/net").includes(args.port))
      throw new Fault("bad-input", { port: args.port, detail: "there is no such port" });
    if (!/^\d{1,7}$/.test(args.seconds)) throw new Fault("bad-input", { seconds: args.seconds });
    process.stdout.write(`${JSON.stringify(runNicLoad(args.port, Number(args.seconds)))}\n`);
  },
});
