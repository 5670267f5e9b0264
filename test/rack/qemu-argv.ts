/**
 * A server's declaration as QEMU's command line. Pure.
 *
 * Written for QEMU 7.2 (Debian 12) and later. Emulation is named explicitly, since a KVM that exists may still be unable to run a guest,
 * and a test must not depend on which.
 */
import { createHash } from "node:crypto";
import type { Firmware, ServerSpec, SlotSpec } from "./declaration.ts";
import { type BootIndexes, type DrivePorts, renderDisks, slotBus } from "./qemu-disks.ts";
import { doubleCommas, renderOptions } from "./qemu-options.ts";
import { encodeSmbios } from "./smbios.ts";

/** The files that a server's process works with. */
export interface ServerFiles {
  /** Also what a process of this server is known by: no other process has this path in its command line. */
  readonly pidFile: string;
  readonly controlSocket: string;
  readonly eventSocket: string;
  readonly serialSocket: string;
  readonly serialLog: string;
  readonly tapScript: string;
  /** The management controller's end of the bus. */
  readonly bmcSocket: string;
  /** Where the management controller takes faults. */
  readonly bmcControl: string;
  /** Where a drive takes faults. */
  driveControl(key: string): string;
  /** UEFI's variables: written by the firmware, so each server has its own copy. */
  readonly uefiVars: string;
  /** Image of the disk that the rack calls so. */
  disk(key: string): string;
  /** A structure of the firmware's table. */
  smbios(name: string): string;
}

/** Option ROMs to use instead of QEMU's own, by firmware. An empty string means none: the firmware's own PXE then does the work. */
export type Roms = Readonly<Partial<Record<Firmware, string>>>;

/** UEFI without Secure Boot, from Debian's package `ovmf`. */
export const OVMF = { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", vars: "/usr/share/OVMF/OVMF_VARS_4M.fd" } as const;
/** The program that runs a server. */
export const QEMU = "qemu-system-x86_64";

/** MiB of translated code that the emulator may keep: the least that does not retranslate Debian's boot. */
const TRANSLATION_MIB = 256;

/** What a server says its UUID is when the declaration does not: the same for the same name and MAC, like a real board's. */
export const serverUuid = (spec: ServerSpec): string => {
  if (spec.smbios.uuid !== undefined) return spec.smbios.uuid;
  const hex = createHash("sha256")
    .update(`${spec.name}\n${spec.nics[0]?.mac ?? ""}`)
    .digest("hex");
  // Version 8 and variant 10: "any content" (RFC 9562, 5.8).
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const renderSmbios = (spec: ServerSpec, files: ServerFiles): readonly string[] => {
  const { smbios } = spec;
  const serial = smbios.serial ?? `VB-${spec.name}`;
  const tables: readonly (readonly [number, Readonly<Record<string, string | number | undefined>> | undefined])[] = [
    [0, smbios.bios],
    [
      1,
      {
        manufacturer: smbios.manufacturer,
        product: smbios.product,
        version: smbios.version,
        serial,
        uuid: serverUuid(spec),
      },
    ],
    [2, smbios.board],
    [3, smbios.chassis],
    [4, smbios.processor],
  ];
  return [
    ...tables.flatMap(([type, fields]) =>
      fields === undefined ? [] : ["-smbios", renderOptions(`type=${type}`, fields)],
    ),
    ...encodeSmbios(spec).flatMap(({ name }) => ["-smbios", `file=${doubleCommas(files.smbios(name))}`]),
  ];
};

/** Where slots begin on the root bus: devices below are those without a slot, and those above the chipset's. */
const FIRST_SLOT_DEVICE = 0x10;

/** A slot is a root port: what sits in it is on a bus of its own. The number is what the kernel calls the slot by. */
const renderSlot = ({ number }: SlotSpec): readonly string[] => [
  "-device",
  renderOptions("pcie-root-port", {
    id: slotBus(number),
    bus: "pcie.0",
    addr: `0x${(FIRST_SLOT_DEVICE + number - 1).toString(16)}`,
    chassis: number,
    slot: number,
  }),
];

const renderSlots = (slots: readonly SlotSpec[]): readonly string[] =>
  // By ACPI every slot would have the number 0; by PCI Express itself it has its own.
  slots.length === 0
    ? []
    : ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off", ...slots.flatMap(renderSlot)];

/** The management controller is a process of its own; the server has only its port (KCS, at the usual address). */
const renderBmc = (spec: ServerSpec, files: ServerFiles): readonly string[] =>
  spec.bmc === undefined
    ? []
    : [
        "-chardev",
        renderOptions("socket", { id: "bmc0", path: files.bmcSocket, server: "on", wait: "off" }),
        ...["-device", "ipmi-bmc-extern,id=ipmi0,chardev=bmc0", "-device", "isa-ipmi-kcs,bmc=ipmi0"],
      ];

/**
 * A firmware runs a ROM only on the PCI device that the ROM names. iPXE's names virtio 1.0's network card (1af4:1041), while QEMU's is
 * by default the transitional one (1af4:1000), and QEMU corrects that in its own ROMs alone.
 */
const romOptions = (rom: string | undefined): Readonly<Record<string, string | undefined>> => ({
  romfile: rom,
  "disable-legacy": rom === undefined || rom === "" ? undefined : "on",
});

/** The name of a card's device. */
export const nicDevice = (index: number): string => `nic${index}`;

const renderNics = (spec: ServerSpec, files: ServerFiles, roms: Roms, bootIndexes: BootIndexes): readonly string[] =>
  spec.nics.flatMap((nic, i) => [
    "-netdev",
    // The tap has no name of its own and is no one's but this process's: it is gone when the process is.
    renderOptions("tap", { id: `net${i}`, script: files.tapScript, downscript: "no" }),
    "-device",
    renderOptions(nic.model, {
      id: nicDevice(i),
      netdev: `net${i}`,
      bus: nic.slot === undefined ? undefined : slotBus(nic.slot),
      mac: nic.mac,
      bootindex: bootIndexes.nic(i),
      ...(nic.model === "virtio-net-pci" ? romOptions(roms[spec.firmware]) : {}),
    }),
  ]);

/** Numbers the devices in the declared order; what is not named gets none, and strict boot leaves it alone. */
const bootIndexes = (spec: ServerSpec): BootIndexes => {
  // A kernel that is booted at once has the first place, and there is no second.
  const kinds = spec.kernel === undefined ? spec.boot : [];
  const numbered = kinds.flatMap((kind) =>
    (kind === "network" ? spec.nics : spec.disks).map((_, index) => `${kind}${index}`),
  );
  const find = (key: string): number | undefined => (numbered.includes(key) ? numbered.indexOf(key) : undefined);
  return { nic: (index) => find(`network${index}`), disk: (index) => find(`disk${index}`) };
};

/**
 * Network stacks of the firmware's own to leave out (edk2's OvmfPkg, since 202211). Beside a ROM that does the network boot they would
 * try PXE and HTTP again after it, a minute for each; without a ROM IPv4 does it, and IPv6 would be waited out first.
 */
const idleStacks = (roms: Roms): readonly string[] =>
  roms.uefi === "" ? ["IPv6Support"] : ["IPv4Support", "IPv6Support"];

const renderFirmware = (spec: ServerSpec, files: ServerFiles, roms: Roms): readonly string[] =>
  spec.firmware === "bios"
    ? []
    : [
        "-drive",
        renderOptions("if=pflash", { format: "raw", unit: 0, readonly: "on", file: OVMF.code }),
        "-drive",
        renderOptions("if=pflash", { format: "raw", unit: 1, file: files.uefiVars }),
        ...idleStacks(roms).flatMap((stack) => ["-fw_cfg", `name=opt/org.tianocore/${stack},string=n`]),
      ];

const renderKernel = ({ kernel }: ServerSpec): readonly string[] =>
  kernel === undefined ? [] : ["-kernel", kernel.image, "-initrd", kernel.initrd, "-append", kernel.commandLine];

const socket = (path: string): string => renderOptions(`unix:${doubleCommas(path)}`, { server: "on", wait: "off" });

/** The whole command line, program first. */
export const renderQemuArgv = (
  spec: ServerSpec,
  files: ServerFiles,
  roms: Roms,
  drivePorts: DrivePorts = new Map(),
): readonly string[] => {
  const indexes = bootIndexes(spec);
  const clock = spec.clock === undefined ? "utc" : new Date(spec.clock).toISOString().slice(0, 19);
  return [
    QEMU,
    ...["-name", renderOptions(`guest=${spec.name}`, {}), "-nodefaults", "-no-user-config", "-display", "none"],
    // Without graphics SeaBIOS and OVMF talk on the serial port, and so does all that boots from them.
    ...["-machine", "q35,graphics=off", "-accel", `tcg,thread=multi,tb-size=${TRANSLATION_MIB}`],
    ...["-cpu", spec.cpuModel, "-smp", String(spec.cpus), "-m", `${spec.memoryMiB}M`, "-rtc", `base=${clock}`],
    ...["-boot", "menu=off,strict=on", "-device", "virtio-rng-pci"],
    ...["-daemonize", "-pidfile", files.pidFile],
    "-chardev",
    renderOptions("socket", {
      id: "serial0",
      path: files.serialSocket,
      server: "on",
      wait: "off",
      logfile: files.serialLog,
    }),
    ...["-serial", "chardev:serial0", "-qmp", socket(files.controlSocket), "-qmp", socket(files.eventSocket)],
    ...renderKernel(spec),
    ...renderFirmware(spec, files, roms),
    ...renderSmbios(spec, files),
    ...renderSlots(spec.slots),
    ...renderBmc(spec, files),
    ...renderNics(spec, files, roms, indexes),
    ...renderDisks(spec.disks, files.disk, indexes, drivePorts),
  ];
};
