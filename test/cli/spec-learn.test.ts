/** `vetbox spec learn`. */
import { afterEach, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OperatorDesk } from "../../appliance/core/ports.ts";
import { closeAll, openBox, tempDir } from "./box.ts";

afterEach(closeAll);

/** A box that has learned something of its host. */
const openLearned = (desk: Partial<OperatorDesk> = {}) =>
  openBox({ learnedSpec: async (hostId, serials) => `# ${hostId}, serials ${serials}\ncpu: { sockets: 2 }\n` }, desk);

describe("vetbox spec learn", () => {
  test("writes the spec as it is, with serials unless told otherwise", async () => {
    const box = await openLearned();
    expect(await box.run(["spec", "learn", "r07-u12"])).toEqual({
      ...{ code: 0, err: "" },
      out: "# h1, serials true\ncpu: { sockets: 2 }\n",
    });
    const without = await box.run(["spec", "learn", "r07-u12", "--no-serials"]);
    expect(without.out).toBe("# h1, serials false\ncpu: { sockets: 2 }\n");
  });

  test("-o writes a new file and never over an old one", async () => {
    const box = await openLearned();
    const output = join(await tempDir(), "learned.yaml");
    expect(await box.run(["spec", "learn", "r07-u12", "-o", output])).toMatchObject({ code: 0, out: "" });
    expect(await readFile(output, "utf8")).toBe("# h1, serials true\ncpu: { sockets: 2 }\n");
    expect((await box.run(["spec", "learn", "r07-u12", "-o", output])).code).toBe(2);
  });

  test("--set makes it the host's spec, and nothing else does", async () => {
    const set: unknown[] = [];
    const box = await openLearned({
      setSpec: async (hostId, yaml) => {
        set.push([hostId, yaml]);
        return { ok: true, value: true };
      },
    });
    await box.run(["spec", "learn", "r07-u12"]);
    expect(set).toEqual([]);
    const { code, out } = await box.run(["spec", "learn", "r07-u12", "--set", "--no-serials"]);
    expect([code, out]).toEqual([0, "learned spec set for  r07-u12\n"]);
    expect(set).toEqual([["h1", "# h1, serials false\ncpu: { sockets: 2 }\n"]]);
  });

  test("says so when the host was never looked at", async () => {
    const box = await openBox({ learnedSpec: async () => null });
    const { code, err } = await box.run(["spec", "learn", "r07-u12"]);
    expect(code).toBe(1);
    expect(err).toContain("No run of this host has a good inventory yet");
  });
});
