/** Tests of the package installer, without installing anything. */
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingPackages, needPackages, parseInstalled, renderWithoutStarts } from "./packages.ts";

test("parseInstalled takes installed and held packages, and none that are removed or half there", () => {
  const text = "ii  bash\nhi  held-one\nrc  removed-config-left\nun  unknown\niU  unpacked\n\n";
  expect(parseInstalled(text)).toEqual(["bash", "held-one"]);
});

test("missingPackages names what dpkg does not have", async () => {
  expect(await missingPackages(["dpkg", "vetbox-does-not-exist"])).toEqual(["vetbox-does-not-exist"]);
});

test("needPackages does nothing for what is present", async () => {
  await needPackages(["dpkg", "util-linux"]);
});

test("needPackages refuses what could be an option or a shell word", async () => {
  for (const name of ["-oX=1", "a;b", "", "a b"])
    await expect(needPackages([name])).rejects.toThrow("not a package name");
});

test("renderWithoutStarts forbids starts while its command runs, and leaves no trace, nor touches a policy of the machine's own", async () => {
  const dir = mkdtempSync(join(tmpdir(), "vetbox-policy-"));
  try {
    const policy = join(dir, "policy-rc.d");
    const run = (...command: readonly string[]) =>
      Bun.spawn(["sh", "-c", renderWithoutStarts(policy), "install", ...command]).exited;
    expect(await run(policy, "nginx", "start")).toBe(101);
    expect(await run("sh", "-c", `cat ${policy} > ${policy}.left; exit 3`)).toBe(3);
    expect(existsSync(policy)).toBe(false);
    writeFileSync(policy, readFileSync(`${policy}.left`)); // as a power cut would leave it
    expect(await run("true")).toBe(0);
    expect(existsSync(policy)).toBe(false);
    writeFileSync(policy, "#!/bin/sh\nexit 0\n");
    expect(await run("true")).toBe(0);
    expect(readFileSync(policy, "utf8")).toBe("#!/bin/sh\nexit 0\n");
  } finally {
    rmSync(dir, { recursive: true });
  }
});
