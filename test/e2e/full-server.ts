/** A server with a part of every kind that a virtual one can have, and what its inventory must say of each. */
import type { ServerDeclaration } from "../rack/declaration.ts";

const MODULE_MIB = 256;

/** MAC of the port that the server boots from. */
export const BOOT_MAC = "52:54:00:77:01:01";

const DIMMS = ["A1", "A2", "B1", "B2"].map((place) => ({
  slot: `DIMM ${place}`,
  bank: `BANK ${place.slice(0, 1)}`,
  size: `${MODULE_MIB} MiB`,
  manufacturer: "Samsung",
  part: "M321R4GA3BB6-CQK",
  serial: `80CE0${place}`,
  speedMTs: 4800,
  configuredMTs: 4400,
  ecc: true,
  rankCount: 1,
}));

/** The server as it left the factory. */
export const FULL_SERVER = {
  name: "full",
  firmware: "bios",
  memoryMiB: DIMMS.length * MODULE_MIB,
  slots: [1, 2, 3].map((number) => ({ number, name: `PCIe Slot ${number}` })),
  disks: [
    {
      serial: "VBSATA01",
      size: "64 MiB",
      bus: "sata",
      model: "VB SATA 64M",
      firmware: "SA02",
      wwn: "0x5000c500a1b2c3d4",
      rotational: false,
    },
    {
      serial: "VBSAS01",
      size: "64 MiB",
      bus: "sas",
      vendor: "VETBOX",
      model: "VB SAS 64M",
      firmware: "N002",
      wwn: "0x5000c500a1b2c3d8",
      rotational: true,
    },
    { serial: "VBNVME01", size: "96 MiB", bus: "nvme" },
  ],
  nics: [
    {
      mac: BOOT_MAC,
      model: "e1000e",
      slot: 1,
      neighbour: {
        system: "tor-1",
        chassisMac: "02:00:00:00:00:91",
        port: "Ethernet7",
        portDescription: "rack 7",
        vlanId: 10,
      },
    },
    {
      mac: "52:54:00:77:01:02",
      model: "e1000e",
      slot: 2,
      neighbour: { system: "tor-2", chassisMac: "02:00:00:00:00:92", port: "Ethernet8" },
    },
  ],
  psus: [1, 2].map((number) => ({
    name: `PSU${number}`,
    manufacturer: "Delta",
    part: "DPS-750AB",
    serial: `DELTA0${number}`,
    maxW: 750,
  })),
  bmc: {
    firmware: "2.45",
    manufacturerId: 674,
    productId: 256,
    lan: { mac: "52:54:00:77:01:b1", address: "10.20.30.40", source: "static" },
    fru: {
      chassis: { part: "VB-CH1", serial: "CHS0001" },
      board: { manufacturer: "Vetbox", product: "VB-MB2", serial: "MB0001", part: "VB-BP1" },
      product: { manufacturer: "Vetbox", name: "Virtual 2U", part: "V2U", version: "A01", serial: "VB2U0001" },
    },
    sensors: [
      { name: "FAN1", kind: "fan", reading: 4200, lowerCritical: 500 },
      { name: "FAN2", kind: "fan", reading: 4300, lowerCritical: 500 },
      { name: "CPU1 Temp", kind: "temperature", reading: 41, upperCritical: 95 },
      { name: "12V", kind: "voltage", reading: 12.1, lowerCritical: 10.8, upperCritical: 13.2 },
    ],
  },
  smbios: {
    manufacturer: "Vetbox",
    product: "Virtual 2U",
    serial: "VB2U0001",
    uuid: "5ec0de00-0000-4000-8000-0000000001f1",
    bios: { vendor: "Vetbox", version: "2.1.0", date: "03/04/2024" },
    board: { manufacturer: "Vetbox", product: "VB-MB2", serial: "MB0001" },
    dimms: [...DIMMS, { slot: "DIMM C1", bank: "BANK C" }],
    oemStrings: ["Vetbox rack", "row 7"],
  },
} as const satisfies ServerDeclaration;

/**
 * The SATA disk is smaller and of older firmware, another SAS disk is in the place of the first, a card is in another slot, BIOS and BMC are older, and there is no
 * module in `DIMM B1`.
 */
export const CHANGED_PARTS: ServerDeclaration = {
  ...FULL_SERVER,
  memoryMiB: FULL_SERVER.memoryMiB - MODULE_MIB,
  disks: FULL_SERVER.disks.map((disk) => {
    if (disk.serial === "VBSATA01") return { ...disk, size: "48 MiB", firmware: "SA01" };
    return disk.serial === "VBSAS01" ? { ...disk, serial: "VBSAS09", wwn: "0x5000c500a1b2c3e0" } : disk;
  }),
  nics: FULL_SERVER.nics.map((nic) => (nic.slot === 2 ? { ...nic, slot: 3 } : nic)),
  bmc: { ...FULL_SERVER.bmc, firmware: "2.40" },
  smbios: {
    ...FULL_SERVER.smbios,
    bios: { ...FULL_SERVER.smbios.bios, version: "2.0.4" },
    dimms: FULL_SERVER.smbios.dimms.map((dimm) =>
      dimm.slot === "DIMM B1" ? { slot: dimm.slot, bank: dimm.bank } : dimm,
    ),
  },
};
