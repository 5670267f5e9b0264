/** The main job: a server goes from power-on to a verdict, BIOS and UEFI, and is powered off; nothing outside is asked, no disk is touched. */
import { expect, test } from "bun:test";
import { TERMINAL } from "../../appliance/core/states.ts";
import { disksOf, virtualServer } from "../box/virtual-server.ts";
import { BOOT_LIMIT_MS, openPlace, TEST_LIMIT_MS } from "./place.ts";
import { watchTraffic } from "./traffic.ts";

test(
  "a BIOS and a UEFI server wake, boot from the box, are inventoried, agree with their specs, and are powered off",
  async () => {
    await using place = await openPlace({}, { roms: {} });
    const traffic = await watchTraffic(place.segment);
    const servers = [virtualServer(1, "bios"), virtualServer(2, "uefi")] as const;
    const placed = await Promise.all(servers.map((server) => place.place(server)));
    const hashes = (): Promise<string[]> =>
      Promise.all(placed.flatMap((server, i) => disksOf(i + 1).map((serial) => server.diskHash(serial))));
    const before = await hashes();
    const runIds = await Promise.all(servers.map((server) => place.run(server)));
    const runs = await Promise.all(
      runIds.map((id) =>
        place.box.api.until(id, "its end", (run) => TERMINAL.has(run.state) || run.failure !== null, BOOT_LIMIT_MS),
      ),
    );
    for (const [i, run] of runs.entries()) {
      expect(run.differences).toEqual([]);
      expect(run).toMatchObject({ state: "Completed", verdict: "pass", failure: null });
      expect(run.inventory?.hardware.disks.map((disk) => disk.serial).toSorted()).toEqual(disksOf(i + 1).toSorted());
      expect(run.inventory?.hardware.nics).toMatchObject([{ mac: servers[i]?.mac, boot: true, driver: "virtio_net" }]);
      expect(run.inventory?.hardware.board).toMatchObject({ manufacturer: "Vetbox", product: "Virtual 1U" });
      expect(run.timeline.diagnosis).toBeNull();
      expect(new Set(run.timeline.events.map(({ step }) => step))).toContain("claim");
      const report = await place.box.api.report(run.id, "html");
      expect(report).toContain(disksOf(i + 1)[0]);
      expect(report).not.toContain("<script");
    }
    for (const server of placed) expect(await server.exited(BOOT_LIMIT_MS)).toMatchObject({ byGuest: true });
    expect(await hashes()).toEqual(before);
    expect(await traffic.outside()).toEqual([]);
  },
  TEST_LIMIT_MS,
);
