import { describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fault } from "../agent/system/fault.ts";
import { openLog, SECRET_KEYS } from "./log.ts";

const openLines = (level: Parameters<typeof openLog>[0]["level"] = "info") => {
  const lines: string[] = [];
  const log = openLog({ level, dest: { write: (line: string) => void lines.push(line) } });
  return { log, lines };
};

describe("openLog", () => {
  for (const key of SECRET_KEYS)
    test(`keeps ${key} out, at the top and two levels down`, () => {
      const { log, lines } = openLines();
      log.info({ [key]: "s3cret", a: { [key]: "s3cret", b: { [key]: "s3cret" } } }, "said");
      expect(lines.join("")).not.toContain("s3cret");
      expect(lines.join("").match(/\[redacted\]/g)).toHaveLength(3);
    });

  test("writes one object a line, whatever the text holds", () => {
    const { log, lines } = openLines();
    log.warn({ serial: 'x"\n{"level":"fatal"}\u001b[2J' }, "line\nbreak");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.trimEnd().split("\n")).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "warn", msg: "line\nbreak" });
  });

  test("writes a fault with its code, its context and its cause", () => {
    const { log, lines } = openLines();
    log.error({ err: new Fault("disk-full", { path: "/data" }, { cause: new Error("ENOSPC") }) }, "failed");
    for (const words of ["disk-full", "/data", "ENOSPC"]) expect(lines.join("")).toContain(words);
  });

  test("leaves out what is below its level", () => {
    const { log, lines } = openLines("warn");
    log.info("small");
    expect(lines).toEqual([]);
  });

  test("has written a line to its file before the call returns", async () => {
    const dir = await mkdtemp(join(tmpdir(), "vetbox-log-"));
    const log = openLog({ level: "info", dest: join(dir, "log") });
    log.info("here");
    expect(await readFile(join(dir, "log"), "utf8")).toContain('"msg":"here"');
    await rm(dir, { recursive: true, force: true });
  });
});
