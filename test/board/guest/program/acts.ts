/** What the guest can do for the host: the board's parts as the product uses them, on this kernel. */
import { HOST } from "../qemu.ts";
import { attachDevice } from "./attach.ts";
import { openBusActs } from "./bus-acts.ts";
import { listAdapters, listChips } from "./kernel-lists.ts";
import { openLineActs } from "./line-acts.ts";
import type { Tell } from "./tell.ts";

/** Opens the acts; `tell` is for what happens later. */
export const openActs = (tell: Tell) => ({
  /** Plugs in a device of the host's USB/IP server; false when the server does not have it. */
  attach: (busId: string): boolean => attachDevice(HOST.address, HOST.usbipPort, busId),
  adapters: listAdapters,
  chips: listChips,
  ...openBusActs(tell),
  ...openLineActs(tell),
});

/** The acts. */
export type Acts = ReturnType<typeof openActs>;
