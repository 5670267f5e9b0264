/** `vetbox spec class …` over the operator API. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import { closeAll, NOW_MS, openBox, tempDir } from "./box.ts";

afterEach(closeAll);

const TEXT = "fans: { count: 6 }\n";

/** A box that keeps classes as a map does. */
const openClassBox = async () => {
  const kept = new Map([["r640", TEXT]]);
  const asked: string[] = [];
  const box = await openBox(
    {
      specClasses: async () => [
        { name: "compute", changedMs: NOW_MS, inherits: ["r640"], hosts: ["r07-u12", "r07-u14"] },
        { name: "r640", changedMs: NOW_MS, inherits: [], hosts: [] },
      ],
      specClass: async (name) => kept.get(name) ?? null,
    },
    {
      setSpecClass: async (name, yaml, by) => {
        asked.push(`set ${name} by ${by}`);
        if (yaml.includes("sokets"))
          return { ok: false, refusal: { code: "invalid", detail: "no sokets", path: "2:3" } };
        kept.set(name, yaml);
        return { ok: true, value: true };
      },
      removeSpecClass: async (name, by) => {
        asked.push(`remove ${name} by ${by}`);
        return name === "r640"
          ? { ok: false, refusal: { code: "in-use", detail: "It is inherited by host r07-u12." } }
          : { ok: true, value: true };
      },
    },
  );
  return { ...box, kept, asked };
};

test("list names each class with what it inherits and who inherits it", async () => {
  const box = await openClassBox();
  const { code, out } = await box.run(["spec", "class", "list"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^NAME +INHERITS +HOSTS\n/);
  expect(out).toMatch(/\ncompute +r640 +r07-u12, r07-u14\n/);
  expect(out).toMatch(/\nr640\b/);
  expect(JSON.parse((await box.run(["spec", "class", "list", "--json"])).out)).toHaveLength(2);
});

test("show writes the class as it was written; 1 where there is none", async () => {
  const box = await openClassBox();
  expect(await box.run(["spec", "class", "show", "r640"])).toEqual({ code: 0, out: TEXT, err: "" });
  expect(JSON.parse((await box.run(["spec", "class", "show", "r640", "--json"])).out)).toEqual({
    name: "r640",
    spec: TEXT,
  });
  expect(await box.run(["spec", "class", "show", "nosuch"])).toEqual({
    code: 1,
    out: "",
    err: "There is no class of this name.\n",
  });
});

test("set sends a file or standard input, and ends with 1 and the place of what is wrong", async () => {
  const box = await openClassBox();
  const file = join(await tempDir(), "class.yaml");
  await Bun.write(file, "bmc: { product: iDRAC9 }\n");
  expect((await box.run(["spec", "class", "set", "dell", file])).code).toBe(0);
  expect(box.kept.get("dell")).toBe("bmc: { product: iDRAC9 }\n");
  const piped = await box.run(["spec", "class", "set", "hp", "-"], { readInput: async () => TEXT });
  expect([piped.code, box.kept.get("hp")]).toEqual([0, TEXT]);
  const wrong = await box.run(["spec", "class", "set", "dell", "-"], { readInput: async () => "cpu:\n  sokets: 2\n" });
  expect(wrong).toEqual({ code: 1, out: "", err: "2:3: no sokets\n" });
  expect(box.asked).toEqual(["dell", "hp", "dell"].map((name) => `set ${name} by operator@local`));
});

test("remove takes a class away, and tells who inherits it", async () => {
  const box = await openClassBox();
  expect((await box.run(["spec", "class", "remove", "compute"])).code).toBe(0);
  expect(await box.run(["spec", "class", "remove", "r640"])).toEqual({
    code: 1,
    out: "",
    err: "It is inherited by host r07-u12.\n",
  });
  expect(box.asked).toEqual(["remove compute by operator@local", "remove r640 by operator@local"]);
});
