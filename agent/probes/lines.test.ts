import { expect, test } from "bun:test";
import { linesOf } from "./lines.ts";

test("linesOf gives lines without their ends, the unended last one too", () => {
  expect([...linesOf("a\r\n\nb\rc\r\n\rd")]).toEqual(["a", "", "b\rc", "\rd"]);
  expect([...linesOf("a\n")]).toEqual(["a"]);
  expect([...linesOf("\r\n\r")]).toEqual(["", ""]);
  expect([...linesOf("")]).toEqual([]);
});
