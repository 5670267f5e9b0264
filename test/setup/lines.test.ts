import { expect, test } from "bun:test";
import { linesOf, openLines } from "./lines.ts";

test("openLines gives each line once, wherever the stream is cut, also within a letter", () => {
  const lines: string[] = [];
  const take = openLines((line) => void lines.push(line));
  const stream = new TextEncoder().encode('{"a":"ä"}\n{"b":2}\n{"half');
  for (const byte of stream) take(Uint8Array.of(byte));
  expect(lines).toEqual(['{"a":"ä"}', '{"b":2}']);
});

test("linesOf gives the lines of a stream in order, and not what has no end", async () => {
  const stream = new Response("é1\n\n2\nrest").body ?? new ReadableStream<Uint8Array>();
  expect(await Array.fromAsync(linesOf(stream))).toEqual(["é1", "", "2"]);
});
