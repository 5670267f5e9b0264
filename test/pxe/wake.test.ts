/** Magic packets as they come out at the switch. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { BOX_ADDRESS, openSegment, SEGMENT_INTERFACE, type Segment } from "../rack/segment.ts";
import { needPackages } from "../setup/packages.ts";

const MAC = "52:54:00:77:00:42";
const WAKE = [process.execPath, join(import.meta.dir, "wake-main.ts"), MAC];

setDefaultTimeout(60_000);

let segment: Segment;
beforeAll(async () => {
  await needPackages(["iproute2", "ethtool"]);
  segment = await openSegment({ id: `w${process.pid}` });
});
afterAll(async () => {
  await segment?.[Symbol.asyncDispose]();
});

test("wakeHost sends UDP to both ports and a raw frame, three times, and all of them wake", async () => {
  const listener = segment.switch.spawn([process.execPath, join(import.meta.dir, "frames-main.ts"), "br0", "9"], {
    stdout: "pipe",
  });
  if (!(listener.stdout instanceof ReadableStream)) throw new Error("the listener has no pipe");
  const reader = listener.stdout.getReader();
  const decoder = new TextDecoder();
  expect(decoder.decode((await reader.read()).value)).toBe("listening\n");
  const woke = await segment.box.run([...WAKE, SEGMENT_INTERFACE, BOX_ADDRESS, "10.77.0.255"]);
  expect(JSON.parse(woke.stdout)).toEqual({ udpPackets: 6, rawFrames: 3 });
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += decoder.decode(part.value);
  const kinds = text.trim().split("\n").sort();
  expect(kinds).toEqual([
    ...Array(3).fill(`raw ${MAC}`),
    ...Array(3).fill(`udp7 ${MAC}`),
    ...Array(3).fill(`udp9 ${MAC}`),
  ]);
});

test("wakeHost without the right to send frames still wakes by UDP", async () => {
  const bare = ["setpriv", "--bounding-set", "-net_raw"]; // also root gets no more than its bounding set
  const woke = await segment.box.run([...bare, ...WAKE, SEGMENT_INTERFACE, BOX_ADDRESS, "10.77.0.255"]);
  expect(woke.stderr).toContain("waking by raw frame failed");
  expect(JSON.parse(woke.stdout)).toEqual({ udpPackets: 6, rawFrames: 0 });
});

test("wakeHost throws when nothing can be sent", async () => {
  const woke = await segment.box.run([...WAKE, "nowhere0", "10.99.99.99", "10.99.99.255"]);
  expect(woke.exitCode).not.toBe(0);
  expect(woke.stderr).toContain("no wake-up packet could be sent");
});
