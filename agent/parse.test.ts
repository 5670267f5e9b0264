import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderParsed } from "./parse.ts";
import { PARSERS } from "./probes/parsers.ts";

const MAIN = join(import.meta.dir, "main.ts");
const DELL = join(import.meta.dir, "probes/dmidecode/fixtures/Dell_PowerEdge_PowerEdge_R640_759F6C3485FD.txt");
const NAMELESS = join(import.meta.dir, "probes/dmidecode/fixtures/Others_Others_Others_C1EB70C67286.txt");

/** The real command. */
const agent = async (words: readonly string[], stdin: Uint8Array | "ignore" = "ignore") => {
  const child = Bun.spawn([process.execPath, MAIN, "parse", ...words], { stdin, stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, err, lines: out.split("\n").slice(0, -1) };
};
const bytes = (text: string) => new TextEncoder().encode(text);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-parse-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("agent parse", () => {
  test("prints one line for each file, in order, and ends with 0", async () => {
    const { code, err, lines } = await agent(["dmidecode", DELL, NAMELESS]);
    expect([code, err]).toEqual([0, ""]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        file: DELL,
        system: { manufacturer: "Dell Inc.", product: "PowerEdge R640" },
        cpu: { socketsPopulated: 2 },
        memory: { slotsPopulated: 4, totalBytes: 64 * 2 ** 30 },
      },
      {
        file: NAMELESS,
        system: { manufacturer: null, product: null },
        cpu: { socketsPopulated: 1 },
        memory: { slotsPopulated: 2, totalBytes: 16 * 2 ** 30 },
      },
    ]);
  });

  test("reads stdin when no file is named, whatever shell wrote it", async () => {
    const text = await Bun.file(DELL).text();
    const { file: _file, ...facts } = JSON.parse((await agent(["dmidecode", DELL])).lines[0] ?? "");
    const utf16 = Uint8Array.of(0xff, 0xfe, ...Buffer.from(text, "utf16le"));
    for (const input of [bytes(text), utf16]) {
      const { code, lines } = await agent(["dmidecode"], input);
      expect(code).toBe(0);
      expect(lines.map((line) => JSON.parse(line))).toEqual([facts]);
    }
  });

  test("refuses each bad file by itself, with place and reason, does the others, and ends with 1", async () => {
    const [absent, other, binary, large] = ["absent", "other", "binary", "large"].map((name) => join(dir, name));
    if (!absent || !other || !binary || !large) throw new Error("four names");
    writeFileSync(other, "\nSlot:\t0000:00:00.0\n");
    writeFileSync(binary, crypto.getRandomValues(new Uint8Array(10_000)));
    writeFileSync(large, new Uint8Array(64 * 2 ** 20 + 1));
    const { code, err, lines } = await agent(["dmidecode", absent, dir, other, binary, large, DELL]);
    const answers = lines.map((line) => JSON.parse(line));
    expect(code).toBe(1);
    expect(answers.map((answer) => [answer.file, answer.error?.place])).toEqual([
      [absent, "file"],
      [dir, "file"],
      [other, "line 2"],
      [binary, expect.stringMatching(/^line \d+$/)],
      [large, "file"],
      [DELL, undefined],
    ]);
    expect(err.split("\n").slice(0, -1)).toEqual(
      answers.slice(0, -1).map(({ file, error }) => `${file}: ${error.place}: ${error.reason}`),
    );
  });

  test("refuses an empty stdin", async () => {
    expect(await agent(["dmidecode"], bytes(""))).toEqual({
      code: 1,
      err: "stdin: line 1: The text is empty.\n",
      lines: ['{"error":{"place":"line 1","reason":"The text is empty."}}'],
    });
  });

  test("an unknown tool ends with 2 and names those that are known; names of every object are none", async () => {
    for (const tool of ["dmidecod", "toString", "__proto__"]) {
      const { code, err, lines } = await agent([tool, DELL]);
      expect([code, lines]).toEqual([2, []]);
      for (const known of Object.keys(PARSERS)) expect(err).toContain(`\n  ${known} (`);
    }
    expect((await agent([])).code).toBe(2);
  });

  test("--help names every tool", async () => {
    const { code, lines } = await agent(["--help"]);
    expect(code).toBe(0);
    for (const known of Object.keys(PARSERS)) expect(lines.join("\n")).toContain(`${known} (`);
  });

  test("ends quietly when its reader has gone", async () => {
    const files = Array(50).fill(DELL).join(" ");
    const child = Bun.spawn(["sh", "-c", `${process.execPath} ${MAIN} parse dmidecode ${files} | head -n 1`], {
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect([JSON.parse(out).file, err]).toEqual([DELL, ""]);
  });
});

test("renderParsed puts facts that are a list under items", () => {
  expect(renderParsed("a", { ok: true, facts: [1, 2] })).toBe('{"file":"a","items":[1,2]}');
});
