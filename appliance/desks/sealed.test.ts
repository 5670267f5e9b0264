import { expect, test } from "bun:test";
import fc from "fast-check";
import { systemRandom } from "../../agent/system/random.ts";
import { openPassword, sealPassword } from "./sealed.ts";

const KEY = new Uint8Array(32).fill(7);
const PLACE = { hostId: "h1", kind: "redfish", address: "10.77.0.9", port: 443, user: "vetbox" } as const;

test("openPassword gives back any password that sealPassword sealed, which is never twice the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (password) => {
      const [one, two] = [1, 2].map(() => sealPassword(KEY, systemRandom, PLACE, password));
      if (one === undefined || two === undefined) throw new Error("two were sealed");
      expect(openPassword(KEY, PLACE, one)).toBe(password.toWellFormed());
      expect(one.equals(two)).toBe(false);
    }),
  );
});

test("openPassword opens for no other host, address, port, user or kind, and with no other key", () => {
  const sealed = sealPassword(KEY, systemRandom, PLACE, "s3cret");
  const others = [
    { hostId: "h2" },
    { kind: "ipmi" },
    { address: "10.77.0.66" },
    { port: 444 },
    { user: "root" },
  ] as const;
  expect(others.map((other) => openPassword(KEY, { ...PLACE, ...other }, sealed))).toEqual(others.map(() => null));
  expect(openPassword(new Uint8Array(32).fill(8), PLACE, sealed)).toBeNull();
});

test("openPassword opens nothing of which one bit was changed, or that is cut short", () => {
  const sealed = sealPassword(KEY, systemRandom, PLACE, "s3cret");
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const changed = Uint8Array.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(openPassword(KEY, PLACE, changed)).toBeNull();
  }
  for (let length = 0; length < sealed.length; length += 1)
    expect(openPassword(KEY, PLACE, sealed.subarray(0, length))).toBeNull();
});
