import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type Server } from "node:tls";
import { needPackages } from "../test/setup/packages.ts";
import { openPinnedFetch } from "./pinned-fetch.ts";
import { Fault } from "./system/fault.ts";

interface Identity {
  readonly key: string;
  readonly cert: string;
  readonly pin: string;
}

let dir: string;
let ours: Identity;
let other: Identity;
/** Issued by ours: trusted by whoever trusts ours as an authority. */
let issued: Identity;

const openssl = (...args: string[]): void => {
  const done = Bun.spawnSync(["openssl", ...args], { cwd: dir, stderr: "pipe" });
  if (done.exitCode !== 0) throw new Error(done.stderr.toString());
};
const SAN = "subjectAltName=IP:127.0.0.1";
const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=vetbox"];
const load = (name: string): Identity => {
  const cert = readFileSync(join(dir, `${name}.crt`), "utf8");
  const der = Buffer.from(cert.replace(/-----[^-]+-----|\s/g, ""), "base64");
  return {
    key: readFileSync(join(dir, `${name}.key`), "utf8"),
    cert,
    pin: createHash("sha256").update(der).digest("hex"),
  };
};

beforeAll(async () => {
  await needPackages(["openssl"]);
  dir = mkdtempSync(join(tmpdir(), "vetbox-pin-"));
  for (const name of ["ours", "other"])
    openssl("req", "-x509", ...EC, "-keyout", `${name}.key`, "-out", `${name}.crt`, "-days", "30", "-addext", SAN);
  openssl("req", "-new", ...EC, "-keyout", "issued.key", "-out", "issued.csr");
  writeFileSync(join(dir, "san"), SAN);
  openssl(
    "x509",
    "-req",
    "-in",
    "issued.csr",
    "-CA",
    "ours.crt",
    "-CAkey",
    "ours.key",
    "-CAcreateserial",
    "-days",
    "30",
    "-extfile",
    "san",
    "-out",
    "issued.crt",
  );
  [ours, other, issued] = [load("ours"), load("other"), load("issued")];
  rmSync(dir, { recursive: true, force: true });
});

/** A raw TLS server that counts what it is sent after the handshake, and answers any HTTP. */
const listen = async ({ key, cert }: Identity, port = 0) => {
  const seen = { bytes: 0, connections: 0 };
  const gone: Promise<void>[] = [];
  const server: Server = createServer({ key, cert }, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      seen.bytes += data.length;
      socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
    });
  });
  server.on("connection", (socket: Socket) => {
    seen.connections += 1;
    gone.push(new Promise((resolve) => socket.on("close", () => resolve())));
  });
  server.on("tlsClientError", () => undefined);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  const at = (server.address() as AddressInfo).port;
  /** What was seen, when every connection so far has ended and nothing can be under way any more. */
  const atRest = async () => {
    await Promise.all(gone);
    return { ...seen };
  };
  return { atRest, close, port: at, url: `https://127.0.0.1:${at}` };
};

let servers: { close(): Promise<void> }[];
beforeEach(() => {
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.close();
});
const serve = async (identity: Identity, port?: number) => {
  const server = await listen(identity, port);
  servers.push(server);
  return server;
};

const SECRET = { method: "POST", headers: { authorization: "Bearer secret" }, body: "secret" } as const;
const post = (fetch: ReturnType<typeof openPinnedFetch>, url: string) =>
  fetch(url, { ...SECRET, signal: AbortSignal.timeout(10_000) });

describe("openPinnedFetch", () => {
  test("talks to the pinned certificate, again and again", async () => {
    const box = await serve(ours);
    const fetch = openPinnedFetch(box.url, ours.pin);
    expect(await (await post(fetch, `${box.url}/a`)).text()).toBe("ok");
    expect(await (await post(fetch, `${box.url}/b`)).text()).toBe("ok");
    expect((await box.atRest()).bytes).toBeGreaterThan(0);
  });

  test("another certificate gets not one byte of any request", async () => {
    const box = await serve(other);
    const fetch = openPinnedFetch(box.url, ours.pin);
    for (let i = 0; i < 3; i += 1) {
      const fault = await post(fetch, box.url).catch((error: unknown) => error);
      expect(fault instanceof Fault ? fault.code : fault).toBe("certificate");
    }
    expect(await box.atRest()).toEqual({ bytes: 0, connections: 3 });
  });

  test("a certificate that changes between two connections gets not one byte", async () => {
    const first = await serve(ours);
    const fetch = openPinnedFetch(first.url, ours.pin);
    await (await post(fetch, first.url)).text();
    await first.close();
    servers = [];
    const second = await serve(other, first.port);
    await expect(post(fetch, second.url)).rejects.toThrow();
    expect((await second.atRest()).bytes).toBe(0);
  });

  test("a certificate that the pinned one has issued is not the pinned one", async () => {
    const first = await serve(ours);
    const fetch = openPinnedFetch(first.url, ours.pin);
    await (await post(fetch, first.url)).text();
    await first.close();
    servers = [];
    const second = await serve(issued, first.port);
    await expect(post(fetch, second.url)).rejects.toThrow();
    expect((await second.atRest()).bytes).toBe(0);
  });

  test("the surroundings cannot switch the check off", async () => {
    const first = await serve(ours);
    const fetch = openPinnedFetch(first.url, ours.pin);
    await (await post(fetch, first.url)).text();
    await first.close();
    servers = [];
    const second = await serve(other, first.port);
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      await expect(post(fetch, second.url)).rejects.toThrow();
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
    expect((await second.atRest()).bytes).toBe(0);
  });

  test("a box that is not there yet is a network fault, and found when it comes", async () => {
    const gone = await listen(ours);
    await gone.close();
    const fetch = openPinnedFetch(gone.url, ours.pin);
    const fault = await post(fetch, gone.url).catch((error: unknown) => error);
    expect(fault instanceof Fault ? fault.code : fault).toBe("network");
    await serve(ours, gone.port);
    expect((await post(fetch, gone.url)).status).toBe(200);
  });

  test("another origin, plain HTTP and a pin that is none are refused", async () => {
    const fetch = openPinnedFetch("https://127.0.0.1:1", ours.pin);
    await expect(post(fetch, "https://127.0.0.2:1/")).rejects.toThrow("another origin");
    expect(() => openPinnedFetch("http://127.0.0.1:1", ours.pin)).toThrow("https");
    expect(() => openPinnedFetch("https://127.0.0.1:1", "abcd")).toThrow("64 hex");
  });
});
