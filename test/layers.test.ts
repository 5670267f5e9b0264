/** The import rules hold in the whole project, and the judge that says so can say no. */
import { expect, test } from "bun:test";
import { findCircles, findForbiddenImports, findImpure, LAYERS } from "./setup/layers.ts";
import { loadSources } from "./setup/sources.ts";

const sources = await loadSources();

test("every file imports only what its layer may", () => {
  expect(sources.flatMap(findForbiddenImports)).toEqual([]);
});

test("no pure file reaches the system, directly or through others", () => {
  expect(findImpure(sources)).toEqual([]);
});

test("no two files load each other", () => {
  expect(findCircles(sources)).toEqual([]);
});

test("every row of the table has files", () => {
  const idle = LAYERS.filter((layer) => !sources.some(({ path }) => layer.files.test(path)));
  expect(idle.map((layer) => layer.name)).toEqual([]);
});

test.each([
  ["agent/loop.ts", 'import type { Run } from "../appliance/core/run.ts";'],
  ["agent/wire/names.ts", 'import { Fault } from "../system/fault.ts";'],
  ["agent/wire/names.ts", 'import { Hono } from "hono";'],
  ["agent/system/exec.ts", 'import type { Turn } from "../wire/messages.ts";'],
  ["agent/stages/smart/spec.ts", 'import { readFileSync } from "node:fs";'],
  ["agent/stages/smart/spec.ts", 'import { runLoop } from "../../loop.ts";'],
  ["agent/probes/lspci/parse.ts", 'import { runTool } from "../../system/exec.ts";'],
  ["appliance/core/step.ts", 'import { $ } from "bun";'],
  ["appliance/core/step.ts", 'import type { Store } from "../store/open.ts";'],
  ["appliance/core/step.ts", 'import { hostname } from "node:os";'],
  ["appliance/core/plan.ts", 'export * from "../../agent/stages/smart/run.ts";'],
  ["appliance/http/app.ts", 'import { openStore } from "../store/open.ts";'],
  ["appliance/http/app.test.ts", 'import { openStore } from "../store/open.ts";'],
  ["appliance/pxe/script.ts", 'import { page } from "../../web/page.tsx";'],
  ["web/hosts.tsx", 'import { openStore } from "../appliance/store/open.ts";'],
  ["web/hosts.tsx", 'import { step } from "../appliance/core/step.ts";'],
  ["web/hosts.tsx", 'import { readFile } from "node:fs/promises";'],
  ["live-image/build.ts", 'import { openBox } from "../appliance/main.ts";'],
  ["appliance/main.ts", "await import(`./${name}.ts`);"],
  ["appliance/main.ts", 'import { openStore } from "./store/open";'],
  ["cellar/main.ts", "export {};"],
])("findForbiddenImports refuses %s with %s", (path, text) => {
  expect(findForbiddenImports({ path, text })).toHaveLength(1);
});

test.each([
  ["agent/loop.ts", 'import { x } from "./wire/names.ts"; import { readFile } from "node:fs/promises";'],
  ["agent/stages/smart/spec.ts", 'import * as v from "valibot"; import { defineStage } from "../stage.ts";'],
  ["appliance/core/step.test.ts", 'import fc from "fast-check"; import { test } from "bun:test"; import "./step.ts";'],
  ["appliance/core/spec.ts", 'import { parseDocument } from "yaml"; import type { A } from "./ports.ts";'],
  ["appliance/main.ts", 'import { openStore } from "./store/open.ts"; import { page } from "../web/page.tsx";'],
  ["web/hosts.tsx", 'import type { HostView } from "../appliance/core/views.ts"; import { raw } from "hono/html";'],
])("findForbiddenImports allows %s with %s", (path, text) => {
  expect(findForbiddenImports({ path, text })).toEqual([]);
});

const file = (path: string, text: string) => ({ path, text });

test("findImpure follows values through neighbours and leaves types alone", () => {
  const spec = (text: string) => file("agent/stages/smart/spec.ts", text);
  const runner = file("agent/stages/smart/run.ts", 'import { spawn } from "node:child_process";');
  expect(findImpure([spec('import { run } from "./run.ts";'), runner])).toEqual([
    "agent/stages/smart/spec.ts → agent/stages/smart/run.ts → node:child_process",
  ]);
  expect(findImpure([spec('import type { Run } from "./run.ts";'), runner])).toEqual([]);
});

test("findCircles finds a circle of values and leaves types alone", () => {
  expect(
    findCircles([
      file("agent/a.ts", 'import "./b.ts";'),
      file("agent/b.ts", 'import "./c.ts";'),
      file("agent/c.ts", 'import "./a.ts";'),
    ]),
  ).toEqual(["agent/a.ts → agent/b.ts → agent/c.ts → agent/a.ts"]);
  expect(
    findCircles([file("agent/a.ts", 'import "./b.ts";'), file("agent/b.ts", 'import type { A } from "./a.ts";')]),
  ).toEqual([]);
});
