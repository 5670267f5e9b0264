/** What fio and badblocks said, recorded; and the watch over a disk's counter. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tableFiles } from "../../fakes/system.ts";
import { parseBadblocks } from "../../probes/badblocks/parse.ts";
import { parseFio } from "../../probes/fio/parse.ts";
import { badblocksFactsOf, fioFactsOf } from "./tool-facts.ts";
import { createWatch, readMoved } from "./watch.ts";

const fixture = (name: string): string => readFileSync(join(import.meta.dir, "fixtures", name), "utf8");
const MB = 1e6;

describe("fioFactsOf", () => {
  const facts = (text: string, random = false) => fioFactsOf(parseFio(text), random);

  test("counts the blocks that came back wrong, which fio's own figures and exit code leave out", () => {
    expect(facts(`${fixture("fio-verify.stderr.txt")}${fixture("fio-verify.json")}`)).toEqual({
      movedBytes: 68 * 2 ** 20,
      errorCount: 2,
      errors: [
        { kind: "verify", offsetBytes: 67_117_056 },
        { kind: "verify", offsetBytes: 67_149_824 },
      ],
      failures: [],
    });
  });

  test("reads random access", () => {
    expect(facts(fixture("fio-randread.json"), true)).toEqual({
      ...{ movedBytes: 1_451_814_912, errorCount: 0, errors: [], failures: [] },
      ...{ iops: 177_134.932534, p99Ms: 3.424256 },
    });
  });

  test("keeps what fio says when it cannot begin, and says when it said nothing", () => {
    const line = "fio: pid=0, err=22/file:filesetup.c:1155, func=total_file_size, error=Invalid argument";
    expect(facts(`n: you need to specify size=\n${line}\n`).failures).toContain(line);
    expect(facts("").failures).toHaveLength(1);
    expect(facts(fixture("fio-randread.json").slice(0, 5_000)).failures).toHaveLength(1);
  });
});

describe("badblocksFactsOf", () => {
  const [stdout, stderr] = [fixture("badblocks-102.stdout.txt"), fixture("badblocks-102.stderr.txt")];
  test("counts, and does not say of a test that was given up that it moved everything", () => {
    expect(badblocksFactsOf(parseBadblocks(`${stdout}\n${stderr}`), 2e9, 3e8)).toEqual({
      movedBytes: 3e8,
      errorCount: 102,
      errors: [],
      failures: ["102 blocks came back wrong", "badblocks did not test all of it."],
    });
  });
  test("without its last line the surface is not known", () => {
    const cut = stderr.slice(0, stderr.indexOf("Testing with pattern 0x55"));
    expect(badblocksFactsOf(parseBadblocks(cut), 2e9, 1e8)).toMatchObject({
      movedBytes: 1e8,
      failures: ["badblocks did not test all of it."],
    });
    expect(badblocksFactsOf(parseBadblocks(""), 2e9, 0).failures).toHaveLength(1);
  });
});

describe("createWatch", () => {
  const rule = { percent: 5, forMs: 120_000 };
  /** Moves at these speeds, in MB/s, one second after another. */
  const drive = (speeds: readonly number[]) => {
    const watch = createWatch(rule, 0, 1_000);
    let bytes = 1_000;
    return speeds.map((mbps, i) => {
      bytes += mbps * MB;
      return watch.see((i + 1) * 1_000, bytes);
    });
  };
  const seconds = (n: number, mbps: number): readonly number[] => new Array<number>(n).fill(mbps);

  test("a disk that goes on, also at a third of its speed, does not stall", () => {
    const paces = drive([...seconds(100, 150), ...seconds(300, 50)]);
    expect(paces.some(({ stalled }) => stalled)).toBe(false);
    expect(paces.at(-1)).toEqual({ movedBytes: 30_000 * MB, nowMbps: 50, slowestMbps: 50, stalled: false });
  });

  test("one that stands still has stalled after two minutes, not before", () => {
    const paces = drive([...seconds(100, 150), ...seconds(200, 1)]);
    expect(paces.findIndex(({ stalled }) => stalled)).toBe(100 + 120 - 1);
  });

  test("a pause of a minute is none", () => {
    expect(drive([...seconds(100, 150), ...seconds(60, 0), ...seconds(100, 150)]).some(({ stalled }) => stalled)).toBe(
      false,
    );
  });
});

test("readMoved adds what was read and what was written, by the kernel's own counters", async () => {
  const files = tableFiles({
    "/sys/dev/block/8:0/stat": "  100 0 2048 30 5 0 1024 9 0 0 0 0 0 0 0 0 0\n",
    "/sys/dev/block/8:1/stat": "odd\n",
  });
  expect(await readMoved(files, "8:0")).toBe(3072 * 512);
  expect([await readMoved(files, "8:1"), await readMoved(files, "8:2")]).toEqual([null, null]);
});
