/** A virtual server as the demo and the end-to-end tests declare it, with the spec that its maker would write for it. */
import { stringify } from "yaml";
import type { Firmware, ServerDeclaration } from "../rack/declaration.ts";
import { SHORT_LIMITS } from "./short-limits.ts";

/** A declaration with the expected spec that it meets. */
export interface VirtualServer {
  readonly declaration: ServerDeclaration & { readonly name: string };
  readonly mac: string;
  readonly specYaml: string;
}

const pair = (n: number): string => n.toString(16).padStart(2, "0");

/** MAC of the server with this number: locally administered, QEMU's prefix. */
export const macOf = (number: number): string => `52:54:00:77:00:${pair(number)}`;

/** Serials of a server's disks. */
export const disksOf = (number: number): readonly [string, string] => [
  `VBSATA${pair(number)}01`,
  `VBNVME${pair(number)}02`,
];

/** A small server with a SATA and an NVMe disk. `number` is 1 to 99 and unlike on one rack. */
export const virtualServer = (number: number, firmware: Firmware): VirtualServer => {
  const [sata, nvme] = disksOf(number);
  const mac = macOf(number);
  const smbios = {
    manufacturer: "Vetbox",
    product: "Virtual 1U",
    serial: `VB-${String(number).padStart(4, "0")}`,
    uuid: `5ec0de00-0000-4000-8000-0000000000${pair(number)}`,
    board: { manufacturer: "Vetbox", product: "VB-MB1", serial: `MB-${number}` },
    dimms: [
      {
        slot: "DIMM A1",
        size: "1 GiB",
        manufacturer: "Vetbox",
        part: "VB-1G",
        serial: `D${number}A1`,
        speedMTs: 3200,
      },
    ],
  };
  return {
    mac,
    declaration: {
      name: `u${String(number).padStart(2, "0")}`,
      firmware,
      disks: [
        { serial: sata, size: "64 MiB", bus: "sata", rotational: false },
        { serial: nvme, size: "96 MiB", bus: "nvme" },
      ],
      nics: [{ mac }],
      smbios,
    },
    specYaml: stringify({
      board: { manufacturer: smbios.manufacturer, product: smbios.product, serial: smbios.serial },
      cpu: { sockets: 1, threads: 2 },
      memory: { total: "1 GiB", dimms: 1 },
      disks: [
        { serial: sata, sizeBytes: 64 * 2 ** 20 },
        { serial: nvme, sizeBytes: 96 * 2 ** 20 },
      ],
      nics: [{ mac }],
      limits: SHORT_LIMITS,
    }),
  };
};
