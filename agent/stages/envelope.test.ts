import { expect, test } from "bun:test";
import { createEnvelopes } from "./envelope.ts";

test("createEnvelopes: least, mean and most of each series; what is no number is no reading", () => {
  const envelopes = createEnvelopes();
  for (const value of [4, 1, 1.0001, Number.NaN, Number.POSITIVE_INFINITY]) envelopes.add("a", value);
  envelopes.add("b", -3);
  expect([...envelopes.all()]).toEqual([
    ["a", { min: 1, mean: 2, max: 4, sampleCount: 3 }],
    ["b", { min: -3, mean: -3, max: -3, sampleCount: 1 }],
  ]);
});
