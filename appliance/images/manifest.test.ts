import { describe, expect, test } from "bun:test";
import { decodeManifest, type ImageManifest } from "./manifest.ts";

const hash = (digit: string) => digit.repeat(64);
const manifest: ImageManifest = {
  format: 1,
  id: hash("a"),
  kernelVersion: "6.12.107+deb13-amd64",
  builtFrom: { lock: hash("b"), agent: hash("c"), recipe: hash("d") },
  files: {
    kernel: { name: "vmlinuz", sha256: hash("1"), sizeBytes: 1 },
    initrd: { name: "initrd.img", sha256: hash("2"), sizeBytes: 2 },
    root: { name: "root.cpio", sha256: hash("3"), sizeBytes: 3 },
  },
};

describe("decodeManifest", () => {
  test("takes a whole manifest as it is", () => {
    expect(decodeManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
  });

  test.each([
    ["another format", { ...manifest, format: 2 }],
    [
      "a path in place of a name",
      { ...manifest, files: { ...manifest.files, root: { ...manifest.files.root, name: "../x" } } },
    ],
    ["an empty file", { ...manifest, files: { ...manifest.files, root: { ...manifest.files.root, sizeBytes: 0 } } }],
    ["an upper-case hash", { ...manifest, id: hash("A") }],
    ["a missing file", { ...manifest, files: { kernel: manifest.files.kernel, initrd: manifest.files.initrd } }],
    ["an unknown field", { ...manifest, extra: 1 }],
    ["nothing", null],
  ])("refuses %s", (_, value) => {
    expect(() => decodeManifest(value)).toThrow();
  });
});
