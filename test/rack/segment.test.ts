import { beforeAll, expect, test } from "bun:test";
import { needPackages } from "../setup/packages.ts";
import { openSegment, removeSegment, segmentIsWhole, segmentNamespaces } from "./segment.ts";
import { RACK_PACKAGES } from "./verbs.ts";

beforeAll(() => needPackages(RACK_PACKAGES), 300_000);

/** Ids of their own for this process, so that two runs of the tests do not meet. */
const idOf = (letter: string): string => `${letter}${process.pid.toString(36)}`;

/** Says its port when it listens, and `word` to whoever connects. */
const sayer = (host: string, word: string): readonly string[] => [
  process.execPath,
  "-e",
  `const s = Bun.listen({ hostname: ${JSON.stringify(host)}, port: 0, socket: { open: (c) => { c.end(${JSON.stringify(word)}); }, data() {} } }); console.log(s.port);`,
];
const hearer = (host: string, port: string): readonly string[] => [
  process.execPath,
  "-e",
  `const c = await Bun.connect({ hostname: ${JSON.stringify(host)}, port: ${port}, socket: { data: (_, d) => console.log(d.toString()), close: () => process.exit(0) } });`,
];
const firstLine = async (stream: unknown): Promise<string> => {
  if (!(stream instanceof ReadableStream)) throw new Error("no pipe");
  const { value } = await stream.getReader().read();
  return new TextDecoder().decode(value).trim();
};

test("openSegment: a box and an attached namespace talk; another segment has the same addresses and its own box", async () => {
  await using one = await openSegment({ id: idOf("a") });
  await using two = await openSegment({ id: idOf("b") });
  const heard: string[] = [];
  for (const [segment, word] of [
    [one, "box one"],
    [two, "box two"],
  ] as const) {
    const port = await firstLine(segment.box.spawn(sayer("10.77.0.1", word), { stdout: "pipe" }).stdout);
    const site = await segment.attach("site", "10.77.0.2/24");
    expect((await segment.attach("site", "10.77.0.2/24")).name).toBe(site.name);
    heard.push((await site.run(hearer("10.77.0.1", port))).stdout.trim());
  }
  expect(heard).toEqual(["box one", "box two"]);
});

test("openSegment: the switch has no address, so that it never speaks for itself", async () => {
  await using segment = await openSegment({ id: idOf("c") });
  const { stdout } = await segment.switch.run(["ip", "-o", "addr", "show"]);
  expect(stdout.split("\n").filter((line) => line !== "" && !line.includes(" lo "))).toEqual([]);
});

test("openSegment adopts what is whole, and builds anew over the half that a killed process left", async () => {
  const id = idOf("d");
  await using first = await openSegment({ id });
  const child = first.box.spawn(["sleep", "infinity"], { stdout: "ignore", stderr: "ignore" });
  const again = await openSegment({ id });
  expect([again.box.name, child.exitCode]).toEqual([first.box.name, null]);
  await first.switch.run(["ip", "link", "del", "to-box"]);
  expect(await segmentIsWhole(id)).toBe(false);
  await openSegment({ id });
  expect(await segmentIsWhole(id)).toBe(true);
  expect(await child.exited).not.toBe(0);
});

test("removeSegment ends every process inside, those that outlive their starter and those that ignore SIGTERM too", async () => {
  const id = idOf("e");
  const segment = await openSegment({ id });
  const stubborn = ["sh", "-c", "trap '' TERM; echo up; exec sleep infinity"];
  const child = segment.switch.spawn(stubborn, { stdout: "pipe", stderr: "ignore", outlive: true });
  await firstLine(child.stdout);
  await removeSegment(id);
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  expect(await segmentNamespaces(id)).toEqual([]);
  await removeSegment(id);
});

test.each(["", "A", "a-b", "123456789", "../x"])("openSegment refuses the id %j", async (id) => {
  await expect(openSegment({ id })).rejects.toMatchObject({ code: "invalid", place: "id" });
});
