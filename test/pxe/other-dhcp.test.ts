/** A whole box with somebody's second dnsmasq on its servers' network: it is told while it answers, and no longer. */
import { expect, test } from "bun:test";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunView } from "../../appliance/core/views.ts";
import { BOX_PACKAGES, RACK_PACKAGES } from "../box/packages.ts";
import { openBox } from "../box/process.ts";
import { macOf } from "../box/virtual-server.ts";
import { BOX_ADDRESS, openSegment } from "../rack/segment.ts";
import { until } from "../rack/until.ts";
import { linesOf } from "../setup/lines.ts";
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

/** A segment and a folder for a box; gone with the stack. */
const openGround = async (undo: AsyncDisposableStack) => {
  await needPackages([...BOX_PACKAGES, ...RACK_PACKAGES]);
  const dir = await mkdtemp(join(tmpdir(), "vetbox-other-dhcp-"));
  undo.defer(() => rm(dir, { recursive: true, force: true }));
  await chmod(dir, 0o755); // dnsmasq runs as another user
  grounds += 1;
  return { dir, segment: undo.use(await openSegment({ id: `o${process.pid.toString(36)}${grounds}` })) };
};
let grounds = 0;

test(
  "BoxView.otherDhcp has a second DHCP server by address and MAC while it answers, and no run begins that may write to disks; the box's own question is no stranger",
  async () => {
    await using undo = new AsyncDisposableStack();
    const { dir, segment } = await openGround(undo);
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

/** Takes the port of DHCP clients for itself, as a client of the box's own may. */
const TAKE_PORT = `const socket = require("node:dgram").createSocket("udp4");
socket.bind(68, "0.0.0.0", () => console.log("taken"));`;

test(
  "a box whose port for DHCP clients is taken says so, and does all the rest",
  async () => {
    await using undo = new AsyncDisposableStack();
    const { dir, segment } = await openGround(undo);
    const taker = segment.box.spawn([process.execPath, "-e", TAKE_PORT], { stdout: "pipe" });
    if (!(taker.stdout instanceof ReadableStream)) throw new Error("it has no stdout");
    expect((await linesOf(taker.stdout).next()).value).toBe("taken");
    const box = undo.use(await openBox({ dir: join(dir, "box"), namespace: segment.box }));
    expect(await box.api.box()).toMatchObject({ dnsmasq: "running", otherDhcp: [] });
    expect(await Bun.file(box.logPath).text()).toContain("port 68 is not to be had");
  },
  TOLD_WITHIN_MS,
);

/** Answers every question in the name of 20 servers, to the box alone, and says so. */
const MAKE_UP_SERVERS = `const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (question) => {
  for (let last = 100; last < 120; last += 1) {
    const offer = Buffer.alloc(300);
    offer[0] = 2;
    question.copy(offer, 4, 4, 8);
    offer.writeUInt32BE(0x63825363, 236);
    offer.set([53, 1, 2, 54, 4, 10, 77, 0, last, 255], 240);
    socket.send(offer, 68, "${BOX_ADDRESS}");
  }
  console.log("answered");
});
socket.bind(67);`;

test(
  "of a network that makes up DHCP servers 16 are told",
  async () => {
    await using undo = new AsyncDisposableStack();
    const { dir, segment } = await openGround(undo);
    const liar = (await segment.attach("liar", `${ADDRESS}/24`)).spawn([process.execPath, "-e", MAKE_UP_SERVERS], {
      stdout: "pipe",
    });
    if (!(liar.stdout instanceof ReadableStream)) throw new Error("it has no stdout");
    const answers = linesOf(liar.stdout);
    const box = undo.use(await openBox({ dir: join(dir, "box"), namespace: segment.box }));
    // By the second question all answers to the first have come.
    for (let asked = 0; asked < 2; asked += 1) expect((await answers.next()).value).toBe("answered");
    expect((await box.api.box()).otherDhcp).toHaveLength(16);
  },
  TOLD_WITHIN_MS,
);
