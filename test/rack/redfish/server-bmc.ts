/** The Redfish BMC of a virtual server: its resets are the rack's power verbs, and its boot override is one boot from the network. */
import { join, resolve } from "node:path";
import type { Segment } from "../segment.ts";
import type { Server } from "../server.ts";
import { within } from "../until.ts";
import { openRedfishServer, type Plant } from "./server.ts";
import { VENDORS } from "./vendors.ts";

const CARRIER = resolve(import.meta.dir, "main.ts");
const LISTEN_LIMIT_MS = 30_000;

/** Where the BMC is, and as whom it is spoken with. */
export interface ServerBmcOptions {
  readonly segment: Segment;
  /** Where its socket is made. */
  readonly dir: string;
  readonly user: string;
  readonly password: string;
}

/** A running BMC. */
export interface ServerBmc extends AsyncDisposable {
  /** On 127.0.0.1 of the box: a management network would be one more cable and prove no more. */
  readonly port: number;
  /** The server's LED blinks. */
  isIdentified(): boolean;
}

const plantOf = (server: Server): Plant => ({
  isOn: () => server.isRunning,
  reset: async (type, pxe) => {
    if (type !== "On") await server.stop("cut");
    if (type !== "ForceOff") await server.start(pxe ? "network" : undefined);
  },
});

/** Opens the BMC of a server of this process's rack. */
export const openServerBmc = async (server: Server, options: ServerBmcOptions): Promise<ServerBmc> => {
  const { segment, dir, user, password } = options;
  const unix = join(dir, `${server.name}-bmc.sock`);
  const service = openRedfishServer({ vendor: VENDORS.dell, plant: plantOf(server), user, password, unix });
  const carrier = segment.box.spawn([process.execPath, CARRIER, unix], { stdout: "pipe" });
  const reader = (carrier.stdout as ReadableStream<Uint8Array>).getReader();
  const first = await within("the BMC listens", reader.read(), LISTEN_LIMIT_MS);
  const url = /^redfish: (\S+)/.exec(new TextDecoder().decode(first.value))?.[1] ?? "";
  return {
    port: Number(new URL(url).port),
    isIdentified: () => service.isIdentified(),
    [Symbol.asyncDispose]: async () => {
      carrier.kill();
      await carrier.exited;
      await service[Symbol.asyncDispose]();
    },
  };
};
