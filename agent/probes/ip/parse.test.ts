import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { parseIp } from "./parse.ts";

const fixture = (name: string) => Bun.file(join(import.meta.dir, "fixtures", name)).text();
const inet = (address: string, prefixBits: number) => ({
  family: "inet" as const,
  address,
  prefixBits,
  scope: "global",
});

describe("parseIp", () => {
  test("recorded: three addresses of one interface in the kernel's order", async () => {
    expect(parseIp(await fixture("veth.json"))).toEqual({
      ok: true,
      facts: [{ name: "e0", addresses: [inet("10.9.0.1", 24), inet("198.18.3.1", 30), inet("10.9.0.7", 24)] }],
    });
  });

  test("recorded: the link-local address of the other family", async () => {
    const parsed = parseIp(await fixture("both-families.json"));
    expect(parsed.ok && parsed.facts[0]?.addresses.at(-1)).toEqual({
      ...{ family: "inet6", address: "fe80::5054:ff:fe77:a", prefixBits: 64, scope: "link" },
    });
  });

  test("recorded: an interface without an address is not in the list", async () => {
    expect(parseIp(await fixture("none.json"))).toEqual({ ok: true, facts: [] });
  });

  test("empty objects and addresses that are none are left out", () => {
    const text = JSON.stringify([
      {},
      { ifname: "e0", addr_info: [{}, { family: "inet", local: "$(reboot)", prefixlen: 24 }, { family: "inet" }, 7] },
    ]);
    expect(parseIp(text)).toEqual({ ok: true, facts: [{ name: "e0", addresses: [] }] });
  });

  test("what is no list of interfaces says so", () => {
    for (const text of ["", 'Device "e0" does not exist.', "{}", "[{"]) expect(parseIp(text).ok).toBe(false);
  });
});
