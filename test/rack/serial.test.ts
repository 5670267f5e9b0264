import { afterAll, beforeAll, expect, test } from "bun:test";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { followSerial, plainText, readSerial, waitForSerial } from "./serial.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "vetbox-serial-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const PATIENCE_MS = 20_000;
const wait = (path: string, isOver = () => false) => ({ path, from: 0, timeoutMs: PATIENCE_MS, isOver });

test("plainText takes out colours, cursor moves and carriage returns, and nothing else", () => {
  expect(plainText("\u001b[2J\u001b[01;01H\u001b[=3hBdsDxe:\u001b[0m [ok]\r\n\u001b(B100 %\u001b7")).toBe(
    "BdsDxe: [ok]\n100 %",
  );
});

test("waitForSerial sees a text that comes in pieces", async () => {
  const path = join(dir, "pieces");
  const found = waitForSerial("s1", /boot (\w+)/, wait(path));
  for (const piece of ["bo", "ot \u001b[1", "mdo", "ne\n"]) await appendFile(path, piece);
  // The first match may end at any piece: what counts is that it came and what it caught.
  expect((await found)[1]).toStartWith("do");
});

test("waitForSerial: what was said before power off counts, and what was not is refused as off, with the last lines", async () => {
  const path = join(dir, "off");
  await writeFile(path, "first\nlast words\n");
  expect(
    (
      await waitForSerial(
        "s1",
        /last/g,
        wait(path, () => true),
      )
    )[0],
  ).toBe("last");
  await expect(
    waitForSerial(
      "s1",
      /never/,
      wait(path, () => true),
    ),
  ).rejects.toMatchObject({
    code: "off",
    message: expect.stringContaining("last words"),
  });
});

test("waitForSerial refuses as timeout", async () => {
  const late = { ...wait(join(dir, "none")), timeoutMs: 1 };
  await expect(waitForSerial("s1", /never/, late)).rejects.toMatchObject({ code: "timeout" });
});

test("waitForSerial from a mark on sees only what comes later", async () => {
  const path = join(dir, "mark");
  await writeFile(path, "boot 1\n");
  const found = waitForSerial("s1", /boot (\d)/, { ...wait(path), from: Bun.file(path).size });
  await appendFile(path, "boot 2\n");
  expect((await found)[1]).toBe("2");
});

test("followSerial gives all, characters whole, and ends with the server; readSerial takes a missing log as silence", async () => {
  const path = join(dir, "follow");
  await writeFile(path, "20 °C\n".repeat(20_000));
  let text = "";
  for await (const piece of followSerial(path, () => true)) text += piece;
  expect(text).toBe("20 °C\n".repeat(20_000));
  expect(await readSerial(join(dir, "no log"))).toBe("");
});
