import { expect, test } from "bun:test";
import { type BmcInput, decodeBmc } from "./power-place.ts";

const GOOD: BmcInput = { kind: "redfish", address: "10.77.0.9", user: "vetbox", password: "p4ss word" };

test("decodeBmc takes each kind with its own port, and IPv6", () => {
  expect(decodeBmc(GOOD)).toEqual({ ok: true, value: { ...GOOD, port: 443 } });
  const ipmi = { ...GOOD, kind: "ipmi", address: "FE80::1", port: undefined } as const;
  expect(decodeBmc(ipmi)).toEqual({ ok: true, value: { ...ipmi, address: "fe80::1", port: 623 } });
  expect(decodeBmc({ ...GOOD, port: 8443 })).toMatchObject({ ok: true, value: { port: 8443 } });
});

test.each([
  ["a name", { address: "bmc.example" }, "address"],
  ["a port and an address in one", { address: "10.77.0.9:443" }, "address"],
  ["no address", { address: "" }, "address"],
  ["port 0", { port: 0 }, "port"],
  ["half a port", { port: 1.5 }, "port"],
  ["no number", { port: Number.NaN }, "port"],
  ["a user with a colon", { user: "a:b" }, "user"],
  ["a user that is an option", { user: "-x" }, "user"],
  ["no user", { user: "" }, "user"],
  ["17 bytes of user for IPMI", { kind: "ipmi", user: "u".repeat(17) }, "user"],
  ["no password", { password: "" }, "password"],
  ["two lines of password", { password: "a\nb" }, "password"],
  ["21 bytes of password for IPMI", { kind: "ipmi", password: `${"é".repeat(10)}x` }, "password"],
] as const)("decodeBmc refuses %s and does not repeat the password", (_name, change, path) => {
  const answer = decodeBmc({ ...GOOD, ...change });
  expect(answer).toMatchObject({ ok: false, refusal: { code: "invalid", path } });
  expect(JSON.stringify(answer)).not.toContain(GOOD.password);
});
