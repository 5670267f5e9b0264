import { expect, test } from "bun:test";
import fc from "fast-check";
import { openCp2112 } from "./cp2112.ts";
import { openRegisters } from "./i2c-targets.ts";
import { openWires } from "./i2c-wires.ts";
import type { Setup } from "./protocol.ts";

const GET = { type: 0xa1, request: 1, index: 0, length: 64 };
const SET = { type: 0x21, request: 9, index: 0 };

/** A model with registers at 0x50, and what the host does with it. */
const openBench = () => {
  const wires = openWires();
  const registers = openRegisters();
  wires.connect(0x50, registers);
  const device = openCp2112(wires);
  const reports: string[] = [];
  const bench = {
    wires,
    registers,
    device,
    reports,
    /** Sends a report to the OUT endpoint. */
    out: (hex: string) => device.receive?.(2, Uint8Array.fromHex(hex.replaceAll(" ", ""))),
    /** Asks for the next report; it is in `reports` once it came, without its zeros at the end. */
    awaitReport: () =>
      device.awaitData?.(1, (data) => {
        expect(data).toHaveLength(64);
        reports.push(data.toHex().replace(/(00)+$/, ""));
      }),
    getFeature: (id: number) => {
      const answer = device.control({ ...GET, value: 0x300 | id } as Setup, new Uint8Array());
      return answer === "stall" ? answer : answer.toHex();
    },
    setFeature: (hex: string) => {
      const body = Uint8Array.fromHex(hex.replaceAll(" ", ""));
      const answer = device.control({ ...SET, value: 0x300 | (body[0] ?? 0), length: body.length }, body);
      return answer === "stall" ? answer : answer.toHex();
    },
  };
  return bench;
};

test("openCp2112 tells its version, its bus and its lines: all inputs, all high", () => {
  const { getFeature } = openBench();
  expect(getFeature(5)).toBe("050c02");
  expect(getFeature(6)).toBe("060001" + "86a0" + "020000000000000001");
  expect(getFeature(2)).toBe("0200000000");
  expect(getFeature(3)).toBe("03ff");
  expect(getFeature(4)).toBe("stall");
});

test("Cp2112.setLine moves an input alone; an output follows its latch", () => {
  const { device, getFeature, setFeature } = openBench();
  device.setLine(0, 0);
  device.setLine(7, 0);
  expect(getFeature(3)).toBe("037e");
  expect(setFeature("02 81 81 00 00")).toBe("");
  expect(getFeature(2)).toBe("0281810000");
  expect(getFeature(3)).toBe("037e"); // the latch is low after reset
  expect(setFeature("04 ff 80")).toBe("");
  expect([getFeature(3), device.line(7), device.line(0)]).toEqual(["03fe", 1, 0]);
  device.setLine(7, 0);
  device.setLine(0, 1);
  expect(getFeature(3)).toBe("03fe");
  device.reset?.();
  expect([getFeature(2), getFeature(3)]).toEqual(["0200000000", "037f"]);
});

test("openCp2112 writes, and tells that it is done and how much", () => {
  const { out, awaitReport, reports, registers, wires } = openBench();
  out("14 a0 03 10 aa bb");
  expect([...registers.bytes.subarray(0x0f, 0x13)]).toEqual([0, 0xaa, 0xbb, 0]);
  awaitReport();
  expect(reports).toEqual([]);
  out("15 01");
  expect(reports).toEqual(["16020500000003"]);
  expect(wires.transfers).toEqual([{ address: 0x50, kind: "write", sizeBytes: 3, acknowledged: true }]);
});

test("openCp2112 tells when nobody acknowledges: an error for want of an acknowledgement", () => {
  const { out, awaitReport, reports } = openBench();
  out("14 a2 01 10");
  out("15 01");
  awaitReport();
  out("10 a2 0001");
  out("15 01");
  awaitReport();
  expect(reports).toEqual(["1603", "1603"]);
});

test("openCp2112 reads what was asked for in reports of at most 61 bytes", () => {
  const { out, awaitReport, reports, registers } = openBench();
  registers.bytes.set(Array.from({ length: 100 }, (_, index) => index + 1));
  out("11 a0 0046 01 00");
  out("15 01");
  out("12 0046");
  out("12 0009");
  for (let count = 0; count < 3; count += 1) awaitReport();
  const counted = (from: number, to: number) =>
    Uint8Array.from({ length: to - from + 1 }, (_, index) => from + index).toHex();
  expect(reports).toEqual(["16020500000046", `13023d${counted(1, 61)}`, `130209${counted(62, 70)}`]);
});

test("openCp2112 forgets a transfer that is cancelled", () => {
  const { out, awaitReport, reports } = openBench();
  out("10 a0 0002");
  out("17 01");
  out("15 01");
  out("12 0002");
  awaitReport();
  awaitReport();
  expect(reports).toEqual(["16", "13"]);
});

test.each([
  ["a write of nothing", "14 a0 00"],
  ["a write that is shorter than it says", "14 a0 05 01"],
  ["a write of 62 bytes", `14 a0 3e ${"00".repeat(62)}`],
  ["a read of nothing", "10 a0 0000"],
  ["a read of 513 bytes", "10 a0 0201"],
  ["a register's address of 17 bytes", `11 a0 0001 11 ${"00".repeat(17)}`],
  ["a report that is none", "99"],
  ["no report", ""],
])("openCp2112 ignores %s", (_name, report) => {
  const { out, wires } = openBench();
  out(report);
  expect(wires.transfers).toEqual([]);
});

test("openCp2112 stalls at features that are too short or not its own", () => {
  const { setFeature, getFeature } = openBench();
  for (const report of ["02 ff", "04 ff", "06 00", "05 00 00", "33 01"]) expect(setFeature(report)).toBe("stall");
  expect(getFeature(2)).toBe("0200000000");
});

test("openCp2112: no report and no feature, whatever is in it, breaks the model", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(0xffff), (noise, value) => {
      const { device, getFeature } = openBench();
      device.receive?.(2, noise);
      device.control({ ...SET, value, length: noise.length }, noise);
      expect(getFeature(3)).toMatch(/^03[0-9a-f]{2}$/);
    }),
  );
});

test("openCp2112: an end of the wait takes that waiter alone out of the line", () => {
  const { device, out } = openBench();
  const got: string[] = [];
  const cancel = device.awaitData?.(1, () => got.push("first"));
  device.awaitData?.(1, () => got.push("second"));
  cancel?.();
  out("15 01");
  expect(got).toEqual(["second"]);
});
