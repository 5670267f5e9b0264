/** Who is not to be tested is left alone: nothing for a stranger, the local disk for a host without a run. */
import { expect, test } from "bun:test";
import { disksOf, virtualServer } from "../box/virtual-server.ts";
import { renderBootSector } from "../rack/boot-sector.ts";
import { until } from "../rack/until.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";

test(
  "an unregistered MAC gets nothing and is seen; a registered MAC without a run boots its local disk",
  async () => {
    await using place = await openPlace();
    const [stranger, registered] = [virtualServer(5, "bios"), virtualServer(6, "bios")];
    await place.box.api.addHost({ name: registered.declaration.name, mac: registered.mac });
    const servers = await Promise.all(
      [stranger, registered].map(async (declared, i) => {
        const server = await place.place(declared);
        await server.writeDisk(disksOf(5 + i)[0], renderBootSector("LOCAL DISK BOOT OK", "power-off"));
        return server;
      }),
    );
    await Promise.all(servers.map((server) => server.start()));
    await Promise.all(servers.map((server) => server.serialHas(/LOCAL DISK BOOT OK/, BOOT_LIMIT_MS)));
    const seen = await until(
      "the stranger is seen",
      async () => (await place.box.api.sightings()).find(({ mac }) => mac === stranger.mac) ?? null,
      BOOT_LIMIT_MS,
    );
    expect(seen.count).toBeGreaterThan(0);
    const log = await Bun.file(place.box.logPath).text();
    const lines = (mac: string): string[] => log.split("\n").filter((line) => line.includes(mac));
    expect(lines(stranger.mac).filter((line) => /DHCPOFFER|DHCPACK|\/ipxe\//.test(line))).toEqual([]);
    const timeline = await place.box.api.timeline(registered.declaration.name);
    expect(timeline.events.map(({ step }) => step)).toContain("script");
    expect(timeline.events.map(({ step }) => step)).not.toContain("kernel");
  },
  TEST_LIMIT_MS,
);
