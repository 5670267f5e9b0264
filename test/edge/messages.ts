/** What the agent of these tests says, call by call. */
import { inventoryWith } from "../setup/inventory.ts";
import { BOOT_ID, MAC } from "./box.ts";

/** Hello of a booted server. */
export const HELLO = {
  protocol: 1,
  bootId: BOOT_ID,
  agentVersion: "0.1.0",
  mac: MAC,
  address: "10.77.0.51",
  uptimeMs: 9_000,
  clockMs: 0, // its clock says 1970
};

/** Claim of its first agent. */
export const CLAIM = { protocol: 1, bootId: BOOT_ID, mac: MAC, claimKey: "c".repeat(32), agentStart: 1 };

const INVENTORY = inventoryWith(
  { cpu: { socketCount: 1, coreCount: 4, threadCount: 8, sockets: [] } },
  ["dmidecode", "lscpu", "lsblk", "lspci", "sysfs"].map((probe) => ({ probe, status: "ok", durationMs: 1 })),
);

/** The result of its inventory. */
export const RESULT = {
  bootId: BOOT_ID,
  stage: "InventoryCheck",
  attempt: 1,
  outcome: "measured",
  startedMs: 1,
  durationMs: 2,
  facts: INVENTORY,
};
