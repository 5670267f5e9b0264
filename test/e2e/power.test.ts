/** A virtual server that no magic packet wakes and that boots its disk by itself: its BMC starts it from the network, and says what became of it. */
import { expect, test } from "bun:test";
import type { RunView } from "../../appliance/core/views.ts";
import { virtualServer } from "../box/virtual-server.ts";
import { openServerBmc } from "../rack/redfish/server-bmc.ts";
import { until } from "../rack/until.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";

/** A call to a BMC on this machine, and the look that begins it. */
const LED_LIMIT_MS = 30_000;

const LOGIN = { user: "vetbox", password: "only-for-this-rack" } as const;

test(
  "a server that only its BMC can start is started from the network by it, and found powered off when its plug is pulled",
  async () => {
    await using place = await openPlace({ runs: { silentMinutes: 1 } }, { wakes: false });
    const declared = virtualServer(21, "bios");
    const server = await place.place({ ...declared, declaration: { ...declared.declaration, boot: ["disk"] } });
    const { api } = place.box;
    const { name } = declared.declaration;
    const host = await api.addHost({ name, mac: declared.mac, specYaml: declared.specYaml });
    await using bmc = await openServerBmc(server, { segment: place.segment, dir: place.dir, ...LOGIN });
    await api.setBmc(host.id, { kind: "redfish", address: "127.0.0.1", port: bmc.port, ...LOGIN });
    const { id: runId } = await api.startRun(host.id, { stages: ["InventoryCheck"] });

    await api.until(runId, "boot", ({ state }) => state === "Booting", BOOT_LIMIT_MS);
    const claimed = ({ transitions }: RunView) => transitions.some(({ event }) => event === "claimed");
    const booted = await api.until(runId, "claim", claimed, BOOT_LIMIT_MS);
    const deeds = booted.power
      .filter(({ deed }) => deed !== "wake")
      .map(({ deed, ok, detail }) => ({ deed, ok, detail }));
    expect(deeds.slice(0, 3)).toEqual([
      { deed: "status", ok: true, detail: "off" },
      { deed: "pxe", ok: true, detail: "" },
      { deed: "on", ok: true, detail: "" },
    ]);
    expect(booted.power.find(({ deed }) => deed === "wake")?.count).toBeGreaterThanOrEqual(1);

    await server.stop("cut");
    const lost = await api.until(runId, "diagnosis", ({ failure }) => failure?.diagnosis !== undefined, BOOT_LIMIT_MS);
    expect(lost.failure).toMatchObject({
      code: "agent-lost",
      diagnosis: {
        kind: "powered-off",
        cause: `${name} is powered off: its BMC says so.`,
        evidence: expect.arrayContaining([
          "BMC: power is off",
          `Echo: ${lost.address} does not answer`,
          "ARP: nobody answers for its address",
          "Link of the box: up",
        ]),
      },
    });
    expect(await api.report(runId, "html")).toContain("is powered off: its BMC says so.");
    await until("the LED of the server to walk to blinks", () => bmc.isIdentified(), LED_LIMIT_MS);
    await api.decide(runId, "release");
    await until("the LED ends with the hold", () => !bmc.isIdentified(), LED_LIMIT_MS);
  },
  TEST_LIMIT_MS,
);
