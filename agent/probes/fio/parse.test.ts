import { describe, expect, test } from "bun:test";
import { loadSamples } from "../../fakes/samples.ts";
import type { FioFacts, FioMoment } from "./facts.ts";
import { createFioProgress, parseFio } from "./parse.ts";

const fixture = (name: string): string => {
  const text = loadSamples("fio").find((sample) => sample.name === `${name}.txt`)?.text;
  if (text === undefined) throw new Error(`no fixture ${name}`);
  return text;
};

const factsOf = (text: string): FioFacts => {
  const parsed = parseFio(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.facts;
};

const IDLE = { ioBytes: 0, bwBytesPerS: 0, iops: 0, runtimeMs: 0, totalIos: 0, clatNs: {} };

describe("parseFio", () => {
  test("reads what was moved, how fast, and latencies", () => {
    const clatNs = { p50: 11_075_584, p99: 24_248_320, p999: 24_248_320, max: 24_309_387 };
    const write = {
      ioBytes: 4_194_304,
      bwBytesPerS: 23_045_626,
      iops: 351.648352,
      runtimeMs: 182,
      totalIos: 64,
      clatNs,
    };
    expect(factsOf(fixture("write-ok"))).toEqual({
      version: "fio-3.33",
      jobs: [{ name: "surface", errorCode: 0, errorCount: 0, elapsedS: 1, read: IDLE, write }],
      ...{ errors: [], errorCount: 0, interrupted: false, truncated: false, messages: [] },
    });
  });

  test("reads both directions of random access", () => {
    const [job] = factsOf(fixture("random")).jobs;
    const both = { ioBytes: 1_638_400, bwBytesPerS: 818_381, iops: 199.8002, runtimeMs: 2002, totalIos: 400 };
    expect(job).toEqual({
      ...{ name: "random", errorCode: 0, errorCount: 0, elapsedS: 3 },
      read: { ...both, clatNs: { p50: 8096, p99: 27_520, p999: 90_624, max: 90_606 } },
      write: { ...both, clatNs: { p50: 11_840, p99: 48_384, p999: 77_312, max: 77_389 } },
    });
  });

  test("names the places where other bytes came than were written, which fio counts as one", () => {
    const facts = factsOf(fixture("verify-bad"));
    expect(facts.jobs).toMatchObject([{ errorCode: 84, errorCount: 1 }]);
    expect(facts.errors).toEqual([
      { kind: "verify", op: "read", offsetBytes: 1_048_576, sizeBytes: 4096 },
      { kind: "verify", op: "read", offsetBytes: 2_097_152, sizeBytes: 4096 },
    ]);
    expect(facts.errorCount).toBe(2);
    expect(facts.messages).toEqual(["Expected CRC: 0a02b405", "Received CRC: 92d88d58"]);
  });

  test.each([
    ["read-eio-go-on", { read: { ioBytes: 4_128_768 } }],
    ["write-eio-go-on", { write: { ioBytes: 4_128_768 } }],
  ])("counts refused requests that it went on after: %s", (name, flow) => {
    const facts = factsOf(fixture(name));
    expect(facts).toMatchObject({ jobs: [{ errorCode: 5, errorCount: 1, ...flow }], errors: [], errorCount: 1 });
  });

  test("names the place of the refused request that ended it", () => {
    const facts = factsOf(fixture("read-eio-stop"));
    expect(facts.jobs).toMatchObject([{ errorCode: 5, errorCount: 1, read: { ioBytes: 1_048_576 } }]);
    expect(facts.errors).toEqual([{ kind: "io", op: "read", offsetBytes: 1_048_576, sizeBytes: 65_536 }]);
    expect(facts.errorCount).toBe(1);
    expect(facts.messages).toEqual([
      "fio: pid=15137, err=5/file:io_u.c:1876, func=io_u error, error=Input/output error",
    ]);
  });

  test("tells an end from outside from a job that failed and from one that never began", () => {
    expect(factsOf(fixture("terminated"))).toMatchObject({
      ...{ interrupted: true, truncated: false, messages: [] },
      jobs: [{ errorCode: 0, read: { ioBytes: 1_769_472 } }],
    });
    expect(factsOf(fixture("absent"))).toMatchObject({ interrupted: false, jobs: [{ errorCode: 2, errorCount: 1 }] });
    expect(factsOf(fixture("option"))).toMatchObject({
      jobs: [],
      messages: ["fio: unrecognized option '--nosuch=1'", "fio: unrecognized option '--nosuch=1'"],
    });
  });

  test("of several documents the last one counts, and a cut one is told", () => {
    const text = fixture("status-interval-3.39");
    const whole = factsOf(text);
    expect(whole).toMatchObject({ version: "fio-3.39", truncated: false });
    expect(whole.jobs.map(({ name, read }) => [name, read?.ioBytes])).toEqual([
      ["surface", 1_048_576],
      ["end", 65_536],
    ]);
    const cut = factsOf(text.slice(0, -1000));
    expect(cut).toMatchObject({ truncated: true, jobs: [{ read: { ioBytes: 851_968 } }, { read: { ioBytes: 0 } }] });
  });

  test("lines of both streams in one, within a document and before it, are lines", () => {
    const text = fixture("read-eio-go-on");
    const line = "fio: io_u error on file /dev/sdb: Input/output error: write offset=8192, buflen=4096";
    const mixed = `note: both iodepth >= 1 and synchronous I/O engine are selected\n${text.replace("\n", `\n${line}\n`)}`;
    expect(factsOf(mixed)).toMatchObject({
      errors: [{ kind: "io", op: "write", offsetBytes: 8192, sizeBytes: 4096 }],
      jobs: [{ errorCount: 1 }],
    });
    expect(factsOf(JSON.stringify(JSON.parse(text)))).toEqual(factsOf(text));
  });

  test("a header of any kind that is wrong is a verify error", () => {
    const place = "at file /dev/sdb offset 4096, length 4096 (requested block: offset=0, length=65536)";
    for (const what of [
      "header offset 0, wanted 4096",
      "header rand_seed 12, wanted 34",
      "header crc 0a, calculated 0b",
    ])
      expect(factsOf(`verify: bad ${what} ${place}\n`).errors).toMatchObject([{ kind: "verify", offsetBytes: 4096 }]);
  });

  test("refuses what is no output of it", () => {
    expect(parseFio("")).toEqual({ ok: false, place: "line 1", reason: "Not the output of fio." });
    expect(parseFio('{\n "a": 1\n}\n')).toEqual({
      ok: false,
      place: "line 1",
      reason: "JSON, but not of fio: no jobs.",
    });
    expect(parseFio(fixture("write-ok").slice(0, 900)).ok).toBe(false);
  });
});

describe("createFioProgress", () => {
  test.each([1, 17, 4096, 100_000])("tells bytes and time by each document, in pieces of %d", (size) => {
    const progress = createFioProgress();
    const text = fixture("status-interval-3.39");
    const told: FioMoment[] = [];
    for (let at = 0; at < text.length; at += size) {
      const moment = progress.push(text.slice(at, at + size), "stdout");
      if (moment !== undefined) told.push(moment);
    }
    // The last piece may hold both documents: the later one is told.
    expect(told.at(-1)).toEqual({ ioBytes: 1_114_112, elapsedS: 2, errorCount: 0 });
    if (size < 10_000) expect(told[0]).toEqual({ ioBytes: 851_968, elapsedS: 2, errorCount: 0 });
    expect(progress.facts()).toEqual(parseFio(text));
  });

  test("the streams come apart, each with its own unfinished line", () => {
    const progress = createFioProgress();
    const error = "fio: io_u error on file /dev/sdb: Input/output error: read offset=4096, buflen=512\n";
    const document = fixture("random");
    progress.push(document.slice(0, 500), "stdout");
    progress.push(error.slice(0, 20), "stderr");
    progress.push(document.slice(500), "stdout");
    progress.push(error.slice(20), "stderr");
    const facts = progress.facts();
    expect(facts).toMatchObject({ ok: true, facts: { errors: [{ offsetBytes: 4096 }], jobs: [{ name: "random" }] } });
  });
});
