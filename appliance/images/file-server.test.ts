import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileServer, openFileServer, type Transfer } from "./file-server.ts";

const SHA = "a".repeat(64);
const BASE = `/image/525400770001/${SHA}`;
/** Fits into no pair of socket buffers, so a reader that stops is noticed. */
const ROOT = new Uint8Array(64 * 1024 * 1024).map((_, i) => i * 31);
/** Fits into them whole, so only its acknowledgement tells that it arrived. */
const INITRD = new Uint8Array(1_100_000).map((_, i) => i * 7);

let dir: string;
let server: FileServer;
let origin: string;
let told: Transfer[];
const unreadable: string[] = [];
let onTold: () => void = () => {};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-files-"));
  writeFileSync(join(dir, "root.cpio"), ROOT);
  writeFileSync(join(dir, "initrd.img"), INITRD);
  writeFileSync(join(dir, "secret"), "secret");
  server = await openFileServer({
    hostname: "127.0.0.1",
    port: 0,
    files: [
      { kind: "image", step: "root", sha256: SHA, path: join(dir, "root.cpio") },
      { kind: "image", step: "initrd", sha256: SHA, path: join(dir, "initrd.img") },
      { kind: "image", step: "kernel", sha256: SHA, path: join(dir, "missing") },
      { kind: "loader", name: "snponly.efi", path: join(dir, "initrd.img") },
    ],
    onUnreadable: (path) => unreadable.push(path),
    onTransfer: (transfer) => {
      told.push(transfer);
      onTold();
    },
  });
  origin = `http://127.0.0.1:${server.port}`;
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  told = [];
});

/** The report of a transfer's phase, however long it takes. */
const reported = (phase: Transfer["phase"]): Promise<Transfer> =>
  new Promise((resolve) => {
    const look = () => {
      const transfer = told.find((t) => t.phase === phase);
      if (transfer !== undefined) resolve(transfer);
    };
    onTold = look;
    look();
  });
const ended = () => reported("ended");

/** A host that asks for a path, and what it does when the first bytes come. */
const ask = (path: string, onBytes: (socket: Socket) => void, port = server.port): void => {
  const socket = connect(port, "127.0.0.1", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: box\r\n\r\n`));
  socket.once("data", () => onBytes(socket));
  socket.on("error", () => {}); // it breaks off on purpose
};

describe("openFileServer", () => {
  test("sends a file byte for byte and reports its begin and its complete end", async () => {
    const got = await fetch(`${origin}${BASE}/root`);
    expect(got.headers.get("content-length")).toBe(String(ROOT.length));
    expect(Bun.SHA256.hash(await got.bytes(), "hex")).toBe(Bun.SHA256.hash(ROOT, "hex"));
    const what = { mac: "52:54:00:77:00:01", address: "127.0.0.1", file: "root", name: "root", sizeBytes: ROOT.length };
    expect(await ended()).toMatchObject({ ...what, phase: "ended", sentBytes: ROOT.length, complete: true });
    expect(told[0]).toEqual({ ...what, phase: "begun", sentBytes: 0, durationMs: 0, complete: false } as Transfer);
    expect(told).toHaveLength(2);
  });

  test("reports a transfer that the host broke off", async () => {
    ask(`${BASE}/root`, (socket) => socket.destroy());
    const end = await ended();
    expect(end.complete).toBe(false);
    expect(end.sentBytes).toBeLessThan(ROOT.length);
  });

  test("reports a host that took nothing of a file which fits into the socket's buffers", async () => {
    // It never reads: its kernel takes what its window at the beginning allows, a twentieth of the file, and the rest waits in ours.
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.pause();
      socket.write(`GET ${BASE}/initrd HTTP/1.1\r\nHost: box\r\n\r\n`);
    });
    socket.on("error", () => {});
    await reported("begun");
    socket.resetAndDestroy();
    expect((await ended()).complete).toBe(false);
  });

  test("gives up a host that takes nothing more and stays connected", async () => {
    const end = Promise.withResolvers<Transfer>();
    await using impatient = await openFileServer({
      hostname: "127.0.0.1",
      port: 0,
      stallMs: 200,
      files: [{ kind: "image", step: "root", sha256: SHA, path: join(dir, "root.cpio") }],
      onTransfer: (transfer) => transfer.phase === "ended" && end.resolve(transfer),
      onUnreadable: (path) => unreadable.push(path),
    });
    ask(`${BASE}/root`, (socket) => socket.pause(), impatient.port);
    expect((await end.promise).complete).toBe(false);
  });

  test("knows no MAC for a loader, and a loader is complete when it is", async () => {
    await (await fetch(`${origin}/loaders/snponly.efi`)).bytes();
    expect(await ended()).toMatchObject({ mac: null, file: "loader", name: "snponly.efi", complete: true });
  });

  test("answers HEAD with the file's length and reports nothing", async () => {
    const head = await fetch(`${origin}/loaders/snponly.efi`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(INITRD.length)]);
    expect(told).toEqual([]);
  });

  test("answers a range, which never counts as a complete file", async () => {
    const part = await fetch(`${origin}${BASE}/initrd`, { headers: { range: "bytes=1000-1999" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 1000-1999/${INITRD.length}`]);
    expect(await part.bytes()).toEqual(INITRD.slice(1000, 2000));
    expect((await ended()).complete).toBe(false);
    const beyond = await fetch(`${origin}${BASE}/initrd`, { headers: { range: `bytes=${INITRD.length}-` } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${INITRD.length}`]);
  });

  test("serves its table and nothing else", async () => {
    const paths = [
      "/",
      "/secret",
      "/loaders/secret",
      "/loaders/../secret",
      "/loaders/..%2fsecret",
      "/loaders/%2e%2e/secret",
      "/loaders/ipxe.efi",
      `${BASE}/root/..%2f..%2fsecret`,
      `/image/525400770001/${"b".repeat(64)}/root`,
      `/image/../../../../etc/passwd`,
      `${join(dir, "secret")}`,
    ];
    for (const path of paths) expect([path, (await fetch(`${origin}${path}`)).status]).toEqual([path, 404]);
    expect((await fetch(`${origin}${BASE}/root`, { method: "POST" })).status).toBe(405);
    expect(told).toEqual([]);
  });

  test("answers 500 for a file that is gone, and says which", async () => {
    expect((await fetch(`${origin}${BASE}/kernel`)).status).toBe(500);
    expect(unreadable).toEqual([join(dir, "missing")]);
  });

  test("serves eight hosts at once, each whole", async () => {
    const hashes = await Promise.all(
      Array.from({ length: 8 }, async () =>
        Bun.SHA256.hash(await (await fetch(`${origin}${BASE}/root`)).bytes(), "hex"),
      ),
    );
    expect(new Set(hashes)).toEqual(new Set([Bun.SHA256.hash(ROOT, "hex")]));
  });
});
