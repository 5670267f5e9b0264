import { expect, test } from "bun:test";
import { LOCK_PATH, loadLock, renderLock } from "./lock.ts";

test("renderLock gives back the committed file, one package per line", async () => {
  const text = await Bun.file(LOCK_PATH).text();
  const lock = await loadLock();
  expect(renderLock(lock)).toBe(text);
  expect(text.split("\n").filter((line) => line.includes('"sha256"'))).toHaveLength(lock.packages.length);
});

test("loadLock refuses a file outside the pool", async () => {
  const lock = await loadLock();
  const [first] = lock.packages;
  if (first === undefined) throw new Error("the lock is empty");
  const path = `${process.env["TMPDIR"] ?? "/tmp"}/vetbox-lock-${process.pid}.json`;
  try {
    await Bun.write(path, renderLock({ ...lock, packages: [{ ...first, file: "../etc/evil.deb" }] }));
    await expect(loadLock(path)).rejects.toThrow("pool");
  } finally {
    await Bun.file(path).delete();
  }
});

test("the lock names no host", async () => {
  expect(await Bun.file(LOCK_PATH).text()).not.toContain("://");
});
