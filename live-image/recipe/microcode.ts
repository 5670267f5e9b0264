/** Microcode for the front of the initrd: the kernel reads it there before anything else (kernel: Documentation/arch/x86/microcode.rst). */
import { readdir, rm } from "node:fs/promises";
import { debPath } from "../debs.ts";
import type { Lock } from "../lock.ts";
import { runTool } from "../process.ts";
import { loadList } from "./text-list.ts";

/** Files of one folder joined, each content once: Intel repeats a file for every stepping that it serves. */
const joinFiles = async (folder: string, wanted: (name: string) => boolean): Promise<Uint8Array> => {
  const parts = new Map<string, Uint8Array>();
  for (const name of (await readdir(folder)).filter(wanted).sort()) {
    const bytes = await Bun.file(`${folder}/${name}`).bytes();
    parts.set(Bun.SHA256.hash(bytes, "hex"), bytes);
  }
  return Buffer.concat([...parts.values()]);
};

/** The two files, by the paths at which the kernel looks for them. */
export const loadMicrocode = async (lock: Lock, scratch: string): Promise<ReadonlyMap<string, Uint8Array>> => {
  for (const one of lock.packages.filter(({ uses }) => uses.includes("microcode")))
    await runTool(["dpkg-deb", "--extract", debPath(one), scratch]);
  const firmware = `${scratch}/usr/lib/firmware`;
  const models = await loadList("microcode.txt");
  const files = new Map([
    [
      "kernel/x86/microcode/AuthenticAMD.bin",
      await joinFiles(`${firmware}/amd-ucode`, (name) => name.endsWith(".bin")),
    ],
    // names are family-model-stepping, some with a suffix that says "early only"
    [
      "kernel/x86/microcode/GenuineIntel.bin",
      await joinFiles(`${firmware}/intel-ucode`, (name) => models.includes(name.slice(0, "06-55".length))),
    ],
  ]);
  await rm(scratch, { recursive: true });
  return files;
};
