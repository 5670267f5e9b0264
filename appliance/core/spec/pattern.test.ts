/** Patterns: the same values fit as by the language's own regular expressions, and no text takes long. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compilePattern, matchesPattern } from "./pattern.ts";

const matches = (source: string, text: string): boolean => {
  const answer = compilePattern(source);
  if (!answer.ok) throw new Error(answer.fault);
  return matchesPattern(answer.pattern, text);
};

test.each([
  ["Xeon.* 62[0-9]{2}", ["Xeon Gold 6230", "xeon gold 6230"], ["My Xeon Gold 6230", "Xeon 62", "Xeon 6230R"]],
  ["^PowerEdge R6[45]0(xd2?)?$", ["PowerEdge R640", "PowerEdge R650xd2"], ["PowerEdge R660"]],
  ["M393[A-Z]\\d+\\w{5}\\d-\\w+", ["M393A2K43BB1-CTD"], ["M393A2K43BB1"]],
  ["(Gold|Silver|) ?\\d{4,}", ["Gold 6230", "silver4210", "12345"], ["Bronze 3204", "Gold 62"]],
  ["[^a-c.]{2,3}?", ["xy", "XYZ"], ["ab", "AX", "x.", "wxyz"]],
  ["[\\w.-]*", ["", "a-b.c_9"], ["a b"]],
  ["(?:a{2,3}b?){2}", ["aaaa", "aabaaab"], ["aaa", "aab"]],
  ["\\(R\\) \\[x\\] a\\/b\\\\", ["(R) [x] a/b\\"], ["R"]],
] as const)("matchesPattern: %s is met by %j and not by %j", (source, right, wrong) => {
  for (const text of right) expect([text, matches(source, text)]).toEqual([text, true]);
  for (const text of wrong) expect([text, matches(source, text)]).toEqual([text, false]);
});

describe("compilePattern refuses, with the character, ", () => {
  test.each([
    ["(", "the group is not closed (character 1)"],
    ["a)", "it closes a group that was not opened (character 2)"],
    ["[ab", "the class is not closed (character 1)"],
    ["a{2", "a count is {2}, {2,} or {2,4}; a brace itself is \\{ (character 2)"],
    ["a{4,2}", "the first count is above the second (character 2)"],
    ["*a", "there is nothing to repeat before it (character 1)"],
    ["a**", "there is nothing to repeat before it (character 3)"],
    ["(a)\\1", "\\1 is not taken (character 4)"],
    ["\\bX", "\\b is not taken (character 1)"],
    ["(?=a)b", "look-around and named groups are not taken (character 2)"],
    ["(?<n>a)", "look-around and named groups are not taken (character 2)"],
    ["a^b", "a pattern is for the whole value; the character itself is \\^ (character 2)"],
    ["a$b", "a pattern is for the whole value (character 2)"],
    ["(a$)", "a pattern is for the whole value; the character itself is \\$ (character 3)"],
    ["a]", "the character itself is \\] (character 2)"],
    ["[z-a]", "the range ends before it begins (character 2)"],
    ["[\\d-z]", "the range ends before it begins (character 2)"],
    ["[\\D]", "all but a class is not taken within a class (character 2)"],
    ["a\\", "nothing follows the backslash (character 2)"],
    ["((a{99}){99}){99}", "its counts are too high"],
    ["x".repeat(201), "a pattern has at most 200 characters"],
  ])("%s", (source, fault) => {
    expect(compilePattern(source)).toEqual({ ok: false, fault });
  });
});

/** Patterns of all that is taken, over a small alphabet so that texts often fit. */
const anyPattern = fc.letrec<{ readonly node: string }>((tie) => {
  const atom = fc.constantFrom("a", "b", "B", "1", ".", "\\d", "\\w", "\\D", "[ab]", "[^b]", "[a-b1]", "\\.", "");
  const grouped = tie("node").map((inner) => `(${inner})`);
  const counted = fc
    .tuple(
      fc.oneof(fc.constantFrom("a", "[b1]", "."), grouped),
      fc.constantFrom("*", "+", "?", "{2}", "{1,3}", "{0,2}", "{1,}", "*?"),
    )
    .map((pair) => pair.join(""));
  const pair = fc.tuple(tie("node"), tie("node"));
  return {
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      atom,
      counted,
      grouped,
      pair.map((two) => two.join("")),
      pair.map((two) => two.join("|")),
    ),
  };
}).node;

test("matchesPattern: any pattern fits exactly what the language's own matcher says", () => {
  fc.assert(
    fc.property(anyPattern, fc.stringMatching(/^[abAB1.]{0,7}$/), (source, text) => {
      const answer = compilePattern(source);
      fc.pre(answer.ok);
      expect([source, text, matches(source, text)]).toEqual([
        source,
        text,
        new RegExp(`^(?:${source})$`, "iu").test(text),
      ]);
    }),
    { numRuns: 3000 },
  );
});

test("matchesPattern: what makes a backtracking matcher take for ever ends at once", () => {
  const text = `${"a".repeat(255)}!`;
  for (const source of ["(a+)+", "(a|a)*c", "((a*)*)*", "(.*.*.*.*.*)x", "(?:a?){60}a{60}b", "(a|aa|aaa)+b"])
    expect([source, matches(source, text)]).toEqual([source, false]); // seconds here would be the test's own time limit
  expect(matches(".*", "a".repeat(257))).toBe(false);
});
