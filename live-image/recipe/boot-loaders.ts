/** `build/boot`: iPXE for the TFTP server, and its option ROMs for the virtual servers of the tests. */
import { copyFile, mkdir, rm } from "node:fs/promises";
import { debPath } from "../debs.ts";
import type { Lock } from "../lock.ts";
import { runTool } from "../process.ts";

/** Name in `build/boot` and the path in Debian's packages. */
const LOADERS = {
  /** BIOS, by the NIC's own UNDI. */
  "undionly.kpxe": "usr/lib/ipxe/undionly.kpxe",
  /** BIOS, by iPXE's drivers. */
  "ipxe.pxe": "usr/lib/ipxe/ipxe.pxe",
  /** UEFI, by the firmware's network protocol. */
  "snponly.efi": "usr/lib/ipxe/snponly.efi",
  /** UEFI, by iPXE's drivers. */
  "ipxe.efi": "usr/lib/ipxe/ipxe-amd64.efi",
  "ipxe-arm64.efi": "usr/lib/ipxe/ipxe-arm64.efi",
  "pxe-virtio.rom": "usr/share/qemu/pxe-virtio.rom",
  "efi-virtio.rom": "usr/share/qemu/efi-virtio.rom",
} as const;

/** Their names. */
export const LOADER_NAMES: readonly string[] = Object.keys(LOADERS);

/** Takes the loaders out of the lock's packages into `folder`. */
export const extractLoaders = async (lock: Lock, folder: string): Promise<void> => {
  const unpacked = `${folder}.packages`;
  await mkdir(folder, { recursive: true });
  for (const one of lock.packages.filter(({ uses }) => uses.includes("boot")))
    await runTool(["dpkg-deb", "--extract", debPath(one), unpacked]);
  for (const [name, path] of Object.entries(LOADERS)) await copyFile(`${unpacked}/${path}`, `${folder}/${name}`);
  await rm(unpacked, { recursive: true });
};
