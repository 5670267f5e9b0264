/**
 * The built live image as a kernel and one initrd, with a shell on the serial port in the place of the agent: for tests that look at a virtual
 * server from inside, without a box and in half the time of a network boot.
 */
import { appendFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { decodeManifest } from "../../../appliance/images/manifest.ts";
import { padArchive, renderEntry, renderGap, renderTrailer } from "../../../live-image/recipe/cpio.ts";
import type { ServerDeclaration } from "../declaration.ts";

const IMAGE = resolve(import.meta.dir, "../../../build/image");
const INIT = resolve(import.meta.dir, "../../../live-image/recipe/initrd/init");
/** Comes last in the image's own script. */
const SWITCH = "exec switch_root";
/** The image's own, but for sshd and the agent. */
const INITTAB = "::sysinit:/usr/lib/vetbox/boot\nttyS0::respawn:/bin/sh\n";

/** An archive of these files, which the kernel unpacks over those before. */
const renderOverlay = (files: Readonly<Record<string, string>>): Uint8Array => {
  const parts = Object.entries(files).flatMap(([path, text], i) => {
    const data = Buffer.from(text);
    const entry = renderEntry({ path, kind: "file", mode: 0o755, sizeBytes: data.length }, i + 1);
    return [entry, data, renderGap(data.length)];
  });
  return Buffer.concat([...parts, renderTrailer(parts.reduce((sum, part) => sum + part.length, 0))]);
};

/** Makes the initrd in a folder; answers with what a declaration says to boot it. */
export const makeGuestImage = async (dir: string): Promise<NonNullable<ServerDeclaration["kernel"]>> => {
  const { files, id } = decodeManifest(await Bun.file(join(IMAGE, "manifest.json")).json());
  const init = await Bun.file(INIT).text();
  const overlay = renderOverlay({
    init: init.replace(SWITCH, `cat /guest-inittab > /new/etc/inittab\n${SWITCH}`),
    "guest-inittab": INITTAB,
  });
  const initrd = join(dir, "guest-initrd.img");
  await writeFile(initrd, await Bun.file(join(IMAGE, files.initrd.name)).bytes());
  for (const part of [await Bun.file(join(IMAGE, files.root.name)).bytes(), overlay])
    await appendFile(initrd, padArchive(part));
  return {
    image: join(IMAGE, files.kernel.name),
    initrd,
    commandLine: `console=ttyS0 loglevel=1 vetbox.root=${id}`,
  };
};
