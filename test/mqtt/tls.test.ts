/** TLS to a real broker: by its authority, with a client certificate, and what is said where one of them does not fit. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needPackages } from "../setup/packages.ts";
import { type Mosquitto, openMosquitto } from "./mosquitto.ts";
import { openSiteBox } from "./site-box.ts";

setDefaultTimeout(60_000);

let dir: string;
let plain: Mosquitto;
let mutual: Mosquitto;

/** A certificate signed by an authority of the folder. */
const sign = async (name: string, authority: string, subject: string, extension: string): Promise<void> => {
  const path = join(dir, name);
  const by = join(dir, authority);
  await Bun.write(`${path}.ext`, extension);
  await Bun.$`openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${path}.key -out ${path}.csr -subj ${subject}`.quiet();
  await Bun.$`openssl x509 -req -in ${path}.csr -CA ${by}.crt -CAkey ${by}.key -CAcreateserial -days 2 -extfile ${path}.ext -out ${path}.crt`.quiet();
};
const found = async (name: string): Promise<void> => {
  const path = join(dir, name);
  await Bun.$`openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${path}.key -out ${path}.crt -days 2 -subj ${`/CN=${name}`}`.quiet();
};

beforeAll(async () => {
  await needPackages(["mosquitto", "openssl"]);
  dir = await mkdtemp(join(tmpdir(), "vetbox-mqtt-tls-"));
  await Promise.all([found("site-ca"), found("other-ca")]);
  await sign("broker", "site-ca", "/CN=broker", "subjectAltName=IP:127.0.0.1");
  await sign("box-a", "site-ca", "/CN=box-a", "extendedKeyUsage=clientAuth");
  const tls = [`cafile ${dir}/site-ca.crt`, `certfile ${dir}/broker.crt`, `keyfile ${dir}/broker.key`];
  plain = await openMosquitto({ dir: join(dir, "plain"), listener: tls });
  mutual = await openMosquitto({
    dir: join(dir, "mutual"),
    lines: ["allow_anonymous false"],
    listener: [...tls, "require_certificate true", "use_identity_as_username true"],
  });
}, 300_000);
afterAll(async () => {
  await Promise.all([plain?.kill(), mutual?.kill()]);
  await rm(dir, { recursive: true, force: true });
});

/** The first line of a box's log about its broker. */
const outcome = async (port: number, mqtt: Readonly<Record<string, unknown>>, host = "127.0.0.1"): Promise<string> => {
  await using site = await openSiteBox({ mqtt: { url: `mqtts://${host}:${port}`, ...mqtt } });
  const line = JSON.parse(await site.logged("MQTT"));
  return line.trouble ?? line.msg;
};
const file = (name: string): string => join(dir, name);

describe("openMqtt over TLS", () => {
  test("connects to a broker whose certificate the authority has signed", async () => {
    expect(await outcome(plain.port, { ca: file("site-ca.crt") })).toBe("MQTT: connected");
  });

  test("does not connect to one that another authority has signed, and says so", async () => {
    expect(await outcome(plain.port, { ca: file("other-ca.crt") })).toContain(
      "its certificate is not signed by the authority in ca",
    );
  });

  test("does not connect without an authority to one that the system does not trust", async () => {
    expect(await outcome(plain.port, {})).toContain("certificate");
  });

  test("does not connect to one under another name", async () => {
    expect(await outcome(plain.port, { ca: file("site-ca.crt") }, "localhost")).toContain(
      "its certificate is for another name",
    );
  });

  test("names the file that is not there", async () => {
    expect(await outcome(plain.port, { ca: file("no-ca.crt") })).toBe(`${file("no-ca.crt")} cannot be read`);
  });

  test("shows the box's own certificate where the broker wants one", async () => {
    const ca = file("site-ca.crt");
    expect(await outcome(mutual.port, { ca, cert: file("box-a.crt"), key: file("box-a.key") })).toBe("MQTT: connected");
  });

  test("is refused without one, and says what may be the matter", async () => {
    expect(await outcome(mutual.port, { ca: file("site-ca.crt") })).toMatch(
      /client certificate|connection was (reset|closed)/,
    );
  });
});
