/** ProxyDHCP: the box beside a site's own DHCP server, which knows nothing of booting. */
import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { virtualServer } from "../box/virtual-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";

/** The site's server gives addresses and a router, and not one boot option. */
const SITE_CONF = `port=0
interface=rack0
bind-interfaces
no-ping
log-dhcp
dhcp-range=10.77.0.50,10.77.0.150,255.255.255.0,1h
dhcp-option=3,10.77.0.2
keep-in-foreground
log-facility=-
user=root
pid-file=
`;

test(
  "a BIOS and a UEFI server boot from the box and claim their runs while a second dnsmasq gives their addresses",
  async () => {
    await using place = await openPlace({ dhcp: "proxy" }, { roms: {} });
    const site = await place.segment.attach("site", "10.77.0.2/24");
    const conf = join(place.dir, "site.conf");
    const log = join(place.dir, "site.log");
    await writeFile(conf, `${SITE_CONF}dhcp-leasefile=${join(place.dir, "site.leases")}\n`);
    site.spawn(["dnsmasq", `--conf-file=${conf}`], { stdout: Bun.file(log), stderr: Bun.file(log) });
    const servers = [virtualServer(7, "bios"), virtualServer(8, "uefi")];
    const placed = await Promise.all(servers.map((server) => place.place(server)));
    const runIds = await Promise.all(servers.map((server) => place.run(server)));
    for (const id of runIds) {
      await place.box.api.until(id, "claim", ({ state }) => state === "InventoryCheck", BOOT_LIMIT_MS);
      await place.box.api.decide(id, "cancel");
    }
    for (const server of placed) expect(await server.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
    for (const { mac } of servers) expect(await Bun.file(log).text()).toMatch(new RegExp(`DHCPACK.*${mac}`));
  },
  TEST_LIMIT_MS,
);
