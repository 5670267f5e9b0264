/** The published schemas, held against the parsers by a validator that knows neither. */
import { expect, test } from "bun:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { MACHINE_CASES, SLOTS } from "../../../test/setup/spec-cases-machine.ts";
import { PART_CASES } from "../../../test/setup/spec-cases-parts.ts";
import { SERVER } from "../../../test/setup/spec-server.ts";
import { renderInventorySchema } from "./inventory-schema.ts";
import { renderSpecSchema } from "./json-schema.ts";
import { parseSpec } from "./spec.ts";

const ajv = new Ajv2020({ strict: false, validateFormats: false });
const takesSpec = ajv.compile(renderSpecSchema());
const takesInventory = ajv.compile(renderInventorySchema());

/** What takes inherited keys away, or puts a severity to them. */
const INHERITING = [
  "inherits: [r640]\nfans: null",
  "inherits: [r640]\nboard: { product: null, severity: null, sku: { severity: info } }",
  "inherits: [r640]\nmemory: { slots: { A1: null, A2: { part: null } }, total: null }",
];

test("renderSpecSchema takes every spec that the parser takes", () => {
  const specs = [SLOTS, ...Object.values({ ...MACHINE_CASES, ...PART_CASES }).map(({ spec }) => spec)];
  for (const yaml of [...specs, ...INHERITING, "disks: []"]) {
    const taken = takesSpec(parse(yaml));
    expect([yaml, taken, taken ? null : takesSpec.errors?.[0]]).toEqual([yaml, true, null]);
  }
});

test.each([
  "cpu: { sokets: 2 }",
  "ram: 3",
  "cpu: { sockets: 0 }",
  "cpu: { sockets: two }",
  "cpu: {}",
  "board: { serial: 42 }",
  "board: { serial: { like: A } }",
  "board: { biosVersion: { atLeast: [2] } }",
  "memory: { total: 64 GB }",
  "memory: { slots: { A1: full } }",
  "disks: { serial: A }",
  "disks: [{ serial: A, size: big }]",
  "disks: [{ serial: A, transport: pata }]",
  "disks: [{ count: 0 }]",
  "fans: { count: 6, severity: grave }",
  "inherits: r640",
  "disks: [{ serial: null }]",
])("renderSpecSchema refuses what the parser refuses: %s", (yaml) => {
  expect(parseSpec(yaml).ok).toBe(false);
  expect(takesSpec(parse(yaml))).toBe(false);
});

test("renderInventorySchema takes an inventory, and not one without its hardware or with a figure as text", () => {
  const plain = JSON.parse(JSON.stringify(SERVER));
  expect(takesInventory(plain)).toBe(true);
  expect(takesInventory({ ...plain, hardware: undefined })).toBe(false);
  expect(
    takesInventory({ ...plain, hardware: { ...plain.hardware, memory: { ...plain.hardware.memory, slotCount: "4" } } }),
  ).toBe(false);
});
