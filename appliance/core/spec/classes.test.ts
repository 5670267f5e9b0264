/** Classes: what is inherited, and which text an error stands in. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { stringify } from "yaml";
import { mergeClasses } from "./classes.ts";
import { parseSpec } from "./spec.ts";

const CLASSES = new Map([
  [
    "r640",
    "board: { manufacturer: Dell Inc., product: R640 }\nmemory: { total: 64 GiB, dimms: 4 }\nfans: { count: 16 }\n",
  ],
  ["compute", "inherits: [r640]\nmemory: { dimms: { min: 4 } }\ndisks:\n  - { count: 2, size: 480 GB }\n"],
  ["wrong", "cpu:\n  sokets: 2\n"],
  ["loop-a", "inherits: [loop-b]\n"],
  ["loop-b", "inherits:\n  - loop-a\n"],
  ["broken", "cpu: {\n"],
]);

const refusal = (text: string): string => {
  const answer = parseSpec(text, CLASSES);
  if (answer.ok) throw new Error("accepted");
  return `${answer.refusal.path} | ${answer.refusal.detail}`;
};
const merged = (text: string): unknown => {
  const answer = mergeClasses(text, CLASSES);
  if (!answer.ok) throw new Error(JSON.stringify(answer.issues));
  return JSON.parse(JSON.stringify(answer.data));
};

test("mergeClasses: maps merge key by key, values and lists replace, null takes away, the host's own word is the last", () => {
  expect(merged("inherits: [compute]\nboard: { serial: A1, product: null }\nfans: null\ndisks: []\n")).toEqual({
    board: { manufacturer: "Dell Inc.", serial: "A1" },
    memory: { total: "64 GiB", dimms: { min: 4 } },
    disks: [],
  });
});

test("mergeClasses: the later class goes over the earlier, whatever each of them inherits", () => {
  expect(merged("inherits: [compute, r640]")).toMatchObject({ memory: { dimms: 4 } });
  expect(merged("inherits: [r640, compute]")).toMatchObject({ memory: { dimms: { min: 4 } } });
});

test("parseSpec: an own way of wanting a value replaces the inherited one, a bound joins the other, a severity alone is put to it", () => {
  const classes = new Map([
    [
      "c",
      'board: { product: { matches: "R6.*", severity: info }, sku: S1 }\ncpu: { cores: { min: 8, max: 16 }, model: { oneOf: [A, B] } }\n',
    ],
  ]);
  const wants = (own: string) => {
    const answer = parseSpec(`inherits: [c]\n${own}`, classes);
    if (!answer.ok) throw new Error(answer.refusal.detail);
    const { board, cpu } = answer.value;
    return Object.fromEntries(
      Object.entries({ ...board?.wants, ...cpu?.wants }).map(([key, { words, severity }]) => [
        key,
        severity === undefined ? words : `${words} (${severity})`,
      ]),
    );
  };
  const inherited = { product: "matching R6.* (info)", sku: "S1", cores: "8 to 16", model: "one of A, B" };
  expect(wants("board: { product: R640 }")).toEqual({ ...inherited, product: "R640" });
  expect(wants("board: { product: { equals: R640 } }")).toEqual({ ...inherited, product: "R640 (info)" });
  expect(wants("board: { product: { severity: critical }, sku: { severity: info } }")).toEqual({
    ...inherited,
    product: "matching R6.* (critical)",
    sku: "S1 (info)",
  });
  expect(wants("cpu: { cores: { min: 12 }, model: { matches: X.* } }")).toEqual({
    ...inherited,
    cores: "12 to 16",
    model: "matching X.*",
  });
});

test("parseSpec: a severity that takes its value away from under itself is a mistake in its own text", () => {
  expect(refusal("inherits: [r640]\nfans: { count: { severity: info, equals: null } }\n")).toStartWith("2:");
});

test("mergeClasses of a text with itself as its class changes nothing", () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      fc.string(),
      fc.integer(),
      fc.array(fc.integer(), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie("node"), { maxKeys: 4 }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-h]{1,4}$/), value, { maxKeys: 5 }), (data) => {
      const text = stringify(data);
      const alone = mergeClasses(text, new Map());
      const both = mergeClasses(
        `inherits: [it]\n${Object.keys(data).length === 0 ? "" : text}`,
        new Map([["it", text]]),
      );
      expect(both.ok && JSON.stringify(both.data ?? {})).toEqual(alone.ok && JSON.stringify(alone.data ?? {}));
    }),
  );
});

test("mergeClasses: every value that a text says itself is what the whole says, and what it does not touch is as inherited", () => {
  const leaf = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 2 }),
  );
  const key = fc.constantFrom("a", "b", "c", "d");
  const tree = fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { minKeys: 1, maxKeys: 3 })), { minKeys: 1 });
  const isTree = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  /** The rule in its own words, over two levels. */
  const expected = (under: unknown, over: unknown): unknown =>
    isTree(over)
      ? {
          ...(isTree(under) ? under : {}),
          ...Object.fromEntries(
            Object.keys(over).map((one) => [one, expected(isTree(under) ? under[one] : undefined, over[one])]),
          ),
        }
      : over;
  fc.assert(
    fc.property(tree, tree, (inherited, own) => {
      const answer = mergeClasses(`inherits: [it]\n${stringify(own)}`, new Map([["it", stringify(inherited)]]));
      expect(answer.ok && JSON.parse(JSON.stringify(answer.data))).toEqual(expected(inherited, own));
    }),
  );
});

describe("parseSpec with classes refuses with the place in the text that is wrong", () => {
  test("an unknown key of a class", () => {
    expect(refusal("inherits: [wrong]\n")).toBe(
      'wrong:2:3 | wrong:2:3 cpu.sokets: unknown key "sokets"; did you mean sockets? allowed here: sockets, cores, threads, model, vendor, maxMhz, microcode, severity.',
    );
  });
  test("a contradiction that only the whole has", () => {
    expect(refusal("inherits: [r640]\nmemory:\n  modules: [{ count: 3, size: 16 GiB }]\n")).toBe(
      "3:12 | 3:12 memory.modules: name 3 modules, while dimms says 4. 3:12 memory.modules: come to 48 GiB, while the total is 64 GiB.",
    );
  });
  test("a class that is not there, with those that are", () => {
    expect(refusal("board: { serial: A }\ninherits: [r640, r730]\n")).toBe(
      "2:18 | 2:18 inherits.1: there is no class r730; there are broken, compute, loop-a, loop-b, r640, wrong.",
    );
    expect(parseSpec("inherits: [x]")).toMatchObject({
      ok: false,
      refusal: { detail: "1:12 inherits.0: there is no class x; no class was given." },
    });
  });
  test("a circle, a name that is none, a class that is no YAML", () => {
    expect(refusal("inherits: [loop-a]")).toBe(
      "loop-b:2:5 | loop-b:2:5 inherits.0: goes in a circle: loop-a → loop-b → loop-a.",
    );
    expect(refusal("inherits: r640")).toContain("must be a list of classes");
    expect(refusal("inherits: [../x]")).toContain("must be the name of a class");
    expect(refusal("inherits: [broken]")).toStartWith("broken:2:1 | broken:2:1 Not valid YAML");
  });
});
