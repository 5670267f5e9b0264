import { expect, test } from "bun:test";
import { openRegisters } from "./i2c-targets.ts";
import { openTinyUsb } from "./i2c-tiny-usb.ts";
import { openWires } from "./i2c-wires.ts";

const NONE = new Uint8Array();

const openBench = () => {
  const wires = openWires();
  const registers = openRegisters();
  wires.connect(0x50, registers);
  const device = openTinyUsb(wires);
  const ask = (type: number, request: number, index: number, length: number, body = NONE) => {
    const answer = device.control({ type, request, value: 0, index, length }, body);
    return answer === "stall" ? answer : answer.toHex();
  };
  return {
    device,
    wires,
    registers,
    write: (request: number, address: number, ...bytes: readonly number[]) =>
      ask(0x41, request, address, bytes.length, Uint8Array.from(bytes)),
    read: (request: number, address: number, count: number) => ask(0xc1, request, address, count),
  };
};

test("openTinyUsb names plain I2C and the SMBus that Linux makes of it as its functions", () => {
  expect(openBench().read(1, 0, 4)).toBe("01" + "00ff0e");
});

test("openTinyUsb writes and reads transfers of any length, with start and stop of any kind", () => {
  const { write, read, registers } = openBench();
  write(4 + 3, 0x50, 0, ...Array.from({ length: 200 }, (_, index) => index));
  expect(read(3, 0, 1)).toBe("01");
  expect([registers.bytes[5], registers.bytes[199]]).toEqual([5, 199]);
  write(4 + 1, 0x50, 100);
  expect(read(4 + 3, 0x50, 100)).toBe(registers.bytes.slice(100, 200).toHex());
  expect(read(3, 0, 1)).toBe("01");
});

test("openTinyUsb tells that nobody acknowledged, by its status; the bytes of such a read are ones", () => {
  const { write, read } = openBench();
  expect(read(3, 0, 1)).toBe("00");
  write(7, 0x51, 1);
  expect(read(3, 0, 1)).toBe("02");
  write(7, 0x50, 1);
  expect(read(3, 0, 1)).toBe("01");
  expect(read(7, 0x51, 2)).toBe("ffff");
  expect(read(3, 0, 1)).toBe("02");
});

test("openTinyUsb: a transfer of no bytes asks whether somebody is there", () => {
  const { write, read } = openBench();
  write(7, 0x50);
  expect(read(3, 0, 1)).toBe("01");
});

test("openTinyUsb stalls at what its firmware does not know, and is idle again after a reset", () => {
  const { device, write, read } = openBench();
  expect([write(9, 0x50, 1), read(8, 0, 1)]).toEqual(["stall", "stall"]);
  expect(device.control({ type: 0xa1, request: 1, value: 0x300, index: 0, length: 4 }, NONE)).toBe("stall");
  write(7, 0x50, 1);
  device.reset?.();
  expect(read(3, 0, 1)).toBe("00");
});

test("I2cWires.refuseEvery: every so many-th transfer is not acknowledged, from the call on, until 0", () => {
  const { wires } = openBench();
  wires.write(0x50, NONE);
  wires.refuseEvery(3);
  expect([1, 2, 3, 4, 5, 6].map(() => wires.write(0x50, NONE))).toEqual([true, true, false, true, true, false]);
  wires.refuseEvery(0);
  expect([1, 2, 3].map(() => wires.read(0x50, 1)?.length)).toEqual([1, 1, 1]);
  wires.disconnect(0x50);
  expect(wires.read(0x50, 1)).toBeNull();
});
