/** A whole box and a host that magic packets do not wake: it starts by Redfish alone, and its BMC's password is nowhere to be read. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { Clock } from "../../agent/system/clock.ts";
import { thisSystem } from "../../agent/system/system.ts";
import { type Appliance, openAppliance } from "../../appliance/appliance.ts";
import { runCli } from "../../appliance/cli.ts";
import { parseConfig } from "../../appliance/config.ts";
import type { RunView } from "../../appliance/core/views.ts";
import { makeTinyImage } from "../dev/tiny-image.ts";
import { openRedfishServer, openSwitch, type RedfishServer } from "../rack/redfish/server.ts";
import { VENDORS } from "../rack/redfish/vendors.ts";
import { until } from "../rack/until.ts";

const MAC = "52:54:00:77:00:01";
const USER = "vetbox";
const PASSWORD = "Zx9-hunter2-hunter2";
/** The box lives this much faster than we do: rounds of packets, patience and deadlines are minutes. */
const SPEED = 40;
const LIMIT_MS = 20_000;

const fastClock = (): Clock => {
  const [startWallMs, startMonoMs] = [Date.now(), performance.now()];
  const pastMs = () => (performance.now() - startMonoMs) * SPEED;
  return {
    wallMs: () => startWallMs + pastMs(),
    monoMs: pastMs,
    sleep: (ms, signal) => thisSystem.clock.sleep(ms / SPEED, signal),
  };
};

/** What the box is opened with each time, and what it leaves. */
const openBench = async () => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-power-"));
  await makeTinyImage(join(dir, "image"));
  const plant = openSwitch(false);
  const service = openRedfishServer({ vendor: VENDORS.hpe, plant, user: USER, password: PASSWORD });
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const config = parseConfig(
    JSON.stringify({
      ...{ stateDir: join(dir, "state"), runDir: join(dir, "run"), imageDir: join(dir, "image"), loaderDir: dir },
      network: { interface: "lo", address: "127.0.0.1/8", dhcp: { mode: "off" } },
      ports: { agent: 0, script: 0, files: 0 },
      web: { listen: "127.0.0.1:0" },
      runs: { bootMinutes: 2 },
    }),
  );
  if (!config.ok) throw new Error(JSON.stringify(config.problems));
  let wakes = 0;
  const open = () =>
    openAppliance(config.config, log, {
      system: { ...thisSystem, clock: fastClock() },
      wake: async () => {
        wakes += 1;
      },
    });
  return { dir, plant, service, lines, open, wakes: () => wakes };
};

let bench: Awaited<ReturnType<typeof openBench>>;
let box: Appliance;
let runId = "";

const ask = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
  const answer = await fetch(`${box.pageUrl}/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: answer.status, body: await answer.json() };
};

const setBmc = (service: RedfishServer, password = PASSWORD) =>
  ask("PUT", "/hosts/r1/bmc", { kind: "redfish", address: "127.0.0.1", port: service.port, user: USER, password });

/** A command line against the box: its exit code and all that it wrote. */
const vetbox = async (words: readonly string[], input = ""): Promise<{ code: number; text: string }> => {
  let text = "";
  const write = (piece: string) => {
    text += piece;
  };
  const code = await runCli(words, {
    ...{ out: write, err: write, env: { VETBOX_URL: box.pageUrl }, isTerminal: false },
    ...{ readInput: async () => input, nowMs: Date.now, signal: new AbortController().signal },
  });
  return { code, text };
};

const runOf = async (): Promise<RunView> => {
  const run = await box.reads.run(runId);
  if (run === null) throw new Error("the run is there");
  return run;
};

beforeAll(async () => {
  bench = await openBench();
  box = await bench.open();
});
afterAll(async () => {
  await box[Symbol.asyncDispose]();
  await bench.service[Symbol.asyncDispose]();
  await rm(bench.dir, { recursive: true });
});

describe("a host that magic packets do not wake", () => {
  test("has its BMC set, and shown without its password", async () => {
    expect((await ask("POST", "/hosts", { name: "r1", mac: MAC })).status).toBe(201);
    const set = await vetbox(
      ["hosts", "bmc", "set", "r1", "--kind", "redfish", "--address", "127.0.0.1", "--user", USER],
      `${PASSWORD}\n`,
    );
    expect({ code: set.code, shows: set.text.includes(PASSWORD) }).toEqual({ code: 0, shows: false });
    // Port 443 of this machine is nobody's BMC; the right one replaces all that was set.
    const answer = await setBmc(bench.service);
    expect(answer.status).toBe(200);
    const { setMs: _, ...shown } = answer.body as { setMs: number };
    expect(shown).toEqual({
      ...{ kind: "redfish", address: "127.0.0.1", port: bench.service.port, user: USER, pin: null },
      setBy: "operator@127.0.0.1",
    });
    expect(await ask("POST", "/hosts/r1/power", { verb: "status" })).toEqual({
      status: 200,
      body: { verb: "status", state: "off" },
    });
    expect((await box.reads.host("r1"))?.bmc?.pin).toBe(bench.service.fingerprint);
  });

  test("is started by its BMC for its run, from the network, after a round of packets", async () => {
    const started = await ask("POST", "/hosts/r1/runs", { profile: "quick" });
    runId = (started.body as { id: string }).id;
    await until("the host is powered", () => bench.plant.isOn(), LIMIT_MS);
    expect(bench.plant.resets).toEqual(["On from the network"]);
    expect(bench.wakes()).toBeGreaterThanOrEqual(1);
    const seen = { mac: MAC, step: "dhcp-discover", detail: "PXEClient", complete: true } as const;
    await box.boots.seen({ ...seen, atMs: (await runOf()).enteredMs + 30_000 });
    const run = await until(
      "the power-on is written down",
      async () => {
        const now = await runOf();
        return now.power.some(({ deed }) => deed === "on") && now;
      },
      LIMIT_MS,
    );
    expect(run.state).toBe("Booting");
    const deeds = run.power.filter(({ deed }) => deed !== "wake").map(({ deed, ok, detail }) => ({ deed, ok, detail }));
    expect(deeds).toEqual([
      { deed: "status", ok: true, detail: "off" },
      { deed: "pxe", ok: true, detail: "" },
      { deed: "on", ok: true, detail: "" },
    ]);
  });

  test("is not cut off in its run but by force, and what was done is written down with its author", async () => {
    const refused = await ask("POST", "/hosts/r1/power", { verb: "off" });
    expect(refused).toMatchObject({ status: 409, body: { code: "host-busy" } });
    expect((await vetbox(["hosts", "power", "r1", "cycle"])).code).toBe(1);
    expect(bench.plant.isOn()).toBe(true);
    const cut = await vetbox(["hosts", "power", "r1", "off", "--force"]);
    expect(cut).toEqual({ code: 0, text: "r1  told to power off\n" });
    expect(bench.plant.isOn()).toBe(false);
    expect((await runOf()).power.at(-1)).toMatchObject({ deed: "off", by: "operator@127.0.0.1", ok: true });
  });

  test("is found powered off when its boot never ends", async () => {
    const run = await until(
      "the diagnosis",
      async () => {
        const now = await runOf();
        return now.failure?.diagnosis !== undefined && now;
      },
      LIMIT_MS,
    );
    expect(run.failure?.code).toBe("boot-timeout");
    expect(run.failure?.diagnosis).toMatchObject({
      kind: "powered-off",
      cause: "r1 is off, although its BMC was told to power it on.",
      evidence: expect.arrayContaining(["BMC: power is off", "Powered by its BMC once"]),
    });
    expect((await vetbox(["runs", "show", runId])).text).toContain("r1 is off, although its BMC was told");
    const page = await (await fetch(`${box.pageUrl}/runs/${runId}`)).text();
    expect(page).toContain("r1 is off, although its BMC was told to power it on.");
    expect(page).toContain("BMC told to boot from the network once");
  });

  test("blinks while it is the one to walk to, also over a restart of the box, and as an operator says", async () => {
    const { service } = bench;
    const blinks = (what: string, on: boolean) => until(what, () => service.isIdentified() === on, LIMIT_MS);
    expect((await runOf()).state).toBe("FailedHolding");
    await blinks("the held server's LED blinks", true);
    expect(await vetbox(["hosts", "power", "r1", "identify", "off"])).toEqual({
      ...{ code: 0, text: "r1  told to end its identify LED\n" },
    });
    expect(service.isIdentified()).toBe(false);
    expect((await vetbox(["hosts", "power", "r1", "identify", "on"])).code).toBe(0);
    expect(service.isIdentified()).toBe(true);
    expect((await vetbox(["hosts", "power", "r1", "identify"])).code).toBe(2);
    const page = await (await fetch(`${box.pageUrl}/hosts/${(await box.reads.host("r1"))?.id}`)).text();
    expect(page).toContain("Blink the identify LED");
    await box[Symbol.asyncDispose]();
    box = await bench.open();
    expect(service.isIdentified()).toBe(true);
    expect((await ask("POST", `/runs/${runId}/release`, {})).status).toBe(200);
    await blinks("the LED ends with the hold", false);
    const deeds = await until(
      "its end is written down",
      async () => {
        const told = (await runOf()).power.filter(({ deed }) => deed.startsWith("identify"));
        return told.length >= 4 && told;
      },
      LIMIT_MS,
    );
    expect(deeds.map(({ deed, by, ok }) => `${deed} ${by} ${ok}`)).toEqual([
      "identify-on box true",
      "identify-off operator@127.0.0.1 true",
      "identify-on operator@127.0.0.1 true",
      "identify-off box true",
    ]);
  });

  test("keeps BMC, password and certificate over a restart of the box, and sends nothing to another certificate", async () => {
    await box[Symbol.asyncDispose]();
    box = await bench.open();
    expect(await ask("POST", "/hosts/r1/power", { verb: "status" })).toMatchObject({ body: { state: "off" } });
    const { port } = bench.service;
    await bench.service[Symbol.asyncDispose]();
    const other = { vendor: VENDORS.hpe, plant: bench.plant, user: USER, password: PASSWORD, port };
    await using stranger = openRedfishServer(other);
    const answer = await ask("POST", "/hosts/r1/power", { verb: "on" });
    expect(answer).toMatchObject({ status: 502, body: { code: "bmc-trouble" } });
    expect(stranger.asked).toEqual([]);
    // Set anew, the box meets it afresh.
    await setBmc(stranger);
    expect((await ask("POST", "/hosts/r1/power", { verb: "on" })).status).toBe(200);
    expect((await box.reads.host("r1"))?.bmc?.pin).toBe(stranger.fingerprint);
  });
});

/** Every way in which a secret may be written. */
const formsOf = (secret: string): readonly string[] => [
  secret,
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(`${USER}:${secret}`).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("hex"),
  encodeURIComponent(secret),
];

test("the password of a BMC is on no page, in no answer, log, report or file of the box", async () => {
  const pages = ["/", "/hosts/r1", `/runs/${runId}`, `/runs/${runId}/logs`];
  const calls = ["/box", "/hosts", "/hosts/r1", "/hosts/r1/boot", "/hosts/r1/runs", "/runs", `/runs/${runId}`];
  const files = [`/runs/${runId}/report.html`, `/runs/${runId}/report.json`, `/runs/${runId}/logs`];
  const paths = [...pages, ...[...calls, ...files].map((path) => `/api/v1${path}`)];
  const surfaces = new Map<string, Buffer>([["log", Buffer.from(bench.lines.join("\n"))]]);
  const host = await box.reads.host("r1");
  for (const path of paths.map((one) => one.replace("/hosts/r1", `/hosts/${host?.id}`))) {
    const answer = await fetch(`${box.pageUrl}${path}`);
    expect({ path, status: answer.status }).toEqual({ path, status: 200 });
    surfaces.set(path, Buffer.from(await answer.arrayBuffer()));
  }
  for (const words of [
    ["hosts", "list"],
    ["hosts", "show", "r1"],
    ["hosts", "bmc", "show", "r1"],
    ["runs", "show", runId],
  ])
    surfaces.set(`vetbox ${words.join(" ")}`, Buffer.from((await vetbox([...words, "--json"])).text));
  const kept = (await readdir(bench.dir, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  for (const file of kept) surfaces.set(file.name, await readFile(join(file.parentPath, file.name)));
  // The search finds what is there: the user's name is no secret, and is read back from the database and from what shows the host.
  const found = (text: string) => [...surfaces].filter(([, bytes]) => bytes.includes(text)).map(([name]) => name);
  expect(found(USER)).toEqual(expect.arrayContaining(["vetbox.db-wal", "vetbox hosts bmc show r1", "/api/v1/hosts"]));
  expect(formsOf(PASSWORD).flatMap((form) => found(form).map((name) => `${name}: ${form.slice(0, 4)}…`))).toEqual([]);
});
