import { describe, expect, test } from "bun:test";
import type { BootEvent } from "../core/boot.ts";
import { createBootApp, type LoaderFacts, parseMac } from "./boot-app.ts";
import { fakeEdge, fakeLog } from "./fake-desk.ts";

const MAC = "52:54:00:aa:00:01";

const openApp = (script: (mac: string) => Promise<string | null>) => {
  const asked: [string, LoaderFacts][] = [];
  const seen: BootEvent[] = [];
  const { log, lines } = fakeLog();
  const app = createBootApp({
    bootScript: (mac, loader) => {
      asked.push([mac, loader]);
      return script(mac);
    },
    boots: { seen: async (event) => void seen.push(event) },
    log,
    nowMs: () => 42,
  });
  const get = (path: string, init: RequestInit = {}) => app.request(path, init, fakeEdge());
  return { get, asked, seen, lines };
};

describe("parseMac", () => {
  for (const text of ["52:54:00:aa:00:01", "52-54-00-AA-00-01", "52:54:00:AA:00:01", "525400aa0001"])
    test(`reads ${text}`, () => expect(parseMac(text)).toBe(MAC));
  for (const text of [
    "",
    "52:54:00:aa:00",
    "52:54:00:aa:00:01:02",
    "52-54:00:aa:00:01",
    "5g:54:00:aa:00:01",
    `${MAC}\n`,
  ])
    test(`refuses ${JSON.stringify(text)}`, () => expect(parseMac(text)).toBeNull());
});

describe("createBootApp", () => {
  test("gives a MAC its script, whatever way the loader writes it, and records what the loader said", async () => {
    const { get, asked, seen } = openApp(async (mac) => `#!ipxe\necho ${mac}\n`);
    const answer = await get("/ipxe/52%3A54%3A00%3AAA%3A00%3A01?platform=efi&buildarch=x86_64&version=1.21.1", {
      headers: { "user-agent": "iPXE/1.21.1" },
    });
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      200,
      "text/plain; charset=utf-8",
      `#!ipxe\necho ${MAC}\n`,
    ]);
    expect(asked).toEqual([[MAC, { userAgent: "iPXE/1.21.1", platform: "efi", arch: "x86_64" }]]);
    expect(seen).toEqual([
      { mac: MAC, step: "script", atMs: 42, detail: "iPXE/1.21.1 efi x86_64 1.21.1", complete: true },
    ]);
    expect((await get("/ipxe/52-54-00-aa-00-01")).status).toBe(200);
  });

  test("gives an unknown MAC nothing to boot, and records that it asked", async () => {
    const { get, seen } = openApp(async () => null);
    const answer = await get(`/ipxe/${MAC}`);
    expect([answer.status, (await answer.text()).startsWith("#!ipxe")]).toEqual([404, false]);
    expect(seen).toEqual([{ mac: MAC, step: "script", atMs: 42, detail: "", complete: false }]);
  });

  test("mints nothing for HEAD, for a POST, or for what is no MAC", async () => {
    const { get, asked, seen } = openApp(async () => "#!ipxe\n");
    expect((await get(`/ipxe/${MAC}`, { method: "HEAD" })).status).toBe(405);
    expect((await get(`/ipxe/${MAC}`, { method: "POST" })).status).toBe(404);
    for (const path of ["/ipxe/x", "/ipxe/..%2f..%2fetc", "/ipxe/", "/"]) expect((await get(path)).status).toBe(404);
    expect([asked, seen]).toEqual([[], []]);
  });

  test("cleans what a hostile loader says", async () => {
    const { get, asked } = openApp(async () => "#!ipxe\n");
    await get(`/ipxe/${MAC}?platform=efi%0Achain%20evil&buildarch=${"x".repeat(500)}`);
    expect(asked[0]?.[1].platform).toBe("efichain evil");
    expect(asked[0]?.[1].arch).toHaveLength(64);
  });

  test("tells a fault in one line and logs it", async () => {
    const { get, lines } = openApp(async () => {
      throw new Error("no image at /data/images");
    });
    const answer = await get(`/ipxe/${MAC}`);
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining("/data")]);
    expect(lines.join("")).toContain("/data/images");
  });
});
