import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Built, buildAgent } from "./build.ts";
import { systemExec } from "./system/exec.ts";

let dir: string;
let first: Built;
let second: Built;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-build-"));
  for (const name of ["one", "two"]) await Bun.$`mkdir -p ${join(dir, name)}`.quiet();
  first = await buildAgent(join(dir, "one/agent"));
  second = await buildAgent(join(dir, "two/agent"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("buildAgent", () => {
  test("the same sources are the same bits, wherever they are built", () => {
    expect([first.isNew, second.isNew]).toEqual([true, true]);
    expect(second.sha256).toBe(first.sha256);
  });

  test("an executable that is there already is kept; one that was changed is built again", async () => {
    expect((await buildAgent(first.out)).isNew).toBe(false);
    writeFileSync(first.out, "damaged");
    const again = await buildAgent(first.out);
    expect([again.isNew, again.sha256]).toEqual([true, second.sha256]);
  });

  test("the executable says its version, replays an inventory, and holds no path of the machine that built it", async () => {
    const run = (...words: string[]) => systemExec({ argv: [second.out, ...words], timeoutMs: 30_000 });
    expect((await run("version")).stdout).toBe(`${second.version}\n`);
    const facts = await run("inventory", "--from", join(import.meta.dir, "stages/inventory/fixtures/supermicro-1014s"));
    expect(JSON.parse(facts.stdout).hardware.disks).toHaveLength(4);
    expect(readFileSync(second.out).includes(join(import.meta.dir, ".."))).toBe(false);
  });
});
