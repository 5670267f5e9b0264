import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadFile, removeFile, savedNames, saveFile } from "./durable.ts";
import { type Files, openFiles, readAttribute } from "./files.ts";

let root: string;
let files: Files;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vetbox-files-"));
  mkdirSync(join(root, "sys/bus/pci/drivers/tg3"), { recursive: true });
  mkdirSync(join(root, "sys/class/net/eno1"), { recursive: true });
  writeFileSync(join(root, "sys/class/net/eno1/address"), "00:11\n");
  symlinkSync("../../../bus/pci/drivers/tg3", join(root, "sys/class/net/eno1/driver"));
  symlinkSync("/etc/hostname", join(root, "sys/class/net/eno1/outside"));
  files = openFiles(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("openFiles", () => {
  test("reads, lists and resolves below its root, with the machine's own paths", async () => {
    expect(await files.readText("/sys/class/net/eno1/address")).toBe("00:11\n");
    expect(await files.list("/sys/class/net/eno1")).toEqual(["address", "driver", "outside"]);
    expect(await files.realPath("/sys/class/net/eno1/driver")).toBe("/sys/bus/pci/drivers/tg3");
  });

  test("what is not there is an answer", async () => {
    expect([await files.readText("/nothing"), await files.list("/nothing"), await files.realPath("/nothing")]).toEqual([
      null,
      [],
      null,
    ]);
    expect(await files.readText("/sys/class/net/eno1/address/below")).toBeNull();
  });

  test("what is there and cannot be read is a fault, and no attribute", async () => {
    await expect(files.readText("/sys/class/net")).rejects.toThrow("file-unreadable");
    expect(await readAttribute(files, "/sys/class/net")).toBeNull();
    expect(await readAttribute(files, "/sys/class/net/eno1/address")).toBe("00:11");
  });

  test("nothing outside of the root is reached by dots, and no path outside is named by a link", async () => {
    await expect((async () => files.readText("/../../etc/hostname"))()).rejects.toThrow("file-unreadable");
    expect(await files.realPath("/sys/class/net/eno1/outside")).toBeNull();
  });
});

describe("saveFile", () => {
  test("writes whole files for their owner alone, folders too", () => {
    const path = join(root, "run/deep/file");
    saveFile(path, "one");
    saveFile(path, "two");
    expect(readFileSync(path, "utf8")).toBe("two");
    expect([statSync(path).mode & 0o777, statSync(join(root, "run/deep")).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readdirSync(join(root, "run/deep"))).toEqual(["file"]);
  });

  test("what a killed process left half written is in nobody's way", () => {
    const path = join(root, "file");
    writeFileSync(`${path}.new`, "half");
    expect(savedNames(root)).not.toContain("file.new");
    saveFile(path, "whole");
    expect([readFileSync(path, "utf8"), existsSync(`${path}.new`)]).toEqual(["whole", false]);
  });

  test("a place that cannot be written is a fault that names it, and leaves nothing", () => {
    writeFileSync(join(root, "plain"), "");
    expect(() => saveFile(join(root, "plain/file"), "x")).toThrow("file-unwritable");
  });
});

describe("loadFile, savedNames, removeFile", () => {
  test("absence is an answer", () => {
    removeFile(join(root, "none"));
    expect([loadFile(join(root, "none")), savedNames(join(root, "none"))]).toEqual([null, []]);
  });
});
