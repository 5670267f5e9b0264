import { expect, test } from "bun:test";
import { encodeLldpFrame } from "./lldp-frame.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (words: string): string => Buffer.from(words).toString("hex");

test("encodeLldpFrame, byte by byte as in IEEE 802.1AB", () => {
  const frame = encodeLldpFrame({
    ...{ system: "tor-1", chassisMac: "02:00:00:00:00:99", port: "Ethernet12", portDescription: "rack 7", vlanId: 300 },
  });
  expect(hex(frame)).toBe(
    [
      "0180c200000e 020000000099 88cc",
      "0207 04 020000000099", // chassis: kind 1, 7 bytes, a MAC
      `040b 05 ${text("Ethernet12")}`, // port: kind 2, 11 bytes, an interface's name
      "0602 0078", // kind 3: 120 s
      `0806 ${text("rack 7")}`,
      `0a05 ${text("tor-1")}`,
      "fe06 0080c2 01 012c", // kind 127: port VLAN 300
      "0000",
    ]
      .join("")
      .replaceAll(" ", ""),
  );
});

test("encodeLldpFrame: a short frame has Ethernet's least length, filled with zeros", () => {
  const frame = encodeLldpFrame({ system: "s", chassisMac: "02:00:00:00:00:99", port: "1" });
  expect(frame.length).toBe(60);
  expect(hex(frame).endsWith(`0a01${text("s")}0000${"00".repeat(60 - 14 - 9 - 4 - 4 - 3 - 2)}`)).toBe(true);
});
