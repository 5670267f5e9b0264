import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Iperf3Facts, parseIperf3 } from "./parse.ts";

const textOf = (name: string): string => readFileSync(join(import.meta.dir, "fixtures", `${name}.json`), "utf8");
const factsOf = (text: string): Iperf3Facts => {
  const parsed = parseIperf3(text);
  if (!parsed.ok) throw new Error(`${parsed.place}: ${parsed.reason}`);
  return parsed.facts;
};

describe("parseIperf3", () => {
  test("of two streams to the server: what was asked, sent and received, over both", () => {
    const facts = factsOf(textOf("forward"));
    expect(facts).toMatchObject({
      ...{ version: "iperf 3.18", direction: "forward", protocol: "TCP", streams: 2, askedS: 3, omitS: 1 },
      ...{ segmentBytes: 32_768, localCpuPercent: 2.6467807400717969, remoteCpuPercent: 1.36550351084521 },
    });
    expect(facts.flow).toEqual({
      sent: { bitsPerS: 400565378.525499, bytes: 150_208_512, seconds: 2.99993, retransmits: 0 },
      received: { bitsPerS: 400157208.64871347, bytes: 150_208_512, seconds: 3.00299 },
    });
    expect(facts.connections).toEqual([
      { localHost: "127.0.0.1", localPort: 55856, remoteHost: "127.0.0.1", remotePort: 15201 },
      { localHost: "127.0.0.1", localPort: 55864, remoteHost: "127.0.0.1", remotePort: 15201 },
    ]);
    expect([facts.reverseFlow, facts.error]).toEqual([undefined, undefined]);
  });

  test("marks the seconds that are in no sum", () => {
    expect(factsOf(textOf("forward")).intervals.map(({ omitted }) => omitted)).toEqual([true, false, false, false]);
  });

  test("of a run from the server", () => {
    const facts = factsOf(textOf("reverse"));
    expect(facts.direction).toBe("reverse");
    expect(facts.flow).toEqual({
      sent: { bitsPerS: 200163922.56413844, bytes: 50_069_504, seconds: 2.00114, retransmits: 1 },
      received: { bitsPerS: 200235165.67454565, bytes: 50_069_504, seconds: 2.000428 },
    });
    expect(facts.intervals).toEqual([
      { startS: 0, endS: 1.000219, bitsPerS: 200234167.22733158, omitted: false },
      { startS: 1.000219, endS: 2.000428, bitsPerS: 200236171.86933053, omitted: false },
    ]);
  });

  test("of both ways at once", () => {
    const facts = factsOf(textOf("both"));
    expect(facts.direction).toBe("both");
    expect(facts.flow.received?.bitsPerS).toBe(100054911.84659293);
    expect(facts.reverseFlow).toEqual({
      sent: { bitsPerS: 100058510.92795844, bytes: 25_034_752, seconds: 2.001609, retransmits: 1 },
      received: { bitsPerS: 100054911.84659293, bytes: 25_034_752, seconds: 2.001681 },
    });
    expect(facts.intervals[0]).toEqual({
      ...{ startS: 0, endS: 1.001068, bitsPerS: 100555902.69562219, reverseBitsPerS: 100555902.69562219 },
      ...{ retransmits: 1, omitted: false },
    });
  });

  test("of UDP: what was lost", () => {
    const facts = factsOf(textOf("udp"));
    expect(facts.protocol).toBe("UDP");
    expect(facts.flow.received).toEqual({
      bitsPerS: 20158639.864497781,
      bytes: 2_523_136,
      seconds: 1.001312,
      lostPackets: 0,
      packets: 77,
    });
    expect(facts.segmentBytes).toBeUndefined();
  });

  test("reads 3.12", () => {
    const facts = factsOf(textOf("debian12-forward"));
    expect([facts.version, facts.direction, facts.streams, facts.error]).toEqual([
      "iperf 3.12",
      "forward",
      1,
      undefined,
    ]);
    expect(facts.flow.received?.bytes).toBeGreaterThan(0);
    expect(factsOf(textOf("debian12-refused")).error).toBe("unable to connect to server: Connection refused");
  });

  test.each([
    ["busy", "the server is busy running a test. try again later"],
    [
      "refused",
      "unable to connect to server - server may have stopped running or use a different port, firewall issue, etc.: Connection refused",
    ],
    [
      "unknown-name",
      "unable to connect to server - server may have stopped running or use a different port, firewall issue, etc.: Name or service not known",
    ],
  ])("says why there was no test: %s", (name, error) => {
    expect(factsOf(textOf(name))).toEqual({ version: "iperf 3.18", connections: [], flow: {}, intervals: [], error });
  });

  test("of a client that was interrupted: figures until then, nothing received, and the error", () => {
    const facts = factsOf(textOf("interrupted"));
    expect(facts.error).toBe("interrupt - the client has terminated");
    expect([facts.askedS, facts.flow.sent?.seconds, facts.flow.received?.bitsPerS]).toEqual([10, 2.212939, 0]);
    expect(facts.intervals).toHaveLength(3);
  });

  test("of a server that went away: seconds until then, no sums, and the error", () => {
    const facts = factsOf(textOf("server-killed"));
    expect([facts.error, facts.flow]).toEqual(["control socket has closed unexpectedly", {}]);
    expect(facts.intervals[0]?.bitsPerS).toBe(50285334.655098759);
  });

  test("passes over lines before the JSON", () => {
    expect(factsOf(`warning: something\n${textOf("busy")}`).error).toContain("busy");
  });

  test("refuses other JSON, a text that breaks off, and words", () => {
    const forward = textOf("forward");
    for (const text of [
      "{}",
      "[1]",
      '{"end":{}}',
      forward.slice(0, forward.length / 2),
      "iperf3: unrecognized option\n",
      "",
    ])
      expect(parseIperf3(text).ok).toBe(false);
  });
});
