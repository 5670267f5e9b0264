/** The Redfish client against a service over real HTTPS that has the ways of several vendors. */
import { describe, expect, test } from "bun:test";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificate } from "../../appliance/certificate.ts";
import type { BmcAccess } from "../../appliance/core/power-port.ts";
import { openRedfish } from "../../appliance/power/redfish.ts";
import { openRedfishServer, openSwitch, type RedfishOptions } from "../rack/redfish/server.ts";
import { VENDORS, type VendorName } from "../rack/redfish/vendors.ts";
import { needPackages } from "../setup/packages.ts";

const USER = "vetbox";
const PASSWORD = "correct horse battery";
const SIGNAL = new AbortController().signal;

const openBench = (
  vendor: VendorName,
  on: boolean,
  change: Partial<RedfishOptions & BmcAccess> = {},
  requestMs?: number,
) => {
  const plant = openSwitch(on);
  const pins: string[] = [];
  const { instead, certificate, ...accessChange } = change;
  const service = openRedfishServer({
    ...{ vendor: VENDORS[vendor], plant, user: USER, password: PASSWORD },
    ...(instead === undefined ? {} : { instead }),
    ...(certificate === undefined ? {} : { certificate }),
  });
  const access: BmcAccess = {
    ...{
      hostId: "h1",
      kind: "redfish",
      address: "127.0.0.1",
      port: service.port,
      user: USER,
      password: PASSWORD,
      pin: null,
    },
    ...accessChange,
  };
  const pinned = async (pin: string) => void pins.push(pin);
  const port = openRedfish(access, pinned, requestMs);
  return { plant, pins, service, port, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
};

const names = Object.keys(VENDORS) as VendorName[];
/** What each vendor's table of resets leaves for a restart. */
const CYCLES: Record<VendorName, string | null> = {
  dell: "ForceRestart",
  hpe: "ForceRestart",
  supermicro: "ForceRestart",
  lenovo: "PowerCycle",
  accelerators: "ForceRestart",
  minimal: null,
};

/** The changes by which each vendor's LED is switched on and off again: every one that was asked for, refused ones too. */
const LED_CHANGES: Record<VendorName, readonly string[]> = {
  dell: [
    'PATCH /redfish/v1/Systems/System.Embedded.1 {"IndicatorLED":"Blinking"}',
    'PATCH /redfish/v1/Systems/System.Embedded.1 {"IndicatorLED":"Lit"}',
    'PATCH /redfish/v1/Chassis/System.Embedded.1 {"IndicatorLED":"Blinking"}',
    'PATCH /redfish/v1/Systems/System.Embedded.1 {"IndicatorLED":"Off"}',
    'PATCH /redfish/v1/Chassis/System.Embedded.1 {"IndicatorLED":"Off"}',
  ],
  hpe: [
    // Its proof of freshness is weak, and it wants the strong one.
    'PATCH /redfish/v1/Systems/1 {"IndicatorLED":"Blinking"}',
    'PATCH /redfish/v1/Systems/1 {"IndicatorLED":"Blinking"}',
    'PATCH /redfish/v1/Systems/1 {"IndicatorLED":"Lit"}',
    'PATCH /redfish/v1/Systems/1 {"IndicatorLED":"Lit"}',
    'PATCH /redfish/v1/Systems/1 {"IndicatorLED":"Off"}',
    'PATCH /redfish/v1/Systems/1 {"IndicatorLED":"Off"}',
  ],
  supermicro: [
    'PATCH /redfish/v1/Chassis/1 {"IndicatorLED":"Blinking"}',
    'PATCH /redfish/v1/Chassis/1 {"IndicatorLED":"Off"}',
  ],
  lenovo: [
    'PATCH /redfish/v1/Systems/Self {"LocationIndicatorActive":true}',
    'PATCH /redfish/v1/Systems/Self {"LocationIndicatorActive":false}',
  ],
  accelerators: [
    'PATCH /redfish/v1/Chassis/Chassis_0 {"LocationIndicatorActive":true}',
    'PATCH /redfish/v1/Chassis/Chassis_0 {"LocationIndicatorActive":false}',
  ],
  minimal: [],
};

describe.each(names)("openRedfish with the ways of %s", (vendor) => {
  test("tells the power state, switches on, chooses one network boot and restarts into it", async () => {
    await using bench = openBench(vendor, false);
    const { port, plant } = bench;
    expect(await port.state(SIGNAL)).toEqual({ ok: true, value: "off" });
    expect(await port.on(SIGNAL)).toEqual({ ok: true, value: true });
    expect(await port.state(SIGNAL)).toEqual({ ok: true, value: "on" });
    expect(await port.bootOnce("pxe", SIGNAL)).toEqual({ ok: true, value: true });
    expect(bench.service.bootsFromNetwork()).toBe(true);
    const cycled = await port.cycle(SIGNAL);
    const type = CYCLES[vendor];
    if (type === null) {
      expect(cycled).toMatchObject({ ok: false, trouble: { code: "unsupported" } });
      expect(plant.resets).toEqual(["On"]);
    } else {
      expect(cycled).toEqual({ ok: true, value: true });
      expect(plant.resets).toEqual(["On", `${type} from the network`]);
    }
  });

  test("switches off, asks for nothing that is so already, and leaves no session behind", async () => {
    await using bench = openBench(vendor, true);
    expect(await bench.port.on(SIGNAL)).toEqual({ ok: true, value: true });
    expect(await bench.port.off(SIGNAL)).toEqual({ ok: true, value: true });
    expect(await bench.port.off(SIGNAL)).toEqual({ ok: true, value: true });
    expect(bench.plant.resets).toEqual(["ForceOff"]);
    // A host that is off is not restarted but started.
    expect(await bench.port.cycle(SIGNAL)).toEqual({ ok: true, value: true });
    expect(bench.plant.resets).toEqual(["ForceOff", "On"]);
    expect(bench.service.openSessions()).toBe(0);
    const logins = new Set(bench.service.asked.map(({ login }) => login));
    expect(logins.has("session")).toBe(VENDORS[vendor].sessions === "offered");
    expect(logins.has("basic")).toBe(VENDORS[vendor].sessions !== "offered");
  });
});

test.each(names)(
  "openRedfish lets the LED blink and ends it with the ways of %s, and changes nothing that is so already",
  async (vendor) => {
    await using bench = openBench(vendor, false);
    const { port, service } = bench;
    const hasNone = {
      ok: false,
      trouble: { code: "unsupported", message: "The BMC shows no LED that identifies the server." },
    };
    const expected = VENDORS[vendor].led === null ? hasNone : { ok: true, value: true };
    const changes = () =>
      service.asked
        .filter(({ line }) => line.startsWith("PATCH"))
        .map(({ line, body }) => `${line} ${JSON.stringify(body)}`);
    for (const on of [true, false]) {
      expect(await port.identify(on, SIGNAL)).toEqual(expected as never);
      expect(service.isIdentified()).toBe(on && VENDORS[vendor].led !== null);
    }
    expect(changes()).toEqual(LED_CHANGES[vendor] as string[]);
    expect(await port.identify(false, SIGNAL)).toEqual(expected as never);
    expect(changes()).toHaveLength(LED_CHANGES[vendor].length);
    expect(service.openSessions()).toBe(0);
  },
);

test("openRedfish says that an LED cannot be switched where every place refuses it, and that a busy BMC is busy", async () => {
  const refuses = (status: number) => (request: Request) =>
    request.method === "PATCH" ? Response.json({ error: { message: "The property is read-only." } }, { status }) : null;
  await using fixed = openBench("dell", true, { instead: refuses(405) });
  expect(await fixed.port.identify(true, SIGNAL)).toEqual({
    ok: false,
    trouble: {
      code: "unsupported",
      message: "The BMC did not switch its identify LED (HTTP 405). It said: The property is read-only.",
    },
  });
  await using busy = openBench("lenovo", true, { instead: refuses(503) });
  expect(await busy.port.identify(true, SIGNAL)).toMatchObject({ ok: false, trouble: { code: "busy" } });
  await using denied = openBench("lenovo", true, { instead: refuses(403) });
  expect(await denied.port.identify(true, SIGNAL)).toMatchObject({ ok: false, trouble: { code: "no-rights" } });
});

test("openRedfish refuses to go on after a wrong password, in one try", async () => {
  for (const vendor of ["dell", "minimal"] as const) {
    await using bench = openBench(vendor, false, { password: "wrong" });
    const answer = await bench.port.state(SIGNAL);
    expect(answer).toEqual({
      ok: false,
      trouble: {
        code: "refused-login",
        message: "The BMC refuses this user or password. It said: The user name or password is wrong.",
      },
    });
    expect(bench.service.asked).toHaveLength(2); // its root, and one try: more would lock the account
  }
});

test("openRedfish takes the certificate of the first contact, and sends nothing to another one", async () => {
  const certificate = createCertificate({ address: "127.0.0.1", name: "bmc" });
  await using first = openBench("dell", true, { certificate });
  await first.port.state(SIGNAL);
  await first.port.state(SIGNAL);
  expect(first.pins).toEqual([certificate.fingerprintSha256]);
  await using known = openBench("dell", true, { certificate, pin: certificate.fingerprintSha256 });
  expect(await known.port.state(SIGNAL)).toEqual({ ok: true, value: "on" });
  expect(known.pins).toEqual([]);
  await using other = openBench("dell", true, { pin: certificate.fingerprintSha256 });
  expect(await other.port.state(SIGNAL)).toMatchObject({ ok: false, trouble: { code: "other-certificate" } });
  expect(other.service.asked).toEqual([]);
});

test("openRedfish pins a certificate that has expired and was signed by a site's own CA, which no chain or date could prove", async () => {
  await needPackages(["openssl"]);
  const dir = await mkdtemp(join(tmpdir(), "vetbox-redfish-"));
  const openssl = async (...argv: readonly string[]): Promise<void> => {
    const child = Bun.spawn(["openssl", ...argv], { cwd: dir, stdout: "ignore", stderr: "pipe" });
    if ((await child.exited) !== 0) throw new Error(await new Response(child.stderr).text());
  };
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;
  try {
    await openssl("req", "-x509", ...ec, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Site CA");
    await openssl("req", ...ec, "-keyout", "bmc.key", "-out", "bmc.csr", "-subj", "/CN=idrac-7XK");
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "-1", "-out", "bmc.pem"] as const;
    await openssl("x509", "-req", "-in", "bmc.csr", ...signed);
    const cert = await readFile(join(dir, "bmc.pem"), "utf8");
    const parsed = new X509Certificate(cert);
    expect({ expired: Date.parse(parsed.validTo) < Date.now(), issuer: parsed.issuer }).toEqual({
      expired: true,
      issuer: "CN=Site CA",
    });
    const fingerprintSha256 = createHash("sha256").update(parsed.raw).digest("hex");
    const certificate = { cert, key: await readFile(join(dir, "bmc.key"), "utf8"), fingerprintSha256 };
    await using bench = openBench("dell", true, { certificate });
    expect(await bench.port.state(SIGNAL)).toEqual({ ok: true, value: "on" });
    expect(bench.pins).toEqual([fingerprintSha256]);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("openRedfish says of each kind of silence what it is", async () => {
  const dead = openBench("dell", true);
  await dead.service[Symbol.asyncDispose]();
  expect(await dead.port.state(SIGNAL)).toMatchObject({ ok: false, trouble: { code: "unreachable" } });

  await using slow = openBench("dell", true, { instead: () => new Promise<Response>(() => {}) }, 150);
  expect(await slow.port.state(SIGNAL)).toMatchObject({ ok: false, trouble: { code: "timeout" } });

  await using page = openBench("dell", true, { instead: () => new Response("<h1>It works!</h1>") });
  expect(await page.port.state(SIGNAL)).toMatchObject({ ok: false, trouble: { code: "not-a-bmc" } });

  using plain = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: (socket) => void socket.end("no\r\n") } });
  await using bench = openBench("dell", true, { port: plain.port });
  expect(await bench.port.state(SIGNAL)).toMatchObject({ ok: false, trouble: { code: "not-a-bmc" } });
});

test("openRedfish closes its session also when what it asked for fails, and tells the BMC's own words", async () => {
  const instead = (request: Request, path: string) =>
    request.method === "POST" && path.endsWith("Reset")
      ? Response.json({ error: { message: "Licence \u001b[31mmissing" } }, { status: 403 })
      : null;
  await using bench = openBench("hpe", false, { instead });
  expect(await bench.port.on(SIGNAL)).toEqual({
    ok: false,
    trouble: { code: "no-rights", message: "The BMC's user may not do On. It said: Licence missing" },
  });
  expect(bench.service.openSessions()).toBe(0);
});

test("openRedfish gives a call up when its caller does", async () => {
  const begun = Promise.withResolvers<void>();
  const instead = () => {
    begun.resolve();
    return new Promise<Response>(() => {});
  };
  await using bench = openBench("dell", true, { instead });
  const stop = new AbortController();
  const answer = bench.port.state(stop.signal);
  await begun.promise;
  stop.abort();
  expect(await answer).toMatchObject({ ok: false, trouble: { code: "timeout" } });
});
