/** The house is tidy: the rules of `setup/tidiness.ts` hold everywhere, each of them can fail, and versions are pinned. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { isTestFile, loadSources, ROOT } from "./setup/sources.ts";
import { commentShares, findUntidy, TIDY_RULES } from "./setup/tidiness.ts";

const sources = await loadSources();
const manifest: Record<string, unknown> = await Bun.file(join(ROOT, "package.json")).json();

/** Names in a group of package.json whose version is a range, a tag or an address. */
const looseVersions = (group: unknown): readonly string[] =>
  Object.entries(group ?? {}).flatMap(([name, version]) =>
    /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)) ? [] : [`${name} ${version}`],
  );

/** Addresses in a lock file: it must install from whichever registry the reader has. */
const addresses = (lock: string): readonly string[] => lock.match(/\w+:\/\/[^"\s]+/g) ?? [];

test("every source file keeps every rule", () => {
  expect(sources.flatMap(findUntidy)).toEqual([]);
});

test.each(TIDY_RULES.map((rule) => [rule.name, rule] as const))("the rule can fail: %s", (_name, rule) => {
  expect(rule.holds(rule.sample.path)).toBe(true);
  expect(rule.find(rule.sample.text, rule.sample.path)).toHaveLength(1);
});

test("findUntidy accepts what only looks like a breach", () => {
  const text = [
    '/** About "Bun.sleep". */',
    'import * as v from "valibot";',
    "/** A schema. */",
    "export const Disk = v.object({});",
    "export type Disk = v.InferOutput<typeof Disk>;",
    'const text = "console.log(1); setTimeout(f)";',
    "const todo = service.test.length; // the manager's index",
  ].join("\n");
  expect(findUntidy({ path: "agent/disks.test.ts", text })).toEqual([]);
});

test("findUntidy measures methods, functions and markup, and no control flow", () => {
  const body = "    a();\n".repeat(80);
  const long = (head: string, end: string) =>
    findUntidy({ path: "web/a.tsx", text: `/** A. */\n${head}\n${body}${end}\n` });
  expect(long("  async read(path: string): Promise<void> {", "  }")).toHaveLength(1);
  expect(long("export function read(): void {", "}")).toHaveLength(1);
  expect(long("const Page = () => (", ");")).toHaveLength(1);
  expect(long("  if (a) {", "  }")).toEqual([]);
  expect(long('describe("a", () => {', "});")).toEqual([]);
});

test("package.json names exact versions", () => {
  expect(looseVersions(manifest["dependencies"])).toEqual([]);
  expect(looseVersions(manifest["devDependencies"])).toEqual([]);
  expect(looseVersions({ a: "^1.2.3", b: "latest", c: "1.x", d: "1.2.3" })).toEqual(["a ^1.2.3", "b latest", "c 1.x"]);
});

test("bun.lock names no address", async () => {
  expect(addresses(await Bun.file(join(ROOT, "bun.lock")).text())).toEqual([]);
  expect(addresses('["a@1.0.0", "https://mirror.example/a.tgz"]')).toEqual(["https://mirror.example/a.tgz"]);
});

test("commentShares counts lines by folder; the project's own are shown, not judged", () => {
  const sample = { path: "agent/wire/a.ts", text: "/** One. */\n\nconst a = 1; // no line of its own\n" };
  expect(commentShares([sample])).toEqual(new Map([["agent/wire", 0.5]]));
  for (const [folder, share] of commentShares(sources.filter(({ path }) => !isTestFile(path))))
    process.stdout.write(`${(share * 100).toFixed(0).padStart(4)} % comment lines in ${folder}\n`);
});
