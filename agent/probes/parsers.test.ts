/** What holds for every parser of the table: it answers whatever the bytes, in time that grows with their number, and its answer is JSON. */
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { loadSamples, type Sample } from "../fakes/samples.ts";
import type { Parsed } from "./parsed.ts";
import { PARSERS } from "./parsers.ts";

const MEGABYTE = 1_000_000;
const HOSTILE_BYTES = 10 * MEGABYTE;

/** The first value that JSON would change or drop, with the way to it; undefined for none. */
const findForeign = (value: unknown, path = "$"): string | undefined => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path}: ${value}`;
  if (typeof value !== "object") return `${path}: ${typeof value}`;
  for (const [key, part] of Object.entries(value)) {
    const found = findForeign(part, `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
};

const expectAnswer = (parsed: Parsed<unknown>): void => {
  expect(findForeign(parsed)).toBeUndefined();
  if (parsed.ok) return;
  expect(parsed.place).toMatch(/^line [1-9]\d*(?:, column [1-9]\d*)?$/);
  expect(parsed.reason).toMatch(/^[^\p{Cc}]+$/u);
};

const firstOf = (tool: string, samples: readonly Sample[]): string => {
  const text = samples[0]?.text;
  if (text === undefined) throw new Error(`there is no sample of ${tool}`);
  return text;
};

const repeated = (text: string, bytes: number): string => text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes);

/** Texts that cost a careless parser more than their length, each of any size. */
const hostileTexts = (sample: string): Readonly<Record<string, (bytes: number) => string>> => {
  const lines = sample.split("\n");
  const longest = lines.reduce((a, b) => (b.length > a.length ? b : a), "x");
  const middle = Math.floor(sample.length / 2);
  return {
    "one line": (bytes) => repeated("a", bytes),
    "line ends alone": (bytes) => repeated("\n", bytes),
    "blanks within a line of its own": (bytes) =>
      `${sample.slice(0, middle)}${repeated(" ", bytes)}${sample.slice(middle)}`,
    "digits and colons": (bytes) => repeated("0:", bytes),
    "quotes and backslashes": (bytes) => `"${repeated('\\"', bytes)}`,
    "brackets ever deeper": (bytes) => repeated('{"a":[', bytes),
    "its longest line again and again": (bytes) => repeated(`${longest}\n`, bytes),
    "itself again and again": (bytes) => repeated(sample, bytes),
    // A head may end the reading where it comes again.
    "itself without its head again and again": (bytes) => repeated(`${lines.slice(4).join("\n")}\n`, bytes),
    "a line of itself": (bytes) => repeated(sample.replaceAll("\n", " "), bytes),
    "numbered lines of its own": (bytes) => {
      const numbered: string[] = [];
      for (let size = 0, i = 0; size < bytes; i += 1) {
        const line = `${lines[i % lines.length]?.slice(0, 200)}${i}`;
        numbered.push(line);
        size += line.length + 1;
      }
      return numbered.join("\n");
    },
  };
};

/** Processor time, which a busy machine does not stretch. */
const millisecondsOf = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

describe.each(Object.entries(PARSERS))("the parser of %s", (tool, { parse }) => {
  const samples = loadSamples(tool);

  test("understands every sample, the same way each time", () => {
    firstOf(tool, samples);
    for (const { name, text } of samples) {
      const parsed = parse(text);
      expect({ name, parsed }).toMatchObject({ name, parsed: { ok: true } });
      expectAnswer(parsed);
      expect(parse(text)).toEqual(parsed);
    }
  });

  test("property: answers any bytes", () => {
    const bytes = fc.uint8Array({ maxLength: 400 }).map((octets) => new TextDecoder().decode(octets));
    const any = fc.oneof(bytes, fc.string({ unit: "binary", maxLength: 400 }), fc.json({ maxDepth: 6 }));
    fc.assert(
      fc.property(any, (text) => expectAnswer(parse(text))),
      { numRuns: 300 },
    );
    expectAnswer(parse(""));
  });

  test("property: answers its own output cut, doubled, spliced and with bytes turned", () => {
    const sample = firstOf(tool, samples);
    const at = fc.nat(sample.length);
    const changed = fc.oneof(
      at.map((end) => sample.slice(0, end)),
      at.map((start) => sample.slice(start)),
      at.map((end) => sample.slice(0, end) + sample),
      fc
        .tuple(at, at, fc.string({ unit: "binary", maxLength: 40 }))
        .map(([from, to, junk]) => sample.slice(0, from) + junk + sample.slice(to)),
      fc
        .tuple(
          at,
          fc.constantFrom('"', "\\", "\u0000", "\r", "\n", ":", "{", "]", "-", "9".repeat(400), "1e999", "null"),
        )
        .map(([from, junk]) => sample.slice(0, from) + junk + sample.slice(from + 1)),
    );
    fc.assert(
      fc.property(changed, (text) => expectAnswer(parse(text))),
      { numRuns: 150 },
    );
  });

  test.each(Object.entries(hostileTexts(samples[0]?.text ?? "x")))(
    "10 MB of %s cost no more than their length",
    (_, text) => {
      const quarter = text(HOSTILE_BYTES / 4);
      const whole = text(HOSTILE_BYTES);
      const small = millisecondsOf(() => void parse(quarter));
      let answer: Parsed<unknown> | undefined;
      const large = millisecondsOf(() => {
        answer = parse(whole);
      });
      if (answer !== undefined) expectAnswer(answer);
      // Four times the text: a linear parser takes four times as long, a quadratic one sixteen times. The floor hides the collector's moods.
      expect(large).toBeLessThan(10 * Math.max(small, 100));
    },
    30_000,
  );
});
