import { expect, test } from "bun:test";
import { childLine } from "./child-line.ts";

const say = (script: string) => Bun.spawn(["sh", "-c", script], { stdout: "pipe" });
const ready = (line: string) => (line.startsWith("ready ") ? line.slice(6) : null);

test("childLine answers with the first line that is picked and reads the rest, so that the child goes on", async () => {
  const child = say("echo begin; echo ready 7; echo ready 8; head -c 1000000 /dev/zero; exit 5");
  expect(await childLine(child.stdout, ready)).toBe("7");
  expect(await child.exited).toBe(5); // with its pipe full it would never end
});

test("childLine throws when the child ends before", async () => {
  await expect(childLine(say("echo begin; printf oops").stdout, ready)).rejects.toThrow("oops");
});
