/** Tests of the package installer, without installing anything. */
import { expect, test } from "bun:test";
import { missingPackages, needPackages, parseInstalled } from "./packages.ts";

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
