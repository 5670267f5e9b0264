import { beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { needPackages } from "../../test/setup/packages.ts";
import { readTool } from "../process.ts";
import { padArchive, renderEntry, renderGap, renderTrailer } from "./cpio.ts";

beforeAll(() => needPackages(["cpio"]), 300_000);

const text = new TextEncoder();

/** An archive of one folder and two files whose sizes need different padding. */
const archive = (): Uint8Array<ArrayBuffer> => {
  const files = [
    ["bin/a", "x"],
    ["bin/bb", "abcd"],
  ] as const;
  const parts = [renderEntry({ path: "bin", kind: "folder", mode: 0o755, sizeBytes: 0 }, 1)];
  for (const [index, [path, content]] of files.entries()) {
    const entry = renderEntry({ path, kind: "file", mode: 0o644, sizeBytes: content.length }, index + 2);
    parts.push(entry, text.encode(content), renderGap(content.length));
  }
  const written = parts.reduce((sum, part) => sum + part.length, 0);
  return new Uint8Array(Buffer.concat([...parts, renderTrailer(written)]));
};

test("renderEntry, renderGap and renderTrailer make an archive that cpio unpacks", async () => {
  const folder = await mkdtemp(`${tmpdir()}/vetbox-cpio-`);
  try {
    await readTool(["cpio", "--quiet", "--extract", "--make-directories"], { cwd: folder, input: archive() });
    expect(await Bun.file(`${folder}/bin/a`).text()).toBe("x");
    expect(await Bun.file(`${folder}/bin/bb`).text()).toBe("abcd");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("renderTrailer and padArchive end on a 512-byte boundary, so that another archive may follow", () => {
  expect(archive().length % 512).toBe(0);
  expect(padArchive(new Uint8Array(513)).length).toBe(1024);
  expect(padArchive(new Uint8Array(512)).length).toBe(512);
});

test("renderEntry writes what the kernel's format says, byte by byte", () => {
  const entry = renderEntry({ path: "root.squashfs", kind: "file", mode: 0o400, sizeBytes: 0x1234 }, 1);
  const fields = ["070701", "00000001", "00008100", "00000000", "00000000", "00000001", "00000000", "00001234"];
  const rest = `${"00000000".repeat(4)}0000000e00000000root.squashfs\0`;
  expect(new TextDecoder().decode(entry)).toBe(fields.join("") + rest);
  expect(entry.length % 4).toBe(0);
});
