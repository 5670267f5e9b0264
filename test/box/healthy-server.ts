/** A virtual server with a part for every stage, all of them well: what a run of all stages should pass. */
import { stringify } from "yaml";
import type { ServerDeclaration } from "../rack/declaration.ts";
import { SHORT_LIMITS } from "./short-limits.ts";
import { macOf, type VirtualServer } from "./virtual-server.ts";

/** Power of each supply of the idle server, and under load; multiples of 4 W, which is a sensor's step. */
export const SUPPLY_W = { idle: 60, load: 120 } as const;
/** The sensors that show it. */
export const SUPPLY_SENSORS = ["PS1 Input Power", "PS2 Input Power"] as const;

const MIB = 2 ** 20;

/** The server. `written` are the disks that its spec names by serial and size; `kept` are those that it wants by their kind alone. */
export const healthyServer = (
  number: number,
): { readonly server: VirtualServer; readonly written: readonly string[]; readonly kept: readonly string[] } => {
  const mac = macOf(number);
  const [sata, nvme, other] = ["VBHSATA1", "VBHNVME1", "VBHKEPT1"] as const;
  const smbios = {
    ...{ manufacturer: "Vetbox", product: "Virtual 2U", serial: `VBH-${number}` },
    uuid: `5ec0de00-0000-4000-8000-0000000002${number.toString(16).padStart(2, "0")}`,
    dimms: [0, 1].map((i) => ({
      ...{ slot: `DIMM A${i + 1}`, size: "768 MiB", manufacturer: "Vetbox", part: "VB-768", serial: `H${number}A${i}` },
      speedMTs: 3200,
    })),
  };
  const declaration: ServerDeclaration & { readonly name: string } = {
    ...{ name: `h${String(number).padStart(2, "0")}`, firmware: "bios", memoryMiB: 1536 },
    disks: [
      { serial: sata, size: "64 MiB", bus: "sata", rotational: false },
      { serial: nvme, size: "96 MiB", bus: "nvme" },
      { serial: other, size: "80 MiB", bus: "sata", rotational: false },
    ],
    nics: [{ mac }],
    psus: [1, 2].map((psu) => ({ name: `PSU${psu}`, manufacturer: "Delta", serial: `DELTAH${psu}`, maxW: 750 })),
    bmc: {
      sensors: [
        ...SUPPLY_SENSORS.map((name) => ({ name, kind: "power" as const, reading: SUPPLY_W.idle })),
        { name: "12V", kind: "voltage" as const, reading: 12.1, lowerCritical: 10.8, upperCritical: 13.2 },
        { name: "CPU1 Temp", kind: "temperature" as const, reading: 41, upperCritical: 95 },
      ],
    },
    smbios,
  };
  const specYaml = stringify({
    board: { manufacturer: smbios.manufacturer, product: smbios.product, serial: smbios.serial },
    cpu: { sockets: 1, threads: 2 },
    memory: { total: "1536 MiB", dimms: 2 },
    disks: [
      { serial: sata, sizeBytes: 64 * MIB },
      { serial: nvme, sizeBytes: 96 * MIB },
      { count: 1, sizeBytes: 80 * MIB },
    ],
    nics: [{ mac }],
    psus: [{ count: 2, maxW: 750 }],
    // A sample may fall between the moments at which a test sets one supply's sensor and the other's.
    limits: { ...SHORT_LIMITS, psu: { ...SHORT_LIMITS.psu, sharePercent: 60 } },
  });
  return { server: { declaration, mac, specYaml }, written: [sata, nvme], kept: [other] };
};
