import { expect, test } from "bun:test";
import { linesSince, markOf } from "./since.ts";

const line = (seconds: string, words: string) => `<3>[${seconds.padStart(12)}] ${words}`;
const BEFORE = [line("1.000001", "one"), line("2.500000", "two"), line("2.500000", "two again")].join("\n");

test("markOf is the last line's time and how many share it", () => {
  expect(markOf(BEFORE)).toEqual({ atUs: 2_500_000, sameCount: 2 });
  expect(markOf("")).toEqual({ atUs: -1, sameCount: 0 });
});

test("linesSince is what came after, also at the very same time and by a clock that is behind", () => {
  const added = [
    line("2.500000", "same time"),
    line("2.499990", "other processor"),
    " goes on",
    line("9.000000", "late"),
  ];
  expect(linesSince(`${BEFORE}\n${added.join("\n")}\n`, markOf(BEFORE))).toEqual({
    text: added.join("\n"),
    isCut: false,
  });
  expect(linesSince(BEFORE, markOf(BEFORE))).toEqual({ text: "", isCut: false });
  expect(linesSince(BEFORE, markOf(""))).toEqual({ text: BEFORE, isCut: false });
});

test("linesSince of a ring that was written over says so", () => {
  const log = [line("7.000000", "a"), line("8.000000", "b")].join("\n");
  expect(linesSince(log, markOf(BEFORE))).toEqual({ text: log, isCut: true });
});
