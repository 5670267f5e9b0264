/** Every firmware of the server in one list, from the inventory that is already put together. Pure. */
import { cleanText } from "../../probes/label.ts";
import type { FirmwareFacts, Hardware } from "../../wire/inventory.ts";

/** A component by what stays the same from boot to boot, where there is something. */
const named = (kind: string, ...identities: readonly (string | undefined)[]): string =>
  cleanText([kind, identities.find((identity) => identity !== undefined) ?? ""].join(" "), 200);

/** What has a version. Of processors each revision once. */
export const listFirmware = ({
  board,
  bmc,
  cpu,
  disks,
  nics,
  gpus,
}: Pick<Hardware, "board" | "bmc" | "cpu" | "disks" | "nics" | "gpus">): FirmwareFacts[] => {
  const rows: readonly (readonly [component: string, version: string | undefined])[] = [
    ["BIOS", board.biosVersion],
    ["BMC", bmc?.firmware],
    ...(cpu.microcode ?? []).map((revision) => ["CPU microcode", revision] as const),
    ...disks.map((disk) => [named("disk", disk.serial, disk.wwn, disk.behind, disk.name), disk.firmware] as const),
    ...nics.map((nic) => [named("NIC", nic.mac, nic.pciAddress, nic.name), nic.firmware] as const),
    ...gpus.map((gpu) => [named("GPU", gpu.pciAddress), gpu.vbios] as const),
  ];
  return rows.flatMap(([component, version]) => (version === undefined ? [] : [{ component, version }]));
};
