/** A whole box with somebody's second dnsmasq on its servers' network: it is told while it answers, and no longer. */
import { expect, test } from "bun:test";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunView } from "../../appliance/core/views.ts";
import { BOX_PACKAGES, RACK_PACKAGES } from "../box/packages.ts";
import { openBox } from "../box/process.ts";
import { macOf } from "../box/virtual-server.ts";
import { openSegment } from "../rack/segment.ts";
import { until } from "../rack/until.ts";
import { needPackages } from "../setup/packages.ts";

/** It is asked for every 10 s, and forgotten after 30 s of silence. */
const TOLD_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 250;
const ADDRESS = "10.77.0.9";

const CONF = `port=0
interface=rack0
bind-interfaces
no-ping
dhcp-range=10.77.0.160,10.77.0.170,255.255.255.0,1h
keep-in-foreground
log-facility=-
user=root
pid-file=
`;

test(
  "BoxView.otherDhcp has a second DHCP server by address and MAC while it answers, and no run begins that may write to disks; the box's own question is no stranger",
  async () => {
    await needPackages([...BOX_PACKAGES, ...RACK_PACKAGES]);
    await using undo = new AsyncDisposableStack();
    const dir = await mkdtemp(join(tmpdir(), "vetbox-other-dhcp-"));
    undo.defer(() => rm(dir, { recursive: true, force: true }));
    await chmod(dir, 0o755);
    const segment = undo.use(await openSegment({ id: `o${process.pid}` }));
    const other = await segment.attach("other", `${ADDRESS}/24`);
    const box = undo.use(await openBox({ dir: join(dir, "box"), namespace: segment.box }));
    expect(await box.api.box()).toMatchObject({ dnsmasq: "running", otherDhcp: [] });

    const conf = join(dir, "other.conf");
    await writeFile(conf, `${CONF}dhcp-leasefile=${join(dir, "other.leases")}\n`);
    const [mac = ""] =
      /(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/.exec((await other.run(["cat", "/sys/class/net/rack0/address"])).stdout) ?? [];
    const server = other.spawn(["dnsmasq", `--conf-file=${conf}`], { stdout: "ignore", stderr: "ignore" });
    const told = await until(
      "the other server is told",
      async () => {
        const { otherDhcp } = await box.api.box();
        return otherDhcp.some((one) => one.mac !== null) && otherDhcp;
      },
      TOLD_WITHIN_MS,
      LOOK_EVERY_MS,
    );
    expect(told).toEqual([{ address: ADDRESS, mac }]);

    const begin = async (number: number, destructive: boolean): Promise<string> => {
      const { id } = await box.api.addHost({ name: `u${number}`, mac: macOf(number) });
      return (await box.api.startRun(id, { destructive, stages: ["Storage"] })).id;
    };
    const begins = (runId: string): Promise<RunView> =>
      box.api.until(runId, "its begin", ({ state }) => state !== "Queued", TOLD_WITHIN_MS);
    const writing = await begin(1, true);
    await begins(await begin(2, false)); // registered later, and ahead of it
    expect((await box.api.run(writing)).state).toBe("Queued");

    server.kill();
    const isForgotten = async (): Promise<boolean> => (await box.api.box()).otherDhcp.length === 0;
    expect(await until("it is forgotten", isForgotten, TOLD_WITHIN_MS, LOOK_EVERY_MS)).toBe(true);
    expect((await begins(writing)).state).toBe("WaitingWoL");
    expect(await box.api.sightings()).toEqual([]);
  },
  3 * TOLD_WITHIN_MS,
);
