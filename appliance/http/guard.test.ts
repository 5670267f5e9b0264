import { describe, expect, test } from "bun:test";
import { Hono } from "hono";
import type { EdgeEnv } from "./edge.ts";
import { isOwnHost, ownHostOnly, PAGE_POLICY, safeHeaders, sameSiteOnly } from "./guard.ts";

describe("isOwnHost", () => {
  for (const host of ["localhost", "localhost:8088", "127.0.0.1:8088", "127.9.9.9", "[::1]:8088", "LOCALHOST"])
    test(`lets ${host} in`, () => expect(isOwnHost(host, [])).toBe(true));
  for (const host of [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.77.0.1",
    "evil:8088",
    "",
    "[::2]",
  ])
    test(`refuses ${JSON.stringify(host)}`, () => expect(isOwnHost(host, [])).toBe(false));
  test("lets the names given in, with or without a port", () =>
    expect(["box.lan", "box.lan:443", "box.lan.evil"].map((host) => isOwnHost(host, ["box.lan"]))).toEqual([
      true,
      true,
      false,
    ]));
});

describe("guards", () => {
  const openApp = () => {
    let changes = 0;
    const app = new Hono<EdgeEnv>();
    app.use(safeHeaders, ownHostOnly([]), sameSiteOnly);
    app.get("/", (c) => c.html("<p>page</p>"));
    app.all("/change", (c) => {
      changes++;
      return c.json({});
    });
    const send = async (method: string, headers: Record<string, string>) =>
      (await app.request("http://127.0.0.1:8088/change", { method, headers })).status;
    return { app, send, changes: () => changes };
  };
  const form = "application/x-www-form-urlencoded";
  const json = "application/json";

  const REFUSED: readonly (readonly [string, string, Record<string, string>])[] = [
    [
      "a form of another site",
      "POST",
      { "content-type": form, origin: "http://evil.example", "sec-fetch-site": "cross-site" },
    ],
    ["a form of another site, old browser", "POST", { "content-type": form, origin: "http://evil.example" }],
    ["a form without origin", "POST", { "content-type": form }],
    ["a multipart form", "POST", { "content-type": "multipart/form-data; boundary=x" }],
    ["plain text (fetch no-cors)", "POST", { "content-type": "text/plain", "sec-fetch-site": "cross-site" }],
    ["plain text without origin", "POST", { "content-type": "text/plain" }],
    ["no type at all", "POST", {}],
    ["JSON of another site", "POST", { "content-type": json, origin: "http://evil.example" }],
    ["JSON of another port", "POST", { "content-type": json, origin: "http://127.0.0.1:9999" }],
    ["JSON of a sibling", "POST", { "content-type": json, "sec-fetch-site": "same-site" }],
    ["JSON with origin null", "POST", { "content-type": json, origin: "null" }],
    ["JSON with an origin that is no URL", "POST", { "content-type": json, origin: "evil" }],
    ["a type that only begins like JSON", "POST", { "content-type": "application/jsonx" }],
    ["a form with JSON's name in it", "POST", { "content-type": `${form}; application/json` }],
    ["DELETE of another site", "DELETE", { origin: "http://evil.example" }],
    ["PUT without type", "PUT", {}],
    ["PATCH of another site", "PATCH", { "content-type": json, "sec-fetch-site": "cross-site" }],
    ["a rebound name", "POST", { "content-type": json, host: "evil.example" }],
    [
      "a rebound name with its own origin",
      "POST",
      { "content-type": json, host: "evil.example", origin: "http://evil.example", "sec-fetch-site": "same-origin" },
    ],
    ["reading under a rebound name", "GET", { host: "evil.example:8088" }],
  ];
  for (const [name, method, headers] of REFUSED)
    test(`change nothing for ${name}`, async () => {
      const { send, changes } = openApp();
      expect([403, 415, 421]).toContain(await send(method, headers));
      expect(changes()).toBe(0);
    });

  const ALLOWED: readonly (readonly [string, string, Record<string, string>])[] = [
    [
      "the page's own form",
      "POST",
      {
        "content-type": form,
        host: "127.0.0.1:8088",
        origin: "http://127.0.0.1:8088",
        "sec-fetch-site": "same-origin",
      },
    ],
    ["a program's JSON", "POST", { "content-type": json }],
    ["a program's YAML", "PUT", { "content-type": "application/yaml; charset=utf-8" }],
    ["reading", "GET", { "sec-fetch-site": "cross-site" }],
  ];
  for (const [name, method, headers] of ALLOWED)
    test(`let ${name} through`, async () => expect(await openApp().send(method, headers)).toBe(200));

  test("put the policy on pages and on refusals alike", async () => {
    const { app } = openApp();
    for (const host of ["localhost", "evil.example"]) {
      const { headers } = await app.request("/", { headers: { host } });
      expect(headers.get("content-security-policy")).toBe(PAGE_POLICY);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
    }
    expect(PAGE_POLICY).not.toContain("unsafe");
  });
});
