/** Tests of the import reader: tricky samples, and the whole project against Bun's own reader. */
import { expect, test } from "bun:test";
import { parseImports } from "./imports.ts";
import { loadSources } from "./sources.ts";

const specifiers = (source: string) => parseImports(source).map((one) => one.specifier);

test("parseImports reads every form of import and export", () => {
  const source = `
    import "./side.ts";
    import whole, { a as b, type C } from './named.ts';
    import * as all from "./all.ts";
    import text from "./page.css" with { type: "text" };
    import {
      lines, // with a comment, "./no.ts"
    } from "./lines.ts";
    export * from "./star.ts";
    export * as name from "./star-as.ts";
    export { d, e as "odd name" } from "./re.ts";
    const lazy = await import("./lazy.ts");
    const old = require("./old.cjs");
    let t: import("./inline-type.ts").T;`;
  expect(specifiers(source)).toEqual([
    "./side.ts",
    "./named.ts",
    "./all.ts",
    "./page.css",
    "./lines.ts",
    "./star.ts",
    "./star-as.ts",
    "./re.ts",
    "./lazy.ts",
    "./old.cjs",
    "./inline-type.ts",
  ]);
});

test("parseImports tells edges of types and macros from edges of values", () => {
  const source = `import type { A } from "./a.ts"; import type B from "./b.ts"; export type { C } from "./c.ts";
    import { type D } from "./d.ts"; import type from "./e.ts"; import type, { F } from "./f.ts";
    import { embed } from "./g.ts" with { type: "macro" }; import h from "./h.css" with { type: "text" };`;
  const typeOnly = parseImports(source).map((one) => one.typeOnly);
  expect(typeOnly).toEqual([true, true, true, false, false, false, true, false]);
});

test("parseImports finds nothing in comments, strings, templates and regular expressions", () => {
  const source = `
    // import "./a.ts"
    /* export * from "./b.ts" */
    const s = 'import "./c.ts"';
    const t = \`import "./d.ts" \${"y"}\`;
    const r = /import "x"/.test(s), q = a / b; const p = /["'\`]/g;
    const o = { import: "./e.ts", export: 1 }; o.import("./f.ts"); import.meta.url;
    export const x = 1; export type Y = { from: "./g.ts" }; export { x as z };`;
  expect(specifiers(source)).toEqual([]);
});

test("parseImports goes on after quotes, templates and closing tags that could derail it", () => {
  const source = `const a = /"/; import "./1.ts"; const b = \`\${ { c: \`}\` } }"\`; import "./2.ts";
    const e = <p>Don't</p>;
    import "./3.ts"; const f = (1) / 2; import "./4.ts"; const g = '\\''; import "./5.ts"; return /'/ ; import "./6.ts";`;
  expect(specifiers(source)).toEqual(["./1.ts", "./2.ts", "./3.ts", "./4.ts", "./5.ts", "./6.ts"]);
});

test("parseImports reads code within a template", () => {
  expect(specifiers("const a = `x${await import('./inner.ts')}y`; import './after.ts';")).toEqual([
    "./inner.ts",
    "./after.ts",
  ]);
});

test("parseImports shows a computed import as one that nobody can follow", () => {
  expect(specifiers("import(name); import(`./${name}.ts`); import('./a' + b); require(name);")).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("parseImports finds all that Bun's own reader finds in this project", async () => {
  const missed: string[] = [];
  for (const { path, text } of await loadSources()) {
    const own = new Set(specifiers(text));
    const transpiler = new Bun.Transpiler({ loader: path.endsWith("x") ? "tsx" : "ts" });
    // JSX loads a module that no source names; without a tsconfig the reader takes it for React.
    for (const { path: specifier, kind } of transpiler.scanImports(text))
      if (!own.has(specifier) && !/^react(\/|$)/.test(specifier) && kind !== "internal")
        missed.push(`${path}: ${specifier}`);
  }
  expect(missed).toEqual([]);
});
