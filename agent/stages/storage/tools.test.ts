/** What fio and badblocks said, recorded; and the watch over a disk's counter. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { tableFiles } from "../../fakes/system.ts";
import { countBadblocks, countFioErrors } from "./tool-errors.ts";
import { parseBadblocksReport, parseFioReport } from "./tool-reports.ts";
import { createWatch, readMoved } from "./watch.ts";

const fixture = (name: string): string => readFileSync(join(import.meta.dir, "fixtures", name), "utf8");
const MB = 1e6;

describe("countFioErrors", () => {
  test("finds the blocks that came back wrong, which fio's own figures and exit code leave out", () => {
    const counter = countFioErrors();
    counter.take(fixture("fio-verify.stderr.txt"));
    expect(counter.counted()).toEqual({
      count: 2,
      errors: [
        { kind: "verify", offsetBytes: 67_117_056 },
        { kind: "verify", offsetBytes: 67_149_824 },
      ],
      failures: [],
    });
    expect(parseFioReport(fixture("fio-verify.json"))).toMatchObject({ error: 0, movedBytes: 68 * 2 ** 20 });
  });

  test.each([
    [
      "verify: bad magic header 0, wanted acca at file /dev/loop3 offset 1048576, length 4096 (requested block: offset=1048576, length=1048576)\n",
      { kind: "verify", offsetBytes: 1_048_576 },
    ],
    [
      "fio: io_u error on file /proc/812/fd/14: Input/output error: read offset=24576, buflen=4096\n",
      { kind: "read", offsetBytes: 24_576 },
    ],
    [
      "fio: io_u error on file /proc/812/fd/14: No space left on device: write offset=0, buflen=4096\n",
      { kind: "write", offsetBytes: 0 },
    ],
  ])("reads %s", (line, error) => {
    const counter = countFioErrors();
    counter.take(line);
    expect(counter.counted()).toEqual({ count: 1, errors: [error], failures: [] } as never);
  });

  test("keeps what fio says when it cannot begin", () => {
    const counter = countFioErrors();
    counter.take(
      "n: you need to specify size=\nfio: pid=0, err=22/file:filesetup.c:1155, func=total_file_size, error=Invalid argument\n",
    );
    expect(counter.counted().failures).toEqual([
      "fio: pid=0, err=22/file:filesetup.c:1155, func=total_file_size, error=Invalid argument",
    ]);
  });

  test("property: it does not matter where the words are cut, and any words are borne", () => {
    const text = fixture("fio-verify.stderr.txt");
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: text.length }), { maxLength: 6 }),
        fc.string({ unit: "binary" }),
        (cuts, noise) => {
          const counter = countFioErrors();
          const ends = [...cuts, text.length].sort((a, b) => a - b);
          for (const [i, end] of ends.entries()) counter.take(text.slice(ends[i - 1] ?? 0, end));
          expect(counter.counted().count).toBe(2);
          counter.take(noise);
        },
      ),
    );
  });

  test("a line without an end costs no memory", () => {
    const counter = countFioErrors();
    for (let i = 0; i < 1_000; i += 1) counter.take("x".repeat(10_000));
    counter.take("\ncrc32c: verify failed at file /a offset 4096, length 4096\n");
    expect(counter.counted().count).toBe(1);
  });
});

describe("badblocks", () => {
  test("its blocks are places on the disk", () => {
    const counter = countBadblocks(4096);
    counter.take(fixture("badblocks-102.stdout.txt"));
    const { count, errors } = counter.counted();
    expect([count, errors.length, errors[0]]).toEqual([102, 32, { kind: "verify", offsetBytes: 1268 * 4096 }]);
  });

  test("its last line counts, and says whether it gave up", () => {
    expect(parseBadblocksReport(fixture("badblocks-102.stderr.txt"))).toEqual({
      badBlocks: 102,
      read: 0,
      write: 0,
      corruption: 102,
      gaveUp: true,
    });
    expect(parseBadblocksReport("Pass completed, 0 bad blocks found. (0/0/0 errors)\n")).toMatchObject({
      badBlocks: 0,
      gaveUp: false,
    });
  });

  test("without that line nothing is known", () => {
    const whole = fixture("badblocks-102.stderr.txt");
    expect(parseBadblocksReport(whole.slice(0, whole.indexOf("Pass completed")))).toBeNull();
    expect(parseBadblocksReport("")).toBeNull();
  });
});

describe("parseFioReport", () => {
  test("reads random access", () => {
    expect(parseFioReport(fixture("fio-randread.json"))).toEqual({
      movedBytes: 1_451_814_912,
      iops: 177_134.932534,
      p99Ms: 3.424256,
      error: 0,
    });
  });
  test("bears words before the JSON, and takes nothing else for it", () => {
    expect(parseFioReport(`fio: warning\n${fixture("fio-randread.json")}`)?.p99Ms).toBe(3.424256);
    for (const text of ["", "fio: error", "{}", '{"jobs": []}', '{"jobs": [']) expect(parseFioReport(text)).toBeNull();
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
