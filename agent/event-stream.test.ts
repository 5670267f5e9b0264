import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createEventReader } from "./event-stream.ts";

const TEXT =
  'retry: 2000\n\n: ping\n\nid: 7\nevent: command\ndata: {"id":7}\n\ndata: one\r\ndata:two\r\n\r\nid\ndata: last\r\r';
const EVENTS = [
  { id: "7", data: '{"id":7}' },
  { id: "7", data: "one\ntwo" },
  { id: "", data: "last" },
];

describe("createEventReader", () => {
  test("reads ids, data over several lines, every kind of line end, and skips comments", () => {
    const read = createEventReader();
    // The last "\r" could be half of "\r\n"; what follows tells.
    expect([...read(TEXT), ...read("\n")]).toEqual(EVENTS);
  });

  test("property: where the pieces are cut makes no difference", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(TEXT.length), { maxLength: 12 }), (cuts) => {
        const read = createEventReader();
        const at = [0, ...cuts.sort((a, b) => a - b), TEXT.length];
        const events = at.slice(1).flatMap((end, i) => read(TEXT.slice(at[i], end)));
        expect([...events, ...read("\n")]).toEqual(EVENTS);
      }),
    );
  });

  test("an event without an end is refused before it fills the memory", () => {
    const read = createEventReader();
    expect(() => {
      for (let i = 0; i < 100; i += 1) read("data: ".padEnd(1000, "x"));
    }).toThrow("too long");
    const lines = createEventReader();
    expect(() => {
      for (let i = 0; i < 100; i += 1) lines(`data: ${"x".repeat(1000)}\n`);
    }).toThrow("too long");
  });
});
