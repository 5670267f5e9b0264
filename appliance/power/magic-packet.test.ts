import { expect, test } from "bun:test";
import { renderMagicPacket, renderWakeFrame } from "./magic-packet.ts";

const MAC = "52:54:00:77:00:42";
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("renderMagicPacket is six FF and the MAC sixteen times", () => {
  expect(hex(renderMagicPacket(MAC))).toBe("ff".repeat(6) + "525400770042".repeat(16));
});

test("renderWakeFrame is the packet to all, from the box, with Wake-on-LAN's EtherType", () => {
  const frame = hex(renderWakeFrame(MAC, "02:00:00:00:00:01"));
  expect(frame).toBe(`ffffffffffff0200000000010842${hex(renderMagicPacket(MAC))}`);
});

test.each(["", "52:54:00:77:00", "52-54-00-77-00-42", "52:54:00:77:00:4G", "52:54:00:77:00:42:00"])(
  "renderMagicPacket refuses %j",
  (mac) => {
    expect(() => renderMagicPacket(mac)).toThrow(RangeError);
  },
);
