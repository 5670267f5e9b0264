/** Wants and versions: what a person may write for one value, and which values are then right. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compareVersions } from "./version.ts";
import { decodeWant, isLess, isWanted, type Kind, type Want } from "./want.ts";

const want = (kind: Kind, input: unknown): Want => {
  const answer = decodeWant(kind, input);
  if (!answer.ok) throw new Error(answer.message);
  return answer.want;
};
const fault = (kind: Kind, input: unknown): string => {
  const answer = decodeWant(kind, input);
  if (answer.ok) throw new Error(`taken: ${answer.want.words}`);
  return answer.key === undefined ? answer.message : `${answer.key}: ${answer.message}`;
};

test.each([
  ["text", "Dell  Inc.", ["dell inc.", "DELL INC."], ["Dell", ""]],
  ["serial", "AB1", ["AB1", " AB1 "], ["ab1", "AB12"]],
  ["text", { oneOf: ["A", "B"] }, ["a", "B"], ["C"]],
  ["text", { matches: "Xeon.* 62[0-9]{2}" }, ["Xeon Gold 6230"], ["My Xeon Gold 6230", "Xeon 62"]],
  ["version", { atLeast: "2.10.0" }, ["2.10.0", "2.10", "2.11", "3"], ["2.9.9", "2.10.0-rc1"]],
  ["version", { atLeast: "0x5003605" }, ["0x5003605", "0x5003606", "0x50036050"], ["0x5003604"]],
  ["count", 4, [4], [3, 5, "4"]],
  ["count", { oneOf: [2, 4] }, [2, 4], [3]],
  ["figure", { min: 2.5, max: 8 }, [2.5, 8], [2.4, 8.1]],
  ["memory", "16 GiB", [17_179_869_184], [17_179_869_183]],
  ["memory", { min: "16 GiB" }, [17_179_869_184, 2 ** 40], [2 ** 33]],
  ["disk", "480 GB", [480_103_981_056], [500_107_862_016]],
  ["disk", { max: "480 GB" }, [480_103_981_056, 1], [500_107_862_016]],
  ["flag", true, [true], [false]],
] as const)("decodeWant of a %s: %j is met by %j and not by %j", (kind, input, right, wrong) => {
  const one = want(kind, input);
  for (const value of right) expect([value, isWanted(one, value)]).toEqual([value, true]);
  for (const value of wrong) expect([value, isWanted(one, value)]).toEqual([value, false]);
});

describe("decodeWant refuses", () => {
  test.each([
    ["text", 42, "must be text"],
    ["text", "", "must not be empty"],
    ["text", "a\u0007", "must not hold control characters"],
    ["text", { min: 1 }, 'min: unknown key "min"; allowed here: equals, oneOf, matches, severity'],
    ["text", {}, "must say what is wanted: equals, oneOf, matches"],
    ["text", { severity: "info" }, "must say what is wanted: equals, oneOf, matches"],
    ["text", { equals: "a", oneOf: ["b"] }, "oneOf: stands beside equals; a value is wanted in one way"],
    ["text", { equals: "a", severity: "grave" }, "severity: must be one of critical, warning, info"],
    ["text", { oneOf: [] }, "oneOf: must be a list of 1 to 64 values"],
    ["text", { oneOf: ["a", 1] }, "oneOf: every one must be text"],
    ["text", { matches: "(" }, /^matches: is no pattern that is taken: /],
    ["version", { atLeast: "" }, "atLeast: must be text"],
    ["version", { atLeast: 2.1 }, "atLeast: must be text"],
    ["count", 0, "must be a whole number, from 1 up"],
    ["count", 1.5, "must be a whole number, from 1 up"],
    ["figure", Number.POSITIVE_INFINITY, "must be a number"],
    ["count", { min: 4, max: 2 }, "min: min is above max, so no value fits"],
    ["memory", { min: "64 GB" }, /^min: must be a size in MiB, GiB or TiB/],
    ["flag", "yes", "must be true or false"],
  ] as const)("a %s of %j", (kind, input, message) => {
    if (typeof message === "string") expect(fault(kind, input)).toBe(message);
    else expect(fault(kind, input)).toMatch(message);
  });
});

test("isLess is true only below everything that is wanted", () => {
  expect(isLess(want("count", { oneOf: [4, 8] }), 2)).toBe(true);
  expect(isLess(want("count", { oneOf: [4, 8] }), 6)).toBe(false);
  expect(isLess(want("text", "4"), 2)).toBe(false);
});

test.each([
  ["1.9", "1.10"],
  ["2.1", "2.1.1"],
  ["2.1-rc1", "2.1"],
  ["HXT7404Q", "HXT7904Q"],
  ["218.0.219.9/pkg 21.85.21.92", "218.0.219.13/pkg 21.80.0.0"],
  ["0x2b", "0x2b000571"],
  ["A9", "B1"],
  ["12/31/2023", "03/04/2024"],
  ["1.4b (11/02/2020)", "1.4b (01/15/2021)"],
  ["5003604", "0x5003605"],
  ["0xf", "10"],
  ["99999999999999999998", "99999999999999999999"],
])("compareVersions: %s is older than %s", (older, newer) => {
  expect(compareVersions(older, newer)).toBeLessThan(0);
  expect(compareVersions(newer, older)).toBeGreaterThan(0);
});

test("compareVersions orders all texts: what is not older either way is the same", () => {
  const text = fc.stringMatching(/^[0-9a-z.\-/ ]{0,12}$/).filter((one) => !one.includes("0x"));
  const any = fc.oneof(text, fc.stringMatching(/^0x[0-9a-f]{1,9}$/));
  fc.assert(
    fc.property(any, any, (a, b) => {
      expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
    }),
    { numRuns: 3000 },
  );
});
