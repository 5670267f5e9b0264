import { expect, test } from "bun:test";
import { IMAGE_STEPS, imageFilePath, loaderPath, parseBootPath } from "./boot-paths.ts";

const MAC = "52:54:00:77:00:01";
const SHA = "0123456789abcdef".repeat(4);

test("parseBootPath reads what imageFilePath and loaderPath write", () => {
  for (const step of IMAGE_STEPS)
    expect(parseBootPath(imageFilePath(MAC, step, SHA))).toEqual({ kind: "image", mac: MAC, step, sha256: SHA });
  expect(parseBootPath(loaderPath("snponly.efi"))).toEqual({ kind: "loader", name: "snponly.efi" });
});

test.each([
  "/",
  "/image",
  `/image/525400770001/${SHA}/rootfs`,
  `/image/525400770001/${SHA}/kernel/`,
  `/image/525400770001/${SHA.slice(1)}/kernel`,
  `/image/52:54:00:77:00:01/${SHA}/kernel`,
  "/loaders/",
  "/loaders/../secret",
  "/loaders/..%2fsecret",
  "/loaders/.hidden",
  "/loaders/a/b",
  "/etc/passwd",
])("parseBootPath knows no %s", (path) => {
  expect(parseBootPath(path)).toBeNull();
});
