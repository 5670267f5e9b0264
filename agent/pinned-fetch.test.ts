import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server } from "node:tls";
import { needPackages } from "../test/setup/packages.ts";
import { type FakeCertificate, makeCertificates } from "./fakes/certificate.ts";
import { openPinnedFetch } from "./pinned-fetch.ts";
import { Fault } from "./system/fault.ts";

let ours: FakeCertificate;
let other: FakeCertificate;
let issued: FakeCertificate;
beforeAll(async () => {
  await needPackages(["openssl"]);
  ({ ours, other, issued } = makeCertificates());
});

/** A raw TLS server that counts what it is sent after the handshake, and answers any HTTP. */
const listen = async ({ key, cert }: FakeCertificate, port = 0) => {
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
const serve = async (identity: FakeCertificate, port?: number) => {
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
