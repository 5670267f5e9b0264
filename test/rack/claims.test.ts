import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openClaim, publishFile } from "./claims.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "vetbox-claims-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test("openClaim: of twenty at once one wins; once it lets go, the next one does", async () => {
  const path = join(dir, "many");
  const claims = await Promise.all(Array.from({ length: 20 }, () => openClaim(path)));
  const [winner, ...more] = claims.filter((claim) => claim !== null);
  expect(more).toEqual([]);
  expect(await openClaim(path)).toBeNull();
  await winner?.[Symbol.asyncDispose]();
  await using next = await openClaim(path);
  expect(next).not.toBeNull();
});

test("openClaim: another process's claim holds while it lives and is void when it is killed", async () => {
  const path = join(dir, "killed");
  const program = `import { openClaim } from ${JSON.stringify(join(import.meta.dir, "claims.ts"))};
    console.log((await openClaim(${JSON.stringify(path)})) !== null); process.stdin.resume();`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdin: "pipe", stdout: "pipe" });
  const said = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(said.value)).toBe("true\n");
  expect(await openClaim(path)).toBeNull();
  child.kill("SIGKILL");
  await child.exited;
  await using claim = await openClaim(path);
  expect(claim).not.toBeNull();
});

test("publishFile: of two contents under one name the first stays, whole, and no draft is left", async () => {
  const path = join(dir, "published");
  const wins = await Promise.all(["a", "b", "c"].map((content) => publishFile(path, content.repeat(1000))));
  expect(wins.filter(Boolean)).toHaveLength(1);
  expect(await Bun.file(path).text()).toMatch(/^(a{1000}|b{1000}|c{1000})$/);
  expect((await readdir(dir)).filter((name) => name.includes("draft"))).toEqual([]);
});
