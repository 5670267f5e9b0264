/** Keys of holds, made by the real `ssh-keygen`. */
import { beforeAll, expect, test } from "bun:test";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { type Exec, systemExec } from "../agent/system/exec.ts";
import { HoldAnswer } from "../agent/wire/messages.ts";
import { needPackages } from "../test/setup/packages.ts";
import { fingerprintOf, generateHoldKey } from "./hold-key.ts";

beforeAll(() => needPackages(["openssh-client"]));

const scratch = async <T>(work: (dir: string) => Promise<T>): Promise<T> => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-keys-"));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
};

test("generateHoldKey makes a pair that fits, as the wire wants it, and leaves no file", async () => {
  await scratch(async (dir) => {
    const key = await generateHoldKey(systemExec, dir, "vetbox-r1");
    expect(await readdir(dir)).toEqual([]);
    expect(v.is(HoldAnswer, { authorizedKey: key.publicKey })).toBe(true);
    const file = join(dir, "key");
    await writeFile(file, key.privateKey, { mode: 0o600 });
    const derived = await systemExec({ argv: ["ssh-keygen", "-y", "-f", file], timeoutMs: 20_000 });
    expect(key.publicKey).toStartWith(derived.stdout.trim().split(" ").slice(0, 2).join(" "));
    const shown = await systemExec({ argv: ["ssh-keygen", "-l", "-f", file], timeoutMs: 20_000 });
    expect(shown.stdout.split(" ")[1]).toBe(fingerprintOf(key.publicKey));
    expect((await generateHoldKey(systemExec, dir, "vetbox-r1")).fingerprint).not.toBe(key.fingerprint);
  });
});

test("generateHoldKey is a fault without ssh-keygen, and leaves no file", async () => {
  const absent: Exec = async () => ({
    ...{ end: "absent", exitCode: null, signal: null, stdout: "", stderr: "", truncated: false, durationMs: 0 },
  });
  await scratch(async (dir) => {
    const made = generateHoldKey(absent, dir, "vetbox-r1");
    await expect(made).rejects.toMatchObject({ code: "tool-failed" });
    expect(await readdir(dir)).toEqual([]);
  });
});
