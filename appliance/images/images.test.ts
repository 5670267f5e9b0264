import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseLine, renderLine } from "./boot-file-words.ts";
import { parseRange } from "./byte-range.ts";
import { openImage } from "./live-image.ts";
import { parseUnacknowledged } from "./socket-queue.ts";

const SHA = "a".repeat(64);
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "vetbox-image-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const manifest = {
  format: 1,
  id: SHA,
  kernelVersion: "6.12.0-amd64",
  builtFrom: { lock: SHA, agent: SHA, recipe: SHA },
  files: {
    kernel: { name: "vmlinuz", sha256: SHA, sizeBytes: 6 },
    initrd: { name: "initrd.img", sha256: SHA, sizeBytes: 6 },
    root: { name: "root.cpio", sha256: SHA, sizeBytes: 4 },
  },
};

/** An image folder as a builder leaves it, but for what the test changes. */
const write = (text: string = JSON.stringify(manifest)): void => {
  writeFileSync(join(dir, "manifest.json"), text);
  writeFileSync(join(dir, "vmlinuz"), "kernel");
  writeFileSync(join(dir, "initrd.img"), "initrd");
  writeFileSync(join(dir, "root.cpio"), "root");
};

describe("openImage", () => {
  test("opens an image whose files are there", () => {
    write();
    const image = openImage(dir);
    expect(image.id).toBe(SHA);
    expect(image.files.root).toEqual({ ...manifest.files.root, path: join(dir, "root.cpio") });
  });

  test("says what to do when nothing was built", () => {
    expect(() => openImage(join(dir, "nowhere"))).toThrow(/file-unreadable.*bun run build:image/);
  });

  test("names a file that is missing, or has another size", () => {
    write();
    rmSync(join(dir, "root.cpio"));
    expect(() => openImage(dir)).toThrow(/root\.cpio.*the file is missing/);
    write();
    writeFileSync(join(dir, "vmlinuz"), "kern");
    expect(() => openImage(dir)).toThrow(/vmlinuz.*it has 4 bytes, its manifest says 6/);
  });

  test("names what is wrong in a manifest", () => {
    write("{");
    expect(() => openImage(dir)).toThrow(/manifest\.json.*not JSON/);
    write(
      JSON.stringify({ ...manifest, files: { ...manifest.files, root: { ...manifest.files.root, name: "../root" } } }),
    );
    expect(() => openImage(dir)).toThrow(/files\.root\.name: must be a plain file name/);
  });
});

test.each([
  [null, { from: 0, to: 100 }],
  ["bytes=0-", { from: 0, to: 100 }],
  ["bytes=10-19", { from: 10, to: 20 }],
  ["bytes=90-500", { from: 90, to: 100 }],
  ["bytes=-7", { from: 93, to: 100 }],
  ["bytes=-700", { from: 0, to: 100 }],
  ["bytes=100-", null],
  ["bytes=-0", null],
  ["bytes=5-2", { from: 0, to: 100 }],
  ["bytes=0-1,5-6", { from: 0, to: 100 }],
  ["lines=1-2", { from: 0, to: 100 }],
])("parseRange reads %p", (header, range) => {
  expect(parseRange(header, 100)).toEqual(range);
});

test("parseUnacknowledged finds the connection of a peer among others", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 01004D0A:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1",
    "   1: 01004D0A:1F91 33004D0A:C001 01 0000BEEF:00000000 01:00000014 00000000     0        0 2",
    "   2: 01004D0A:1F90 33004D0A:C002 01 00000007:00000000 01:00000014 00000000     0        0 3",
  ].join("\n");
  const peer = { address: "10.77.0.51", port: 0xc001 };
  expect(parseUnacknowledged(table, 8081, peer)).toBe(0xbeef);
  expect(parseUnacknowledged(table, 8080, peer)).toBeNull();
  expect(parseUnacknowledged(table, 8081, { ...peer, address: "10.77.0.52" })).toBeNull();
});

test("parseLine reads what renderLine writes, and nothing else", () => {
  const line = { say: "listening", port: 8081 } as const;
  expect(parseLine(renderLine(line))).toEqual(line);
  for (const odd of ["", "null", "panic: out of memory", '{"say":"listening"}', '{"say":"goodbye"}'])
    expect(parseLine(odd)).toBeNull();
});
