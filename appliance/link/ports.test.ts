import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { choosePort } from "./ports.ts";

const RANGE = { from: 5201, to: 5203 };
const without =
  (...taken: readonly number[]) =>
  (port: number): boolean =>
    !taken.includes(port);

describe("choosePort", () => {
  test.each([
    ["the first that is free", without(5201), undefined, 5202],
    ["the one from before a restart", without(5201), 5203, 5203],
    ["another one, when that is taken", without(5203), 5203, 5201],
    ["one of the range, when that was of another", without(), 6000, 5201],
    ["none, when all are taken", without(5201, 5202, 5203), 5202, null],
  ] as const)("%s", (_name, isFree, before, expected) => expect(choosePort(RANGE, isFree, before)).toBe(expected));

  test("property: it is free and within the range, or there is none", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 5199, max: 5205 })), fc.option(fc.nat(65_535)), (taken, before) => {
        const port = choosePort(RANGE, without(...taken), before ?? undefined);
        const free = [5201, 5202, 5203].filter(without(...taken));
        if (port === null) expect(free).toEqual([]);
        else expect(free).toContain(port);
      }),
    );
  });
});
