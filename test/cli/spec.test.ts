/** `vetbox spec lint|diff|check|schema`: all of it without a box. */
import { afterEach, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SERVER } from "../setup/spec-server.ts";
import { closeAll, runLine, tempDir } from "./box.ts";

afterEach(closeAll);

/** A folder with these files; answers with the path of each. */
const files = async (texts: Readonly<Record<string, string>>): Promise<(name: string) => string> => {
  const dir = await tempDir();
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(join(dir, name, ".."), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  return (name) => join(dir, name);
};

const CLASS = "fans: { count: 2 }\nbmc: { product: iDRAC9 }\n";

test("lint says nothing of a good spec, and each mistake with its place, in the class where it stands there", async () => {
  const at = await files({
    "good.yaml": "inherits: [r640]\n",
    "bad.yaml": "inherits: [worse]\ncpu: { sokets: 2 }\n",
    "classes/r640.yaml": CLASS,
    "classes/worse.yml": "fans: { count: none }\n",
    "classes/README": "no class",
  });
  expect(await runLine(["spec", "lint", at("good.yaml"), "--classes", at("classes")])).toEqual({
    code: 0,
    out: "",
    err: "",
  });
  const { code, out, err } = await runLine(["spec", "lint", at("bad.yaml"), "--classes", at("classes")]);
  expect([code, err]).toEqual([1, ""]);
  expect(out.split("\n")).toEqual([
    expect.stringContaining(`${at("bad.yaml")}:2:8: cpu.sokets: unknown key`),
    "class worse:1:16: fans.count: must be a whole number, from 1 up. [value]",
    "",
  ]);
  const json = await runLine(["spec", "lint", at("bad.yaml"), "--classes", at("classes"), "--json"]);
  expect([json.code, JSON.parse(json.out)]).toMatchObject([
    1,
    [
      { code: "key", file: null, place: "2:8" },
      { code: "value", file: "worse", place: "1:16" },
    ],
  ]);
  const alone = await runLine(["spec", "lint", at("good.yaml")]);
  expect([alone.code, alone.out]).toEqual([
    1,
    `${at("good.yaml")}:1:12: inherits.0: there is no class r640; no class was given. [class]\n`,
  ]);
});

test("diff shows what two specs expect differently and ends with 1, or says nothing and ends with 0", async () => {
  const at = await files({ "a.yaml": "fans: { count: 2 }\n", "b.yaml": "fans: { count: 4 }\nbmc: { product: X }\n" });
  const found = await runLine(["spec", "diff", at("a.yaml"), at("b.yaml")]);
  expect(found).toMatchObject({ code: 1, err: "" });
  expect(found.out).toContain("fans.count");
  expect(found.out).toContain("bmc.product");
  const json = await runLine(["spec", "diff", at("a.yaml"), at("b.yaml"), "--json"]);
  expect(JSON.parse(json.out)).toEqual([
    { where: "fans.count", before: "2", after: "4" },
    { where: "bmc.product", before: null, after: "X" },
  ]);
  expect(await runLine(["spec", "diff", at("a.yaml"), at("a.yaml")])).toEqual({ code: 0, out: "", err: "" });
});

test("diff and check end with 2, and every mistake with its place, where a spec is wrong", async () => {
  const at = await files({
    "bad.yaml": "cpu: { sokets: 2 }\nfans: { count: none }\n",
    "good.yaml": CLASS,
    "inventory.json": JSON.stringify(SERVER),
  });
  const wrong = [
    expect.stringContaining(`${at("bad.yaml")}:1:8: cpu.sokets: unknown key`),
    `${at("bad.yaml")}:2:16: fans.count: must be a whole number, from 1 up. [value]`,
    "",
  ];
  for (const words of [
    ["diff", at("good.yaml"), at("bad.yaml")],
    ["check", at("bad.yaml"), "--inventory", at("inventory.json")],
  ]) {
    const { code, out, err } = await runLine(["spec", ...words]);
    expect([code, out, err.split("\n")]).toEqual([2, "", wrong]);
  }
});

test("check compares a file of an inventory with a spec: 0 as expected or nearly, 1 for what is critical, 2 for no inventory", async () => {
  const at = await files({
    "inventory.json": JSON.stringify(SERVER),
    "good.yaml": CLASS,
    "near.yaml": 'board: { biosVersion: { atLeast: "3.0" } }\n',
    "bad.yaml": "fans: { count: 3 }\nboard: { assetTag: B }\n",
    "text.json": "{",
    "other.json": '{"version":1,"hardware":{}}',
  });
  const check = (spec: string, inventory = "inventory.json", ...more: string[]) =>
    runLine(["spec", "check", at(spec), "--inventory", at(inventory), ...more]);
  expect(await check("good.yaml")).toEqual({ code: 0, out: "As expected.\n", err: "" });
  const near = await check("near.yaml");
  expect(near.code).toBe(0);
  expect(near.out).toContain("The BIOS version of the board is 2.10.0; wanted is at least 3.0.");
  const bad = await check("bad.yaml", "inventory.json", "--json");
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.out)).toMatchObject([
    { severity: "critical", code: "fans-fewer", component: "fans", expected: "3", found: "2" },
    { severity: "warning", code: "board-part" },
  ]);
  expect(await check("good.yaml", "text.json")).toMatchObject({
    code: 2,
    err: expect.stringContaining("text.json: not JSON"),
  });
  expect(await check("good.yaml", "other.json")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/other.json: no inventory: hardware\.\w+/),
  });
  expect((await runLine(["spec", "check", at("good.yaml")])).code).toBe(2);
});

test("check shows what a server says of itself without its terminal escapes", async () => {
  const board = { ...SERVER.hardware.board, product: "R640\u009b2J\u202e" };
  const at = await files({
    "inventory.json": JSON.stringify({ ...SERVER, hardware: { ...SERVER.hardware, board } }),
    "spec.yaml": "board: { product: R740 }\n",
  });
  const { code, out } = await runLine(["spec", "check", at("spec.yaml"), "--inventory", at("inventory.json")]);
  expect(code).toBe(1);
  expect(out).toContain("R640");
  for (const hidden of ["\u009b", "\u202e"]) expect(out).not.toContain(hidden);
});

test("schema prints JSON Schema of a spec, and of an inventory", async () => {
  const spec = await runLine(["spec", "schema"]);
  expect(JSON.parse(spec.out)).toMatchObject({ title: "Expected spec of a host", additionalProperties: false });
  const inventory = await runLine(["spec", "schema", "--of", "inventory"]);
  expect(JSON.parse(inventory.out)).toMatchObject({
    title: "Inventory of a server",
    required: ["version", "hardware", "probes"],
  });
});
