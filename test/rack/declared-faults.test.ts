import { expect, test } from "bun:test";
import { decodeFault } from "./declared-faults.ts";

test("decodeFault fills in the defaults, and reads places and lengths", () => {
  expect(decodeFault({ kind: "io-error", disk: "D1", at: "-1 MiB", length: "4 KiB" })).toEqual({
    ...{ kind: "io-error", disk: "D1", at: -1_048_576, length: 4096, on: "both" },
  });
  expect(decodeFault({ kind: "cable", lossPercent: 5 })).toEqual({ kind: "cable", nic: 0, lossPercent: 5 });
  expect(decodeFault({ kind: "mce" })).toMatchObject({ severity: "corrected", cpu: 0, bank: 9 });
});

test.each([
  [{ kind: "fire" }, "kind"],
  [{ kind: "toString" }, "kind"],
  [{}, "kind"],
  [{ kind: "io-error", disk: "D1", at: "1 KB", length: "4 KiB" }, "at"],
  [{ kind: "io-error", disk: "D1", at: "0 B", length: "100 B" }, "length"],
  [{ kind: "stall", disk: "../etc" }, "disk"],
  [{ kind: "stall", disk: "D1", speed: 1 }, "speed"],
  [{ kind: "nvme-warning", disk: "D1", warnings: ["spare", "rust"] }, "warnings.1"],
  [{ kind: "drive", disk: "D1", protocol: "ata" }, "protocol"],
  [{ kind: "drive", disk: "D1", selfTest: { outcome: "odd" } }, "selfTest.outcome"],
  [{ kind: "psu", psu: "PSU1", fault: "tired" }, "fault"],
  [{ kind: "mce", address: "1234" }, "address"],
  [{ kind: "aer", slot: 1, error: "BAD_TLP" }, "error"],
])("decodeFault refuses %j at %s", (input: Readonly<Record<string, unknown>>, place) => {
  expect(() => decodeFault(input)).toThrow(expect.objectContaining({ code: "invalid", place }));
});
