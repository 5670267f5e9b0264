import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseOffer, renderDiscover } from "./dhcp-probe.ts";

const TRANSACTION = 0xdeadbeef;

/** An answer with these options: of a server to the question of this transaction, unless told otherwise. */
const answer = (options: readonly number[], { op = 2, transaction = TRANSACTION, cookie = 0x63825363 } = {}) => {
  const packet = new Uint8Array(240 + options.length);
  const view = new DataView(packet.buffer);
  packet[0] = op;
  view.setUint32(4, transaction);
  view.setUint32(236, cookie);
  packet.set(options, 240);
  return packet;
};

const OFFER = [53, 1, 2];
const SERVER = [54, 4, 10, 77, 0, 9];

describe("renderDiscover", () => {
  test("is a broadcast DHCPDISCOVER of an Ethernet card, with its MAC, as firmware asks (RFC 2131, 4578)", () => {
    const packet = renderDiscover("52:54:00:a1:b2:c3", TRANSACTION);
    const view = new DataView(packet.buffer);
    expect([...packet.subarray(0, 4)]).toEqual([1, 1, 6, 0]);
    expect([view.getUint32(4), view.getUint16(10), view.getUint32(236)]).toEqual([TRANSACTION, 0x8000, 0x63825363]);
    expect(packet.subarray(28, 34).toHex()).toBe("525400a1b2c3");
    expect([...packet.subarray(240, 243)]).toEqual([53, 1, 1]);
    expect(new TextDecoder().decode(packet)).toContain("PXEClient:Arch:00007");
    expect(packet.length).toBeGreaterThanOrEqual(300);
  });

  test("is no answer to itself: it comes back to whoever broadcast it", () => {
    expect(parseOffer(renderDiscover("52:54:00:a1:b2:c3", TRANSACTION), TRANSACTION)).toBeNull();
  });
});

describe("parseOffer", () => {
  test.each<[string, Uint8Array, string | null]>([
    ["an offer names its server", answer([...OFFER, ...SERVER, 255]), "10.77.0.9"],
    ["in any order, between fillings", answer([0, 0, ...SERVER, 0, ...OFFER, 255]), "10.77.0.9"],
    ["without an end", answer([...OFFER, ...SERVER]), "10.77.0.9"],
    ["the first of two servers holds", answer([...OFFER, ...SERVER, 54, 4, 1, 2, 3, 4, 255]), "10.77.0.9"],
    ["another transaction's", answer([...OFFER, ...SERVER, 255], { transaction: 1 }), null],
    ["a client's", answer([...OFFER, ...SERVER, 255], { op: 1 }), null],
    ["plain BOOTP", answer([...OFFER, ...SERVER, 255], { cookie: 0 }), null],
    ["an acknowledgement", answer([53, 1, 5, ...SERVER, 255]), null],
    ["no server", answer([...OFFER, 255]), null],
    ["a server that is cut off", answer([...OFFER, 54, 4, 10, 77]), null],
    ["a server of another length", answer([...OFFER, 54, 3, 10, 77, 0, 255]), null],
    ["what comes after the end", answer([255, ...OFFER, ...SERVER]), null],
    ["nothing", new Uint8Array(), null],
  ])("%s", (_what, packet, server) => {
    expect(parseOffer(packet, TRANSACTION)).toBe(server);
  });

  test("answers for any bytes, also in the middle of a larger buffer, and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.uint8Array({ maxLength: 60 }), (noise, options) => {
        parseOffer(noise, TRANSACTION);
        const packet = answer([...options]);
        const inside = new Uint8Array(packet.length + 7);
        inside.set(packet, 7);
        expect(parseOffer(inside.subarray(7), TRANSACTION)).toBe(parseOffer(packet, TRANSACTION));
      }),
    );
  });
});
