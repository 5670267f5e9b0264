import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { exited } from "../../fakes/system.ts";
import { readOutcome } from "./outcome.ts";

/** As iperf3 3.12 prints it with `-J`; its exit code is 0. */
const refusal = (error: string) =>
  exited(
    JSON.stringify({ start: { connected: [], version: "iperf 3.12" }, intervals: [], end: {}, error }, null, "\t"),
  );

/** The end of a measurement in which 4 of 10 000 segments were sent again. */
const MEASURED = exited(
  JSON.stringify({
    start: { tcp_mss_default: 1448 },
    end: {
      sum_sent: { seconds: 1, bytes: 14_480_000, bits_per_second: 115_840_000, retransmits: 4, sender: true },
      sum_received: { seconds: 1, bytes: 14_000_000, bits_per_second: 112_000_000, sender: true },
    },
  }),
);

describe("readOutcome", () => {
  test("the figure is that of the end that received", () =>
    expect(readOutcome(MEASURED)).toEqual({ mbps: 112, sentBytes: 14_480_000, retransmits: 4, segmentBytes: 1448 }));

  // All of these were recorded.
  test.each([
    ["unable to connect to server: Connection refused", "refused"],
    ["unable to connect to server: Connection timed out", "unreachable"],
    ["unable to connect to server: No route to host", "unreachable"],
    ["the server is busy running a test. try again later", "busy"],
    ["unable to write to stream socket: Connection reset by peer", "lost"],
    ["control socket has closed unexpectedly", "lost"],
    ["the client has unexpectedly closed the connection", "lost"],
    ["unable to connect to server: Cannot assign requested address", "tool"],
    ["unable to connect to server: No such device", "tool"],
    ["error - unable to start listener for connections: Address already in use", "tool"],
  ] as const)("%s: %s, although the exit code is 0", (words, trouble) =>
    expect(readOutcome(refusal(words))).toEqual({ trouble, reason: words }),
  );

  test.each([
    [{ ...exited(""), end: "absent", exitCode: null }, "tool", "iperf3 is not installed"],
    [{ ...exited(""), end: "timed-out", exitCode: null }, "lost", "iperf3 did not end in its time"],
    [{ ...exited(""), end: "signalled", exitCode: null, signal: "SIGSEGV" }, "tool", "iperf3 was ended by SIGSEGV"],
    [exited("", 1), "tool", "iperf3 ended with code 1 and no answer"],
    [
      exited("", 1, "iperf3: error - unable to connect to server: Connection refused\n"),
      "refused",
      "iperf3: error - unable to connect to server: Connection refused",
    ],
    [exited("{}"), "tool", "iperf3 ended with code 0 and no answer"],
    [exited('{"start": {}, "end": {"sum_received": {"bits_per_second": null}}}'), "tool", "iperf3 gave no figure"],
    [exited('{"start": {}, "end": {"sum_sent": {"bits_per_second": 9e8}}}'), "tool", "iperf3 gave no figure"],
  ] as const)("no answer is no figure", (result, trouble, reason) =>
    expect(readOutcome(result)).toEqual({ trouble, reason }),
  );

  // iperf3 3.18 of the live image, recorded in the probe's fixtures.
  test.each([
    ["refused", "refused"],
    ["busy", "busy"],
    ["server-killed", "lost"],
    ["interrupted", "lost"],
  ] as const)("3.18: %s is %s", async (name, trouble) => {
    const text = await Bun.file(join(import.meta.dir, "../../probes/iperf3/fixtures", `${name}.json`)).text();
    expect(readOutcome(exited(text, 1)).trouble).toBe(trouble);
  });
});
