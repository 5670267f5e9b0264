/** The department against a real broker: what is said, how, and what becomes of it when one of the two is away. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IPublishPacket } from "mqtt";
import * as v from "valibot";
import { TOPIC_KINDS } from "../../appliance/core/mqtt-schema.ts";
import { loadActs } from "../../appliance/store/audit.ts";
import { needPackages } from "../setup/packages.ts";
import { accepted } from "../simulation/journey.ts";
import { type Mosquitto, openMosquitto } from "./mosquitto.ts";
import { openReader, type Reader, readRetained } from "./reader.ts";
import { openSiteBox, type SiteBox } from "./site-box.ts";

const MAC = "24:6e:96:a1:5c:10";
const HOST = "vetbox/box-a/host/246e96a15c10";

beforeAll(() => needPackages(["mosquitto"]), 300_000);

let dir: string;
let undo: AsyncDisposableStack;
let broker: Mosquitto;
beforeEach(async () => {
  undo = new AsyncDisposableStack();
  dir = await mkdtemp(join(tmpdir(), "vetbox-mqtt-"));
  undo.defer(() => rm(dir, { recursive: true, force: true }));
  broker = undo.use(await openMosquitto({ dir: join(dir, "broker") }));
});
afterEach(() => undo.disposeAsync());

const read = async (clientId = "reader"): Promise<Reader> =>
  undo.use(await openReader({ port: broker.port, clientId }));
const url = (): string => `mqtt://127.0.0.1:${broker.port}`;
const openBox = async (mqtt: Readonly<Record<string, unknown>> = {}, path = ":memory:"): Promise<SiteBox> =>
  undo.use(await openSiteBox({ path, mqtt: { url: url(), ...mqtt } }));
const addHost = async ({ box }: SiteBox, name = "r07-u12"): Promise<string> =>
  accepted(await box.operators.addHost({ name, mac: MAC }, "test")).id;
const startRun = async ({ box }: SiteBox, hostId: string): Promise<string> =>
  accepted(await box.operators.startRun(hostId, { profile: "quick", destructive: false }, "test")).id;
describe("openMqtt", () => {
  test("says on every topic what its published schema says, retained where documented", async () => {
    const reader = await read();
    const packets: IPublishPacket[] = [];
    reader.client.on("message", (_topic, _payload, packet) => packets.push(packet));
    const site = await openBox();
    const runId = await startRun(site, await addHost(site, "r07 <b>"));
    await site.box.tick();
    accepted(await site.box.operators.cancelRun(runId, "test"));
    await reader.when(
      () =>
        reader.last.has(`vetbox/box-a/run/${runId}/result`) && reader.events.length === 3 && reader.statuses.length > 0,
    );
    const said = [...packets];
    const retained = await readRetained(broker.port);
    const kindOf = (topic: string) =>
      TOPIC_KINDS.find(({ topic: pattern }) =>
        new RegExp(
          `^${pattern.replace("<discovery prefix>", "homeassistant").replace("<prefix>/<box>", "vetbox/box-a").replaceAll(/<\w+>/g, "[^/]+")}$`,
        ).test(topic),
      );
    for (const { topic, payload } of said) {
      const kind = kindOf(topic);
      if (kind === undefined) throw new Error(`undocumented: ${topic}`);
      v.parse(kind.schema, kind.text ? payload.toString() : JSON.parse(payload.toString()));
      expect([topic, retained.has(topic)]).toEqual([topic, kind.retained]);
    }
    expect(new Set(said.map(({ topic }) => kindOf(topic)?.name))).toEqual(
      new Set(["status", "state", "host-state", "host-avail", "event", "result", "discovery"]),
    );
    const late = await read("late");
    const result = await new Promise<IPublishPacket>((resolve) =>
      late.client.on("message", (topic, _payload, packet) => {
        if (topic.endsWith("/result")) resolve(packet);
      }),
    );
    expect(result.properties?.messageExpiryInterval).toBeGreaterThan(29 * 86_400);
    expect(result.properties?.messageExpiryInterval).toBeLessThanOrEqual(30 * 86_400);
  });

  test("empties every topic of a host that was deleted while broker and box were away", async () => {
    const path = join(dir, "box.db");
    const first = await openSiteBox({ path, mqtt: { url: url() } });
    const hostId = await addHost(first);
    const runId = await startRun(first, hostId);
    accepted(await first.box.operators.cancelRun(runId, "test"));
    const reader = await read();
    await reader.when(() => reader.last.has(`vetbox/box-a/run/${runId}/result`));
    await broker.kill();
    accepted(await first.box.operators.removeHost(hostId, "test"));
    await first[Symbol.asyncDispose]();
    await broker.start();
    await openBox({}, path);
    await reader.when(
      () => ![...reader.last.keys()].some((topic) => topic.includes("246e96a15c10") || topic.includes(runId)),
    );
    const kept = [...(await readRetained(broker.port)).keys()].toSorted();
    expect(kept).toEqual(["homeassistant/device/vetbox-box-a/config", "vetbox/box-a/state", "vetbox/box-a/status"]);
  });

  test("tells a broker that has lost its memory everything that is so, and of each topic the last value alone", async () => {
    const site = await openBox();
    const hostId = await addHost(site);
    const reader = await read();
    await reader.when(() => reader.last.has(`${HOST}/state`));
    await broker.kill();
    await rm(join(dir, "broker", "mosquitto.db"), { force: true });
    for (let i = 0; i < 5; i++) accepted(await site.box.operators.cancelRun(await startRun(site, hostId), "test"));
    const runId = await startRun(site, hostId);
    await broker.start();
    const anew = await read("anew");
    const states: string[] = [];
    anew.client.on("message", (topic, payload) => {
      if (topic === `${HOST}/state`) states.push(JSON.parse(payload.toString()).run);
    });
    await anew.when(() => anew.statuses.includes("online"));
    expect(new Set(states)).toEqual(new Set([runId]));
    expect(JSON.parse(anew.last.get(`${HOST}/state`) ?? "{}")).toMatchObject({ run: runId, state: "Queued" });
  });

  test("says offline when it ends, online when it comes back, and is put right when somebody else says offline", async () => {
    const reader = await read();
    const site = await openSiteBox({ mqtt: { url: url() } });
    await reader.when(() => reader.statuses.length === 1);
    await reader.client.publishAsync("vetbox/box-a/status", "offline", { qos: 1, retain: true });
    await reader.when(() => reader.statuses.length === 3);
    await site[Symbol.asyncDispose]();
    await reader.when(() => reader.statuses.length === 4);
    expect(reader.statuses).toEqual(["online", "offline", "online", "offline"]);
  });

  test("says everything again when Home Assistant has started", async () => {
    const reader = await read();
    const site = await openBox();
    await addHost(site);
    const topic = "homeassistant/device/vetbox-box-a-246e96a15c10/config";
    let times = 0;
    reader.client.on("message", (heard) => {
      if (heard === topic) times++;
    });
    await reader.when(() => times === 1);
    await reader.client.publishAsync("homeassistant/status", "online", { qos: 1 });
    await reader.when(() => times === 2);
  });

  test("logs a broker that is away once, shows it, and goes on when it is back", async () => {
    await broker.kill();
    const site = await openBox();
    const line = await site.logged("nothing listens there");
    expect(JSON.parse(line)).toMatchObject({
      level: 40,
      trouble: `broker 127.0.0.1:${broker.port}: nothing listens there`,
    });
    expect(site.broker.view()?.state).toBe("trouble");
    await broker.start();
    await site.logged("MQTT: connected");
    const said = site.lines.map((one) => JSON.parse(one).trouble ?? "connected");
    expect(said).toEqual(said.filter((one, i) => one !== said[i - 1])); // once for each change, not for each try
    expect(site.broker.view()).toMatchObject({ state: "connected", trouble: null });
  });
});

describe("commands", () => {
  /** Sends a command and gives what is answered. */
  const ask = async (reader: Reader, verb: string, body: unknown): Promise<unknown> => {
    const token = crypto.randomUUID();
    const answer = new Promise<unknown>((resolve) =>
      reader.client.on("message", (topic, payload, { properties }) => {
        if (topic === "desk/answers" && properties?.correlationData?.toString() === token)
          resolve(JSON.parse(payload.toString()));
      }),
    );
    const properties = { responseTopic: "desk/answers", correlationData: Buffer.from(token) };
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    await reader.client.publishAsync(`vetbox/box-a/cmd/${verb}`, payload, { qos: 1, properties });
    return answer;
  };

  test("start, cancel and refuse, written down as mqtt's, with an answer to whoever asked", async () => {
    const reader = await read();
    const site = await openBox({ commands: "on" });
    await addHost(site);
    await reader.when(() => reader.last.has(`${HOST}/state`));
    const started = await ask(reader, "start", { host: "r07-u12" });
    expect(started).toMatchObject({ ok: true, state: "Queued" });
    expect(await ask(reader, "start", { host: "r07-u12" })).toMatchObject({ ok: false, code: "host-busy" });
    expect(await ask(reader, "start", { host: "r07-u12", destructive: true })).toMatchObject({
      ok: false,
      code: "invalid",
    });
    expect(await ask(reader, "start", "{")).toMatchObject({ ok: false, code: "invalid" });
    expect(await ask(reader, "override-wipe", { run: "x", serials: ["S1"] })).toMatchObject({
      ok: false,
      code: "not-found",
    });
    const run = Reflect.get(Object(started), "run");
    expect(await ask(reader, "release", { run })).toMatchObject({ ok: false, code: "out-of-turn" });
    expect(await ask(reader, "cancel", { run })).toEqual({ ok: true, run, state: "Cancelled" });
    const acts = await site.store.turn(({ db }) => loadActs(db));
    expect(acts.filter(({ by }) => by === "mqtt").map(({ what }) => what)).toEqual(["run-started", "run-cancelled"]);
  });

  test("are not heard unless they were allowed, and never when they are retained", async () => {
    const reader = await read();
    await reader.client.publishAsync("vetbox/box-a/cmd/start", '{"host":"r07-u12"}', { qos: 1, retain: true });
    const deaf = await openSiteBox({ mqtt: { url: url() } });
    await addHost(deaf);
    await reader.when(() => reader.last.has(`${HOST}/state`));
    expect((await deaf.box.reads.hosts())[0]?.activeRun).toBeNull();
    await deaf[Symbol.asyncDispose]();
    const site = await openBox({ commands: "on" });
    await addHost(site);
    await site.logged("retained command is not carried out");
    expect((await site.box.reads.hosts())[0]?.activeRun).toBeNull();
  });

  test("are not answered in the box's own name", async () => {
    const reader = await read();
    const site = await openBox({ commands: "on" });
    await addHost(site);
    await reader.when(() => reader.last.has(`${HOST}/state`));
    const properties = { responseTopic: "vetbox/box-b/status" };
    await reader.client.publishAsync("vetbox/box-a/cmd/start", '{"host":"r07-u12"}', { qos: 1, properties });
    expect(await ask(reader, "start", { host: "r07-u12" })).toMatchObject({ code: "host-busy" });
    expect(reader.last.has("vetbox/box-b/status")).toBe(false);
  });
});

describe("access", () => {
  test("a wrong password is told once and not logged; the right one connects", async () => {
    const passwords = join(dir, "passwords");
    await Bun.$`mosquitto_passwd -b -c ${passwords} box-a right-horse`.quiet();
    const guarded = undo.use(
      await openMosquitto({
        dir: join(dir, "guarded"),
        lines: ["allow_anonymous false", `password_file ${passwords}`],
      }),
    );
    const passwordFile = join(dir, "password");
    await writeFile(passwordFile, "wrong-horse\n");
    const site = await openBox({ url: `mqtt://127.0.0.1:${guarded.port}`, username: "box-a", passwordFile });
    expect(await site.logged("trouble")).toContain("does not allow this box");
    await writeFile(passwordFile, "right-horse\n");
    await site.logged("MQTT: connected");
    expect(site.lines.join("")).not.toContain("horse");
  });
});
