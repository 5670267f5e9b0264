import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { findJsonProblem, JSON_LIMITS } from "./json-scan.ts";

const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

describe("findJsonProblem", () => {
  test("lets every value through that JSON.stringify writes", () => {
    // fast-check's `__proto__` keys are the one thing that is refused on purpose
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify(value);
        if (text.includes("__proto__")) return;
        if (!JSON.stringify(value).isWellFormed()) return;
        expect(findJsonProblem(text)).toBeNull();
        expect(findJsonProblem(JSON.stringify(value, null, 2))).toBeNull();
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  const BAD: readonly (readonly [string, string, string])[] = [
    ["a key twice", '{"a":1,"b":{},"a":2}', 'the key "a" stands there twice'],
    ["a key twice, once escaped", '{"a":1,"\\u0061":2}', 'the key "a" stands there twice'],
    ["a key twice deep inside", '[{"x":[{"k":1,"k":1}]}]', 'the key "k" stands there twice'],
    ["__proto__", '{"__proto__":{"admin":true}}', "the key __proto__ is not accepted"],
    ["__proto__ escaped", '{"\\u005f_proto__":1}', "the key __proto__ is not accepted"],
    ["a number beyond every number", '{"a":1e400}', "a number is larger than any number can be"],
    ["a negative one", "[-1e400]", "a number is larger than any number can be"],
    ["half of a surrogate pair", '"\\ud800"', "a text holds half of a surrogate pair"],
    ["the other half", '{"a":["\\udc00x"]}', "a text holds half of a surrogate pair"],
    ["half of a pair as a key", '{"\\ud800":1}', "a text holds half of a surrogate pair"],
    ["too deep", nested(JSON_LIMITS.depth + 1), `it nests deeper than ${JSON_LIMITS.depth} levels`],
    ["too many entries", `[${"1,".repeat(JSON_LIMITS.tokens)}1]`, "it has more than 150000 keys, values and brackets"],
  ];
  for (const [name, text, problem] of BAD) test(`refuses ${name}`, () => expect(findJsonProblem(text)).toBe(problem));

  test("lets the same key stand in two objects, and as a value", () =>
    expect(findJsonProblem('[{"a":"a"},{"a":["a","a"]},{"b":{"a":1},"a":2}]')).toBeNull());

  test("lets through what nests exactly as deep as allowed", () =>
    expect(findJsonProblem(nested(JSON_LIMITS.depth))).toBeNull());

  test("never throws, whatever the text is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\\u0d8-1e.9 \nt') }), (text) => {
        findJsonProblem(text);
      }),
      { numRuns: 2000, seed: 11 },
    );
  });
});
